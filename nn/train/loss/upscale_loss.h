// SPDX-License-Identifier: MIT
// The loss of enlarged pictures: distances of pixels.
#ifndef NN_TRAIN_LOSS_UPSCALE_LOSS_H
#define NN_TRAIN_LOSS_UPSCALE_LOSS_H

#include <stdint.h>

typedef enum nn_upscale_distance {
    NN_UPSCALE_CHARBONNIER, // sqrt(d^2 + 1e-6): L1 without its corner (Lai 2017, equation 2)
    NN_UPSCALE_L1,
} nn_upscale_distance;

typedef struct nn_upscale_loss_options {
    int distance; // nn_upscale_distance
} nn_upscale_loss_options;

typedef struct nn_upscale_loss_value {
    double loss;     // mean distance
    double absolute; // mean of |d|
    double square;   // mean of d^2
} nn_upscale_loss_value;

// Of n pixels against the true ones. Writes `scale` times the gradient to `grad`.
nn_upscale_loss_value nn_upscale_loss(const nn_upscale_loss_options *o, const float *pixels,
                                      const float *truth, float *grad, int64_t n, double scale);

#endif
