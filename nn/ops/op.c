// SPDX-License-Identifier: MIT
// Lists of implementations.
#include "nn/ops/op.h"

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
