// SPDX-License-Identifier: MIT
// max(x, 0) (Nair, Hinton 2010). The slope at 0 is 0.
#include "nn/ops/common/unary.h"

NN_UNARY_OP(relu, NN_ACT_RELU);
