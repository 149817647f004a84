// SPDX-License-Identifier: MIT
// Runs a convolution by Winograd's minimal filtering.
#ifndef NN_OPS_CONV_CONV2D_WINOGRAD_RUN_H
#define NN_OPS_CONV_CONV2D_WINOGRAD_RUN_H

#include "nn/ops/op.h"

// nn_op_impl.run; `half`: weights are float16.
void nn_winograd_run(nn_winograd kind, bool half, const nn_op_call *call);

#endif
