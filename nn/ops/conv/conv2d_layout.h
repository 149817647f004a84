// SPDX-License-Identifier: MIT
// Shared by the implementations of conv2d: the layout of a convolution, one run of it, and its
// estimated cost.
#ifndef NN_OPS_CONV_CONV2D_LAYOUT_H
#define NN_OPS_CONV_CONV2D_LAYOUT_H

#include "nn/ops/ops.h"

// Data that one task reads repeatedly stays within the second-level cache.
enum { NN_CONV_CACHE_FLOATS = 64 * 1024 }; // floats
// Weight gradients are summed over this number of fixed parts of the batch, so that the result does
// not depend on the number of threads.
enum { NN_CONV_CHUNKS = 8 };

typedef enum nn_conv_method {
    NN_CONV_DEPTHWISE, // one input channel per group
    NN_CONV_SGEMM,     // 1x1: the planes, or every stride-th pixel of them, are a matrix
    NN_CONV_DIRECT,    // all others: over padded copies (conv2d_dense.h)
} nn_conv_method;

// Everything that depends on parameters and shapes alone.
typedef struct nn_conv_layout {
    nn_conv_method method;
    nn_conv_geometry geometry; // channels: of one group
    int64_t images, groups, pixels, in_pixels;
    int64_t m, k; // output channels of a group; weights of one output channel
} nn_conv_layout;

// Padding on the top, left, bottom and right, "same" resolved.
void nn_conv_find_pads(const nn_conv2d_params *p, const nn_shape *weight, int32_t pad[4]);

nn_conv_layout nn_conv_find_layout(const nn_conv2d_params *p, const nn_shape *in,
                                   const nn_shape *out);

typedef struct nn_conv_run {
    const nn_op_call *call;
    nn_conv_layout l;
    const float *x, *weight, *bias, *gy; // bias may be NULL
    float *y;
    float *gx, *gw; // NULL: not computed
    bool unset;     // gx holds nothing yet and is written, not added to
    nn_act act;
} nn_conv_run;

// Estimated seconds on one core for `macs` that read `weight_bytes` of packed weights once from
// memory. `macs` is counted in full tiles of at least six pixels and sixteen output channels;
// partial tiles count as full.
double nn_conv_cost(const nn_op_problem *problem, double macs, double weight_bytes);

// The first unit of part `part` when `units` are divided into `parts` in order.
static inline int64_t nn_conv_part(int64_t units, int64_t part, int64_t parts)
{
    return units * part / parts;
}

static inline int64_t nn_conv_round(int64_t floats) // to whole cache lines
{
    return (floats + 15) / 16 * 16;
}

#endif
