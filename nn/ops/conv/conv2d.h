// SPDX-License-Identifier: MIT
// What the ways to compute a convolution share: its layout and one run of it.
#ifndef NN_OPS_CONV_CONV2D_H
#define NN_OPS_CONV_CONV2D_H

#include "nn/ops/ops.h"

// What one strip of work reads over and over should stay in the second-level cache.
enum { NN_CONV_STRIP = 64 * 1024 }; // floats
// Weight gradients are summed over this many fixed parts of the batch, whatever the number of
// threads, so that the result does not depend on it.
enum { NN_CONV_CHUNKS = 8 };

typedef enum nn_conv_way {
    NN_CONV_DEPTHWISE, // one input channel per group
    NN_CONV_SGEMM,     // 1x1: the planes, or every stride-th pixel of them, are a matrix
    NN_CONV_TILES,     // all else: tiles over copies with borders (conv2d_tiles.h)
} nn_conv_way;

// Everything that follows from parameters and shapes.
typedef struct nn_conv_layout {
    nn_conv_way way;
    nn_window window; // channels: of one group
    int64_t images, groups, pixels, in_pixels;
    int64_t m, k; // output channels of a group; weights of one output channel
} nn_conv_layout;

nn_conv_layout nn_conv_find_layout(const nn_conv2d_params *p, const nn_shape *in,
                                   const nn_shape *out);

typedef struct nn_conv_run {
    const nn_op_call *call;
    nn_conv_layout l;
    const float *x, *weight, *bias, *gy; // bias may be NULL
    float *y;
    float *gx, *gw; // NULL where not wanted
    nn_act act;
} nn_conv_run;

// A way for compiled plans: fills *way and returns true when it can do the case. One file each;
// conv2d_ways.c lists them.
typedef bool nn_conv_way_finder(const nn_op_case *c, nn_op_way *way);
int nn_conv_ways(const nn_op_case *c, nn_op_way *ways); // nn_op.ways of conv2d
nn_conv_way_finder nn_conv_find_depthwise; // eight channels side by side (kernels/depthwise.h)
nn_conv_way_finder nn_conv_find_direct;    // tiles on a blocked image (kernels/tile.h)
// 3x3, 5x5, 3x1 and 7x1 with stride 1 (kernels/winograd.h).
nn_conv_way_finder nn_conv_find_winograd_2, nn_conv_find_winograd_4, nn_conv_find_winograd_6,
    nn_conv_find_winograd_2_5, nn_conv_find_winograd_4_1x3, nn_conv_find_winograd_4_3x1,
    nn_conv_find_winograd_6_1x7, nn_conv_find_winograd_6_7x1;
nn_conv_way_finder nn_conv_find_planes;          // tiles on a dense image of few channels
nn_conv_way_finder nn_conv_find_winograd_planes; // Winograd along its rows, any stride

// Estimated seconds of one core for `macs` in full tiles (six pixels and more, sixteen output
// channels; rests count as full) that read `weight_bytes` of packed weights once from memory.
double nn_conv_cost(const nn_op_case *c, double macs, double weight_bytes);

// First of the units of `part` when `units` are dealt out to `parts` in order.
static inline int64_t nn_conv_part(int64_t units, int64_t part, int64_t parts)
{
    return units * part / parts;
}

static inline int64_t nn_conv_round(int64_t floats) // to whole cache lines
{
    return (floats + 15) / 16 * 16;
}

#endif
