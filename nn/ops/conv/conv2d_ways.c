// SPDX-License-Identifier: MIT
// The list of ways to run a convolution in a compiled plan.
#include "nn/ops/conv/conv2d.h"

static nn_conv_way_finder *const finders[] = {
    nn_conv_find_depthwise,
    nn_conv_find_direct,
    nn_conv_find_winograd_2,
    nn_conv_find_winograd_4,
    nn_conv_find_winograd_6,
    nn_conv_find_winograd_2_5,
    nn_conv_find_winograd_4_1x3,
    nn_conv_find_winograd_4_3x1,
    nn_conv_find_winograd_6_1x7,
    nn_conv_find_winograd_6_7x1,
    nn_conv_find_planes,
    nn_conv_find_winograd_planes,
    NULL, // the end
};

double nn_conv_cost(const nn_op_case *c, double macs, double weight_bytes)
{
    // A core of 2022 at 3.6 GHz: two vectors of eight a cycle, or none; memory alone. The next
    // weights arrive while these are used, but not quite for nothing.
    const double fast = 54e9, plain = 1e9, memory = 20e9, hidden = 0.5;
    return macs / (c->kernels->tile.pixels > 1 ? fast : plain) +
           (1.0 - hidden) * weight_bytes / memory;
}

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
