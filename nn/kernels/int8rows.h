// SPDX-License-Identifier: MIT
// Rows of quantised images: to and from float32, sums, products, pooling, resizing, depthwise
// convolution. Pixels have
// sixteen channels (int8conv.h); every level gives the same bytes.
#ifndef NN_KERNELS_INT8ROWS_H
#define NN_KERNELS_INT8ROWS_H

#include "nn/kernels/int8conv.h"
#include "nn/kernels/nchw8c.h"

#include <math.h>
#include <stdint.h>

// A window of pixels that slides along a row.
typedef struct nn_int8_window {
    int height, width;
    int64_t row, tap; // bytes from one tap to the one below it, to the one beside it
    int64_t step;     // bytes from the window of one output pixel to the next
} nn_int8_window;

typedef struct nn_int8_depthwise {
    nn_int8_window window;
    const int8_t *weight;    // [height * width][16]
    const int32_t *start;    // what the 16 sums start with
    nn_int8_requant requant; // of 16 channels
} nn_int8_depthwise;

// y = a scale[0] + b scale[1] + shift, + the curve, then max(low), min(high), rounded to even.
typedef struct nn_int8_sum {
    float scale[2], shift, low, high;
    const nn_int8_curve *curve; // NULL: none
} nn_int8_sum;

// y = (a - zero[0]) (b - zero[1]) scale, then max(low), min(high), rounded to even, and + out_zero.
typedef struct nn_int8_product {
    int zero[2], out_zero;
    float scale, low, high; // low and high within -out_zero and 255 - out_zero
} nn_int8_product;

// Between two rows: v = (1 - weight) top + weight bottom of columns between two pixels, and
// y = (v - zero) scale, rounded to even, + out_zero, held within 0..255.
typedef struct nn_int8_blend {
    float weight, zero, scale, out_zero;
} nn_int8_blend;

typedef struct nn_int8_row_kernels {
    // y = x / scale, rounded to even, + zero, held within 0..255. x: channels 0-7 of each pixel in
    // `low`, 8-15 in `high` (NULL: zeros).
    void (*quantise)(uint8_t *y, const float *low, const float *high, float scale, float zero,
                     int64_t pixels);
    // The same from `channels` <= 16 planes, `plane` floats apart; other channels become `zero`.
    void (*quantise_planes)(uint8_t *y, const float *x, int64_t plane, int channels, float scale,
                            float zero, int64_t pixels);
    // The same of `channels` <= 4 planes, with nothing between pixels of so many bytes.
    void (*quantise_close)(uint8_t *y, const float *x, int64_t plane, int channels, float scale,
                           float zero, int64_t pixels);
    // (x - zero) scale, to eight channels each; high NULL: channels 8-15 are left out.
    void (*dequantise)(float *low, float *high, const uint8_t *x, float scale, float zero,
                       int64_t pixels);
    void (*table)(uint8_t *y, const uint8_t *x, const uint8_t table[256],
                  int64_t bytes); // or y = x
    void (*add)(const nn_int8_sum *s, uint8_t *y, const uint8_t *a, const uint8_t *b,
                int64_t bytes);
    // y as t makes it of x - zero, sixteen channels.
    void (*affine)(const nn_int8_requant *t, int zero, uint8_t *y, const uint8_t *x,
                   int64_t pixels);
    void (*multiply)(const nn_int8_product *p, uint8_t *y, const uint8_t *a, const uint8_t *b,
                     int64_t bytes);
    // columns: of each output pixel the pixels of `top` and `bottom`, and how much of the second.
    void (*blend)(const nn_int8_blend *t, uint8_t *y, const uint8_t *top, const uint8_t *bottom,
                  const nn_nchw8c_tap *columns, int64_t pixels);
    void (*max)(const nn_int8_window *w, uint8_t *y, const uint8_t *x, int64_t pixels);
    // y = the sum of a window, of at most 2^24 taps, times scale, rounded, + shift, rounded; held
    // within 0..255 and rounded to even; for each of the 16 channels.
    void (*mean)(const nn_int8_window *w, uint8_t *y, const uint8_t *x, float scale, float shift,
                 int64_t pixels);
    // skip: added before the curve; lies as y does; NULL: none.
    void (*depthwise)(const nn_int8_depthwise *d, uint8_t *y, const uint8_t *x, const uint8_t *skip,
                      int64_t pixels);
} nn_int8_row_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_int8_rows_init(nn_int8_row_kernels *k, unsigned cpu);

// For nn_int8_rows_init: puts their versions over those that are in *k. They run on any CPU; what
// they store does not.
void nn_int8_rows_init_avx2(nn_int8_row_kernels *k);
void nn_int8_rows_init_avx512(nn_int8_row_kernels *k); // AVX-512 F, BW, DQ and VL

// One number as every level quantises it. NaN becomes 0, as a maximum makes of it.
static inline uint8_t nn_int8_quantise(float x, float scale, float zero)
{
    const float y = rintf(x / scale) + zero;
    return (uint8_t)(y > 0 ? y < 255 ? y : 255 : 0);
}

#endif
