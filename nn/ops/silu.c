// SPDX-License-Identifier: MIT
// x sigmoid(x), also called swish (Hendrycks, Gimpel 2016; Ramachandran 2017).
#include "nn/ops/common/unary.h"

NN_UNARY_OP(silu, NN_ACT_SILU);
