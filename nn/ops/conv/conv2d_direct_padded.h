// SPDX-License-Identifier: MIT
// Direct convolution of padded copies into dense images.
#ifndef NN_OPS_CONV_CONV2D_DIRECT_PADDED_H
#define NN_OPS_CONV_CONV2D_DIRECT_PADDED_H

#include "nn/ops/conv/conv2d_padded.h"

// The taps of a kernel along one axis, in the order of the pixels that they read. Tap
// `tap` + i `tap_step` reads the pixel at distance `shift` + i `shift_step`.
typedef struct nn_conv_axis {
    int count, tap, tap_step, shift, shift_step;
} nn_conv_axis;

// A convolution of a padded copy. Each of the height x width grid pixels gives one pixel of a dense
// image.
typedef struct nn_conv_direct {
    const nn_op_call *call;
    const nn_conv_padded *padded;
    nn_conv_axis y, x;
    int step_y, step_x;    // pixels of the copy from one grid pixel to the next
    int64_t height, width; // of the grid
    // The dense images: channels of a group; image size; the pixels that the grid writes.
    int64_t out_channels, out_height, out_width;
    int first_y, first_x, out_step_y, out_step_x;
    bool add;          // adds to the images; otherwise overwrites them, and the grid covers them
    nn_act act;        // applied to the sums; NN_ACT_NONE with add
    const float *bias; // of all output channels, or NULL
    // Weight of (output channel o of group g, input channel c, tap (ky,kx)) lies at
    // weight[g group + o out + c in + ky KW + kx].
    const float *weight;
    int64_t weight_group, weight_out, weight_in;
    int kernel_w;
    // Set by nn_conv_direct_place.
    float *packed;
    int32_t *offset;
    char *workers;
} nn_conv_direct;

// The memory for packed weights and offsets in floats, a multiple of a cache line; the memory of
// each thread in bytes.
int64_t nn_conv_direct_floats(const nn_conv_direct *s);
size_t nn_conv_direct_worker_bytes(void);
void nn_conv_direct_place(nn_conv_direct *s, float *packed, void *workers);
// Packs the weights into s->packed, once for all slices.
void nn_conv_direct_pack(const nn_conv_direct *s);
// Computes `images` from the padded copy into the dense images `out`.
void nn_conv_direct_run(const nn_conv_direct *s, float *out, int64_t images);

#endif
