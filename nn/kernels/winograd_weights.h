// SPDX-License-Identifier: MIT
// Winograd's transform of weights in plain C, which compilers make vectors of: each file of a level
// has its own.
#ifndef NN_KERNELS_WINOGRAD_WEIGHTS_H
#define NN_KERNELS_WINOGRAD_WEIGHTS_H

#include "nn/kernels/winograd.h"

// y[l] += factor x[l]
static inline void nn_winograd_add_lanes(double factor, const double *x, double *y)
{
    for (int l = 0; l < NN_WINOGRAD_WEIGHT_LANES; l++)
        y[l] += factor * x[l];
}

static inline void nn_winograd_transform_weights(const nn_winograd_weights *w, const float *from,
                                                 int64_t stride, int lanes, float *to)
{
    enum { LANES = NN_WINOGRAD_WEIGHT_LANES };
    double x[NN_WINOGRAD_TAPS * NN_WINOGRAD_TAPS][LANES];
    double down[NN_WINOGRAD_TAPS][LANES]; // a row of products down, for each column of taps
    const int columns = w->kernel[1];
    for (int i = 0; i < w->kernel[0] * columns; i++)
        for (int l = 0; l < LANES; l++)
            x[i][l] = l < lanes ? (double)from[l * stride + i] : 0.0;
    for (int r = 0; r < w->side[0]; r++) {
        for (int c = 0; c < columns; c++) {
            double sum[LANES] = {0};
            for (int k = 0; k < w->kernel[0]; k++)
                if (w->m[0][r][k] != 0)
                    nn_winograd_add_lanes(w->m[0][r][k], x[k * columns + c], sum);
            for (int l = 0; l < LANES; l++)
                down[c][l] = sum[l];
        }
        for (int c = 0; c < w->side[1]; c++, to += LANES) {
            double sum[LANES] = {0};
            for (int k = 0; k < columns; k++)
                if (w->m[1][c][k] != 0)
                    nn_winograd_add_lanes(w->m[1][c][k], down[k], sum);
            for (int l = 0; l < LANES; l++)
                to[l] = (float)sum[l];
        }
    }
}

#endif
