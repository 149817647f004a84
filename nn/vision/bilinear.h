// SPDX-License-Identifier: MIT
// Between which samples of an axis a place lies: bilinear enlarging, the same in training and
// inference.
#ifndef NN_VISION_BILINEAR_H
#define NN_VISION_BILINEAR_H

#include <stdint.h>

// The value at the place is (1 - part) x[a] + part x[b].
typedef struct nn_bilinear {
    int32_t a, b;
    float part;
} nn_bilinear;

// `count` places, first + i step, in samples counted by their centres (sample i lies at i), of
// which there are `samples`. Beyond the ends the outermost sample goes on.
void nn_bilinear_axis(nn_bilinear *out, int count, double first, double step, int samples);

// Pixels of an axis of `pixels` that each of `cells` stands for, the first from 0 on: a whole
// number when with it at most the last cell is missing, as convolutions without padding leave it
// out; else the ratio.
double nn_bilinear_stride(int pixels, int cells);

#endif
