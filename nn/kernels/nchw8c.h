// SPDX-License-Identifier: MIT
// Rows of images whose channels lie in blocks of eight (NCHW8c): layout changes, per-channel and
// per-pixel arithmetic, windows. A pixel is eight floats; any number of pixels >= 0, any alignment.
#ifndef NN_KERNELS_NCHW8C_H
#define NN_KERNELS_NCHW8C_H

#include <stdbool.h>
#include <stdint.h>

// Windows of `height` x `width` >= 1 pixels, all of which may be read.
typedef struct nn_nchw8c_window {
    int64_t height, width;
    int64_t row;  // floats from one row of a window to the next
    int64_t step; // floats from one window to the next
} nn_nchw8c_window;

// An output pixel is the sample (1 - weight) x[a] + weight x[b] of a row, a and b in pixels.
typedef struct nn_nchw8c_tap {
    int32_t a, b;
    float weight;
} nn_nchw8c_tap;

// All channels of a pixel, block after block.
typedef struct nn_nchw8c_column {
    int64_t plane;    // floats from one block to the next
    int64_t channels; // >= 1
    int64_t step;     // floats from one result to the next
} nn_nchw8c_column;

// Response normalisation: y_c = x_c (k + scale sum of x^2 over channels c - before .. c +
// after)^-beta.
typedef struct nn_nchw8c_lrn {
    int before, after; // 0 .. 8
    float k, scale, beta;
    int64_t channels;         // >= 1
    int64_t x_plane, y_plane; // floats from one block to the next
} nn_nchw8c_lrn;

typedef struct nn_nchw8c_kernels {
    // y[8 i + c] = x[c stride + i] for the `channels` <= 8 there are, 0 for the other lanes.
    void (*pack)(float *y, const float *x, int64_t stride, int channels, int64_t n);
    // y[c stride + i] = x[8 i + c] for c < channels.
    void (*unpack)(float *y, int64_t stride, const float *x, int channels, int64_t n);
    // y[8 i + to + c] = x[8 i + from + c] for c < count; the other lanes of y stay.
    void (*lanes)(float *y, int to, const float *x, int from, int count, int64_t n);
    // y[8 i + c] = x[c][8 i] for c < count <= 8, 0 for the other lanes.
    void (*pick)(float *y, const float *const *x, int count, int64_t n);
    // y[8 i + c] = x[8 i + c] scale[c] + shift[c]; with relu, negative results become 0 (NaN
    // passes). y may be x.
    void (*affine)(float *y, const float *x, const float *scale, const float *shift, bool relu,
                   int64_t n);
    // y[8 i + c] = x[8 i + c] + or * m[i step]; y may be x.
    void (*add_pixels)(float *y, const float *x, const float *m, int64_t step, int64_t n);
    void (*mul_pixels)(float *y, const float *x, const float *m, int64_t step, int64_t n);
    // The maximum of each lane over each of n windows (NaN when there is one); the sum times scale.
    void (*window_max)(float *y, const float *x, const nn_nchw8c_window *w, int64_t n);
    void (*window_sum)(float *y, const float *x, const nn_nchw8c_window *w, float scale, int64_t n);
    // y[i step] = the maximum or the sum times scale over all channels of pixel i of x.
    void (*channel_max)(float *y, const float *x, const nn_nchw8c_column *column, int64_t n);
    void (*channel_sum)(float *y, const float *x, const nn_nchw8c_column *column, float scale,
                        int64_t n);
    // All channels of n pixels. Lanes of y behind the last channel become finite.
    void (*lrn)(float *y, const float *x, const nn_nchw8c_lrn *l, int64_t n);
    // y = (1 - weight) of the row `top` sampled at the taps + weight of `bottom`.
    void (*lerp)(float *y, const float *top, const float *bottom, const nn_nchw8c_tap *taps,
                 float weight, int64_t n);
} nn_nchw8c_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_nchw8c_init(nn_nchw8c_kernels *k, unsigned cpu);

// For nn_nchw8c_init: puts its versions over those that are in *k. It runs on any CPU; what it
// stores does not.
void nn_nchw8c_init_avx2(nn_nchw8c_kernels *k);
void nn_nchw8c_init_neon(nn_nchw8c_kernels *k);

#endif
