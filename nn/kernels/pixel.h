// SPDX-License-Identifier: MIT
// Rows of video pixels to planar float32 RGB, resampled on the way in tiles of eight output rows.
#ifndef NN_KERNELS_PIXEL_H
#define NN_KERNELS_PIXEL_H

#include <stddef.h>
#include <stdint.h>

enum { NN_PIXEL_ROWS = 8 }; // output rows of a tile

// The resampling of one axis: output i = sum over t < taps of weight[i taps + t] *
// source[first[i] + t]. The owner ensures that 0 <= first[i] and that first[i] + taps does not pass
// the end of the source.
typedef struct nn_pixel_axis {
    int count; // outputs
    int taps;  // source samples behind each output, >= 1
    const int32_t *first;
    const float *weight;
} nn_pixel_axis;

// Resampling is separable: first down, then across. The tile between the two keeps the eight rows
// of a column together (tile[8 i + row]). So `across` needs no gathers, and each tap is one
// multiply-add over eight rows.
typedef struct nn_pixel_kernels {
    // tile[8 i + r] = output row `row + r` of byte column i, for i < n and r < 8. `rows` has at
    // least row + 8 outputs. n is in bytes: packed pixels are taken apart by `across`.
    void (*down)(float *tile, const uint8_t *plane, ptrdiff_t stride, int n,
                 const nn_pixel_axis *rows, int row);
    // out[r ld + x] = output column x of row r, for x < columns->count and r < 8. Source sample i
    // of the axis is the tile's column i * step + offset.
    void (*across)(float *out, int ld, const float *tile, const nn_pixel_axis *columns, int step,
                   int offset);
    // y, u, v in 0..255 to r, g, b (n each), clamped to 0..255 and then times scale[c] plus
    // shift[c]. m = {y offset, y scale, r per v, g per u, g per v, b per u}; u and v are centred at
    // 128.
    void (*yuv_to_rgb)(float *r, float *g, float *b, const float *y, const float *u, const float *v,
                       int n, const float m[6], const float scale[3], const float shift[3]);
} nn_pixel_kernels;

void nn_pixel_init(nn_pixel_kernels *k, unsigned cpu);

// For nn_pixel_init: puts its versions over those that are in *k. It runs on any CPU; what it
// stores does not.
void nn_pixel_init_avx2(nn_pixel_kernels *k);
void nn_pixel_init_neon(nn_pixel_kernels *k);

#endif
