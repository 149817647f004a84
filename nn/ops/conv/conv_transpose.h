// SPDX-License-Identifier: MIT
// What the files of conv_transpose share.
#ifndef NN_OPS_CONV_CONV_TRANSPOSE_H
#define NN_OPS_CONV_CONV_TRANSPOSE_H

#include "nn/ops/ops.h"

int nn_conv_transpose_ways(const nn_op_case *c, nn_op_way *ways); // nn_op.ways of conv_transpose

#endif
