// SPDX-License-Identifier: MIT
// The layout of a convolution, and an estimate of what it costs.
#include "nn/ops/conv/conv2d_layout.h"

#include <string.h>

enum { X, WEIGHT };

void nn_conv_find_pads(const nn_conv2d_params *p, const nn_shape *w, int32_t pad[4])
{
    memcpy(pad, p->pad, 4 * sizeof *pad);
    if (p->pad[0] == -1) {
        pad[0] = pad[2] = (int32_t)(p->dilation[0] * (w->dim[2] - 1) / 2);
        pad[1] = pad[3] = (int32_t)(p->dilation[1] * (w->dim[3] - 1) / 2);
    }
}

nn_conv_layout nn_conv_find_layout(const nn_conv2d_params *p, const nn_shape *in,
                                   const nn_shape *out)
{
    const nn_shape *x = &in[X], *w = &in[WEIGHT];
    int32_t pad[4];
    nn_conv_find_pads(p, w, pad);
    nn_conv_layout l = {
        .method = NN_CONV_DIRECT,
        .geometry = {.channels = (int)w->dim[1],
                     .in_h = (int)x->dim[2],
                     .in_w = (int)x->dim[3],
                     .out_h = (int)out->dim[2],
                     .out_w = (int)out->dim[3],
                     .kernel_h = (int)w->dim[2],
                     .kernel_w = (int)w->dim[3],
                     .stride_h = p->stride[0],
                     .stride_w = p->stride[1],
                     .pad_top = pad[0],
                     .pad_left = pad[1],
                     .dilation_h = p->dilation[0],
                     .dilation_w = p->dilation[1]},
        .images = x->dim[0],
        .groups = p->groups,
        .pixels = out->dim[2] * out->dim[3],
        .in_pixels = x->dim[2] * x->dim[3],
        .m = w->dim[0] / p->groups,
        .k = w->dim[1] * w->dim[2] * w->dim[3],
    };
    if (w->dim[1] == 1 && p->groups > 1)
        l.method = NN_CONV_DEPTHWISE;
    else if (w->dim[2] == 1 && w->dim[3] == 1)
        l.method = NN_CONV_SGEMM;
    return l;
}

double nn_conv_cost(const nn_op_problem *problem, double macs, double weight_bytes)
{
    // For a core of 2022 at 3.6 GHz: products a second with vectors (two of eight floats a cycle)
    // and with single floats, bytes a second from memory. Half of the time to read the weights
    // overlaps with the products.
    const double fast = 54e9, plain = 1e9, memory = 20e9, hidden = 0.5;
    return macs / (problem->kernels->microkernel.pixels > 1 ? fast : plain) +
           (1.0 - hidden) * weight_bytes / memory;
}
