// SPDX-License-Identifier: MIT
// Runs panels of packed weights over blocks of output pixels of a blocked image.
#ifndef NN_OPS_CONV_CONV2D_PIXEL_BLOCK_H
#define NN_OPS_CONV_CONV2D_PIXEL_BLOCK_H

#include "nn/ops/conv/conv2d_packed_weights.h"

// Consecutive output pixels of one image and group.
typedef struct nn_conv_pixel_block {
    int64_t image, group, begin, end;
    const float **pixel; // first address that the kernel reads for each pixel
    int32_t *place, *skip_place;
    const float *factor; // NULL, or by what weights are multiplied, for each position of the depth
    float *expanded; // room for the float32 weights of two panels; NULL: runs take them as packed
} nn_conv_pixel_block;

// Bytes of the lists of a block of up to `pixels` pixels, a multiple of NN_ALIGN; places the lists
// at `memory` unless s is NULL, without factors and
// room for weights.
size_t nn_conv_pixel_block_lists(int64_t pixels, void *memory, nn_conv_pixel_block *s);

// One run of all panels over one image or several.
typedef struct nn_conv_blocked_run {
    const nn_op_call *call; // conv2d, blocked output, packed by nn_conv_packed_pack
    nn_conv_layout l;
    nn_conv_packed_weights panels;
    const int32_t *offset; // of the stretches: `blocks` of them, `run` floats long
    int blocks, run;
    int singles; // floats behind the stretches, at offsets of their own
} nn_conv_blocked_run;

// Fills s->place and s->skip_place.
void nn_conv_pixel_block_offsets(const nn_conv_blocked_run *t, const nn_conv_pixel_block *s);

// Computes panels [first, last) of its group, each sixteen output channels, for the pixel block.
void nn_conv_pixel_block_run(const nn_conv_blocked_run *t, const nn_conv_pixel_block *s,
                             int64_t first, int64_t last);

// Multiply-accumulates with partial tiles counted as full ones, and panels of eight channels as
// those of sixteen.
double nn_conv_padded_macs(const nn_conv_layout *l, int64_t depth);

// Whether int32_t offsets reach the whole image, including the halos that other readers need.
bool nn_conv_offsets_fit(const nn_shape *image);
// Whether a halo is one that the above reckons with.
bool nn_conv_halo_fits(const nn_halo *halo);

#endif
