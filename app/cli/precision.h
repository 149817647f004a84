// SPDX-License-Identifier: MIT
// The option --precision.
#ifndef APP_CLI_PRECISION_H
#define APP_CLI_PRECISION_H

#include "nn/predict/precision.h"

// The precision of a word; NULL: float32. Says so on standard error when this machine has no
// kernels for the one that is asked for, and float32 runs in its place.
nn_status app_find_precision(nn_precision *out, const char *word, nn_error *err);

#endif
