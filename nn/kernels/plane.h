// SPDX-License-Identifier: MIT
// Rows of dense planes in training: maxima with their places, the gradient of a normalisation.
#ifndef NN_KERNELS_PLANE_H
#define NN_KERNELS_PLANE_H

#include <stdbool.h>
#include <stdint.h>

// Rows of n numbers, `step` floats from one to the next: a channel of a batch.
typedef struct nn_plane_rows {
    int64_t rows, n, step;
} nn_plane_rows;

// Windows of `height` x `width` >= 1 numbers of a plane.
typedef struct nn_plane_window {
    int64_t height, width;
    int64_t row;  // floats from one row of a window to the next
    int64_t step; // floats from one window to the next
} nn_plane_window;

typedef struct nn_plane_kernels {
    // The maximum of each of n windows and the place of its first occurrence, x[0] being number
    // `first`. The last NaN of a window counts as its maximum.
    void (*arg_max)(float *y, int32_t *at, const float *x, const nn_plane_window *w, int32_t first,
                    int64_t n);
    // The sums of gy and of gy (x - mean) over all rows, in float64.
    void (*norm_sums)(double sums[2], const float *gy, const float *x, float mean,
                      const nn_plane_rows *r);
    // gx = gy scale + x slope + offset; `add`: that is added to gx.
    void (*norm_grad)(float *gx, const float *gy, const float *x, float scale, float slope,
                      float offset, bool add, const nn_plane_rows *r);
} nn_plane_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_plane_init(nn_plane_kernels *k, unsigned cpu);

// For nn_plane_init: puts its versions over those that are in *k. It runs on any CPU; what it
// stores does not.
void nn_plane_init_avx2(nn_plane_kernels *k);

#endif
