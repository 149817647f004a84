// SPDX-License-Identifier: MIT
// The error of many steps that go on after a failure and are asked at the end.
#ifndef NN_BASE_FIRST_FAILURE_H
#define NN_BASE_FIRST_FAILURE_H

#include "nn/base/status.h"

#include <stdarg.h>

// As nn_fail, but only while `err` (not NULL) holds no failure yet: the first is the cause.
void nn_fail_first(nn_error *err, nn_status status, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
