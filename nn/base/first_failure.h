// SPDX-License-Identifier: MIT
// Keeps the first error of steps that go on after a failure.
#ifndef NN_BASE_FIRST_FAILURE_H
#define NN_BASE_FIRST_FAILURE_H

#include "nn/base/status.h"

#include <stdarg.h>

// As nn_fail, but it leaves an `err` (not NULL) that already holds a failure: the first one is the
// cause.
void nn_fail_first(nn_error *err, nn_status status, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
