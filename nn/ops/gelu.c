// SPDX-License-Identifier: MIT
// x times the probability that a standard normal variable is below x (Hendrycks, Gimpel 2016),
// exact.
#include "nn/ops/common/unary.h"

NN_UNARY_OP(gelu, NN_ACT_GELU);
