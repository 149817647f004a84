// SPDX-License-Identifier: MIT
// What the files of linear share.
#ifndef NN_OPS_LINEAR_LINEAR_H
#define NN_OPS_LINEAR_LINEAR_H

#include "nn/ops/ops.h"

int nn_linear_ways(const nn_op_case *c, nn_op_way *ways); // nn_op.ways of linear

// For more rows than memory is read for; 1 and *way filled, or 0.
int nn_linear_find_tiles(const nn_op_case *c, nn_op_way *way);

#endif
