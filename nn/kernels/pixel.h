// SPDX-License-Identifier: MIT
// Rows of video pixels to planar float32 RGB, resized on the way.
#ifndef NN_KERNELS_PIXEL_H
#define NN_KERNELS_PIXEL_H

#include <stdint.h>

// Where each output column samples a row: out = src[index] * (1 - weight) + src[index + step] * weight.
typedef struct nn_pixel_tap {
    int32_t left, right; // source columns
    float weight;        // of the right one, 0 .. 1
} nn_pixel_tap;

typedef struct nn_pixel_kernels {
    // out[x] = blend of two source rows at tap x; src elements lie `step` bytes apart from `offset`.
    // row_weight is the share of row1.
    void (*sample)(float *out, int n, const uint8_t *row0, const uint8_t *row1, float row_weight,
                   const nn_pixel_tap *tap, int step, int offset);
    // In place: y, u, v (0..255 floats) to r, g, b in 0..255, clamped. m = {y offset, y scale, r_v, g_u, g_v, b_u}.
    void (*yuv_to_rgb)(float *y_r, float *u_g, float *v_b, int n, const float m[6]);
    // out[i] = in[i] * scale + shift
    void (*normalise)(float *out, const float *in, int n, float scale, float shift);
} nn_pixel_kernels;

void nn_pixel_init(nn_pixel_kernels *k, unsigned cpu);

#endif
