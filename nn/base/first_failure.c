// SPDX-License-Identifier: MIT
// Keeps the first of many failures.
#include "nn/base/first_failure.h"

#include <stdio.h>

void nn_fail_first(nn_error *err, nn_status status, const char *format, va_list args)
{
    char text[sizeof err->text];
    if (err->status != NN_OK)
        return;
    vsnprintf(text, sizeof text, format, args);
    nn_fail(err, status, "%s", text);
}
