// SPDX-License-Identifier: MIT
// The list of implementations of conv2d in compiled plans.
#include "nn/ops/conv/conv2d.h"

static nn_conv_impl_finder *const finders[] = {
    nn_conv_find_depthwise,
    nn_conv_find_direct,
    nn_conv_find_winograd_f2x2_3x3,
    nn_conv_find_winograd_f4x4_3x3,
    nn_conv_find_winograd_f6x6_3x3,
    nn_conv_find_winograd_f2x2_5x5,
    nn_conv_find_winograd_f1x4_1x3,
    nn_conv_find_winograd_f4x1_3x1,
    nn_conv_find_winograd_f1x6_1x7,
    nn_conv_find_winograd_f6x1_7x1,
    nn_conv_find_direct_nchw,
    nn_conv_find_winograd_nchw,
    NULL, // the end
};

double nn_conv_cost(const nn_op_problem *c, double macs, double weight_bytes)
{
    // A core of 2022 at 3.6 GHz: two vectors of eight a cycle, or none; memory alone. The next
    // weights arrive while these are used, but not quite for nothing.
    const double fast = 54e9, plain = 1e9, memory = 20e9, hidden = 0.5;
    return macs / (c->kernels->microkernel.pixels > 1 ? fast : plain) +
           (1.0 - hidden) * weight_bytes / memory;
}

int nn_conv_impls(const nn_op_problem *c, nn_op_impl *impls)
{
    int count = 0;
    for (nn_conv_impl_finder *const *find = finders; *find && count < NN_OP_MAX_IMPLS; find++) {
        nn_op_impl impl = {0};
        if (!(*find)(c, &impl))
            continue;
        int at = count++; // insertion by cost
        for (; at > 0 && impls[at - 1].cost > impl.cost; at--)
            impls[at] = impls[at - 1];
        impls[at] = impl;
    }
    return count;
}
