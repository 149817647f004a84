// SPDX-License-Identifier: MIT
// The table of all operators, generated from the word list in this folder's meson.build.
#include "nn/ops/op.h"

#include "nn/ops/ops.h"

#include <string.h>

#define NN_OP(word) &nn_op_##word,
static const nn_op *const ops[] = {
#include "nn/ops/ops.inc"
    NULL,
};
#undef NN_OP

const char *const nn_act_names[NN_ACT_COUNT + 1] = {
    [NN_ACT_NONE] = "none",
    [NN_ACT_RELU] = "relu",
    [NN_ACT_GELU] = "gelu",
    [NN_ACT_SILU] = "silu",
    [NN_ACT_MISH] = "mish",
    [NN_ACT_SIGMOID] = "sigmoid",
    [NN_ACT_LEAKY_RELU] = "leaky_relu",
    [NN_ACT_HARD_SWISH] = "hard_swish",
    [NN_ACT_RELU6] = "relu6",
};

int nn_op_count(void)
{
    return (int)(sizeof ops / sizeof *ops) - 1;
}

const nn_op *nn_op_at(int i)
{
    return i >= 0 && i < nn_op_count() ? ops[i] : NULL;
}

const nn_op *nn_op_find(const char *name)
{
    for (const nn_op *const *op = ops; *op; op++)
        if (name && !strcmp((*op)->name, name))
            return *op;
    return NULL;
}

int nn_op_add_impl(nn_op_impl *impls, int count, const nn_op_impl *impl)
{
    if (count == NN_OP_MAX_IMPLS && impls[count - 1].cost <= impl->cost)
        return count;
    int at = count < NN_OP_MAX_IMPLS ? count++ : count - 1;
    for (; at > 0 && impls[at - 1].cost > impl->cost; at--)
        impls[at] = impls[at - 1];
    impls[at] = *impl;
    return count;
}
