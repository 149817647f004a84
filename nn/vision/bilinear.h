// SPDX-License-Identifier: MIT
// Bilinear upsampling along an axis, the same in training and inference.
#ifndef NN_VISION_BILINEAR_H
#define NN_VISION_BILINEAR_H

#include <stdint.h>

// value = (1 - part) * x[a] + part * x[b]
typedef struct nn_bilinear {
    int32_t a, b;
    float part;
} nn_bilinear;

// Fills `out` for `count` positions first + i * step on an axis of `samples` samples, with sample i
// at position i. Positions past the ends use the outermost sample.
void nn_bilinear_axis(nn_bilinear *out, int count, double first, double step, int samples);

// Pixels for each of `cells` cells on an axis of `pixels` pixels, counted from 0. It is a whole
// number when that leaves out at most the last cell, as convolutions without padding do; else it is
// the ratio.
double nn_bilinear_stride(int pixels, int cells);

#endif
