// SPDX-License-Identifier: MIT
// x times the probability that a standard normal variable is below x (Hendrycks, Gimpel 2016),
// exact.
#include "nn/ops/block.h"
#include "nn/ops/ops.h"
#include "nn/ops/unary.h"

static void forward(const nn_op_call *call)
{
    nn_unary_forward(call, NN_ACT_GELU);
}

static void backward(const nn_op_call *call)
{
    nn_unary_backward(call, NN_ACT_GELU);
}

static void run_blocked(const nn_op_call *call)
{
    nn_unary_run_blocked(call, NN_ACT_GELU);
}

static int find_ways(const nn_op_case *c, nn_op_way *ways)
{
    return nn_block_offer(c, ways, run_blocked);
}

const nn_op nn_op_gelu = {
    .name = "gelu",
    .min_in = 1,
    .max_in = 1,
    .flags = NN_OP_INPLACE,
    .shape = nn_unary_shape,
    .forward = forward,
    .backward = backward,
    .ways = find_ways,
};
