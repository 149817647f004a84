// SPDX-License-Identifier: MIT
// 1 / (1 + e^-x).
#include "nn/ops/block.h"
#include "nn/ops/ops.h"
#include "nn/ops/unary.h"

static void forward(const nn_op_call *call)
{
    nn_unary_forward(call, NN_ACT_SIGMOID);
}

static void backward(const nn_op_call *call)
{
    nn_unary_backward(call, NN_ACT_SIGMOID);
}

static void run_blocked(const nn_op_call *call)
{
    nn_unary_run_blocked(call, NN_ACT_SIGMOID);
}

static int find_ways(const nn_op_case *c, nn_op_way *ways)
{
    return nn_block_offer(c, ways, run_blocked);
}

const nn_op nn_op_sigmoid = {
    .name = "sigmoid",
    .min_in = 1,
    .max_in = 1,
    .flags = NN_OP_INPLACE,
    .shape = nn_unary_shape,
    .forward = forward,
    .backward = backward,
    .ways = find_ways,
};
