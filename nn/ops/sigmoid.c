// SPDX-License-Identifier: MIT
// 1 / (1 + e^-x).
#include "nn/ops/common/unary.h"

NN_UNARY_OP(sigmoid, NN_ACT_SIGMOID);
