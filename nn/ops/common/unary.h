// SPDX-License-Identifier: MIT
// What the activation operators share: everything but the function.
#ifndef NN_OPS_COMMON_UNARY_H
#define NN_OPS_COMMON_UNARY_H

#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/ops.h"

// Output as input. One input.
nn_status nn_unary_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                         nn_error *err);
// out = act(in[0]); grad_in[0] += grad_out act'(in[0]).
void nn_unary_forward(const nn_op_call *call, nn_act act);
void nn_unary_backward(const nn_op_call *call, nn_act act);

// The same on blocked images: run of the implementation "blocked".
void nn_unary_run_blocked(const nn_op_call *call, nn_act act);

// Defines nn_op_WORD, the operator of that name for `act`.
#define NN_UNARY_OP(word, act)                                                                     \
    static void forward(const nn_op_call *call)                                                    \
    {                                                                                              \
        nn_unary_forward(call, act);                                                               \
    }                                                                                              \
    static void backward(const nn_op_call *call)                                                   \
    {                                                                                              \
        nn_unary_backward(call, act);                                                              \
    }                                                                                              \
    static void run_blocked(const nn_op_call *call)                                                \
    {                                                                                              \
        nn_unary_run_blocked(call, act);                                                           \
    }                                                                                              \
    static int find_impls(const nn_op_problem *c, nn_op_impl *impls)                               \
    {                                                                                              \
        return nn_blocked_impl(c, impls, run_blocked);                                             \
    }                                                                                              \
    const nn_op nn_op_##word = {                                                                   \
        .name = #word,                                                                             \
        .min_in = 1,                                                                               \
        .max_in = 1,                                                                               \
        .flags = NN_OP_INPLACE,                                                                    \
        .shape = nn_unary_shape,                                                                   \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .impls = find_impls,                                                                       \
    }

#endif
