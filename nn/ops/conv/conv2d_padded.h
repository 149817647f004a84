// SPDX-License-Identifier: MIT
// Padded copies of dense images, as the microkernel reads them.
#ifndef NN_OPS_CONV_CONV2D_PADDED_H
#define NN_OPS_CONV_CONV2D_PADDED_H

#include "nn/ops/conv/conv2d_layout.h"

// A copy of a slice of images.
typedef struct nn_conv_padded {
    int64_t groups, channels; // of a group
    int64_t height, width;
    nn_halo halo;
    int unit;                  // floats of a pixel: 8 channels of a block, or 1
    int64_t blocks;            // of a group
    int64_t row, plane, image; // floats from one row, plane or image to the next
    float *data;               // pixel (0,0) of the first block of the first image
} nn_conv_padded;

// `planes`: the copy may be in planes when there are few channels.
nn_conv_padded nn_conv_padded_make(int64_t groups, int64_t channels, int64_t height, int64_t width,
                                   const nn_halo *halo, bool planes);
// Floats of `images` images, a multiple of a cache line.
int64_t nn_conv_padded_floats(const nn_conv_padded *s, int64_t images);
// Makes the copy use `memory`.
void nn_conv_padded_place(nn_conv_padded *s, float *memory);
// Copies dense images (N,C,H,W) and clears the halo.
void nn_conv_padded_fill(const nn_conv_padded *s, const nn_op_call *call, const float *dense,
                         int64_t images);

#endif
