// SPDX-License-Identifier: MIT
// The list of ways to run a convolution in a compiled plan.
#include "nn/ops/conv2d.h"

static nn_conv_way_finder *const finders[] = {
    NULL,
};

int nn_conv_ways(const nn_op_case *c, nn_op_way *ways)
{
    int count = 0;
    for (nn_conv_way_finder *const *find = finders; *find && count < NN_OP_MAX_WAYS; find++) {
        nn_op_way way = {0};
        if (!(*find)(c, &way))
            continue;
        int at = count++; // insertion by cost
        for (; at > 0 && ways[at - 1].cost > way.cost; at--)
            ways[at] = ways[at - 1];
        ways[at] = way;
    }
    return count;
}
