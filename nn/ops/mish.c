// SPDX-License-Identifier: MIT
// x tanh(log(1 + e^x)) (Misra 2019).
#include "nn/ops/common/unary.h"

NN_UNARY_OP(mish, NN_ACT_MISH);
