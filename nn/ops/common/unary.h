// SPDX-License-Identifier: MIT
// What the activation operators share: everything but the function.
#ifndef NN_OPS_COMMON_UNARY_H
#define NN_OPS_COMMON_UNARY_H

#include "nn/ops/common/block.h"
#include "nn/ops/ops.h"

// Output as input. One input.
nn_status nn_unary_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                         nn_error *err);
// out = act(in[0]); grad_in[0] += grad_out act'(in[0]).
void nn_unary_forward(const nn_op_call *call, nn_act act);
void nn_unary_backward(const nn_op_call *call, nn_act act);

// The same on blocked images: the run of their way.
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
    static int find_ways(const nn_op_case *c, nn_op_way *ways)                                     \
    {                                                                                              \
        return nn_block_offer(c, ways, run_blocked);                                               \
    }                                                                                              \
    const nn_op nn_op_##word = {                                                                   \
        .name = #word,                                                                             \
        .min_in = 1,                                                                               \
        .max_in = 1,                                                                               \
        .flags = NN_OP_INPLACE,                                                                    \
        .shape = nn_unary_shape,                                                                   \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .ways = find_ways,                                                                         \
    }

#endif
