// SPDX-License-Identifier: MIT
// The gradient of the weights, computed directly from padded copies.
#ifndef NN_OPS_CONV_CONV2D_WGRAD_H
#define NN_OPS_CONV_CONV2D_WGRAD_H

#include "nn/ops/conv/conv2d_padded.h"

// The gradient of the weights.
typedef struct nn_conv_wgrad {
    const nn_conv_run *run;
    const nn_conv_padded *x, *gy; // gy in channel blocks
    float *packed;                // nn_conv_wgrad_floats
    char *workers;                // nn_conv_wgrad_worker_bytes for each thread
} nn_conv_wgrad;

int64_t nn_conv_wgrad_floats(const nn_conv_layout *l);
size_t nn_conv_wgrad_worker_bytes(const nn_conv_layout *l);
// Sums over a slice of `images` images. `add`: adds to the sums of earlier slices.
void nn_conv_wgrad_run(const nn_conv_wgrad *w, int64_t images, bool add);
// Adds the packed sums to run->gw.
void nn_conv_wgrad_add(const nn_conv_wgrad *w);

#endif
