// SPDX-License-Identifier: MIT
// What the activation operators share: everything but the function.
#ifndef NN_OPS_UNARY_H
#define NN_OPS_UNARY_H

#include "nn/ops/op.h"

// Output as input. One input.
nn_status nn_unary_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                         nn_error *err);
// out = act(in[0]); grad_in[0] += grad_out act'(in[0]).
void nn_unary_forward(const nn_op_call *call, nn_act act);
void nn_unary_backward(const nn_op_call *call, nn_act act);

// The same on blocked images: the run of their way.
void nn_unary_run_blocked(const nn_op_call *call, nn_act act);

#endif
