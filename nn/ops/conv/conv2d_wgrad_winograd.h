// SPDX-License-Identifier: MIT
// The gradient of the weights by Winograd.
#ifndef NN_OPS_CONV_CONV2D_WGRAD_WINOGRAD_H
#define NN_OPS_CONV_CONV2D_WGRAD_WINOGRAD_H

#include "nn/ops/conv/conv2d_wgrad.h"

// The gradient of the weights of a 3x3 or 5x5 convolution with stride 1.
typedef struct nn_conv_wgrad_winograd {
    nn_winograd kind;          // its outputs have the size of gy's tiles
    int64_t products;          // of a tile
    int64_t height, width;     // of gy in tiles
    int64_t channels, outputs; // rounded up to eight, sixteen
    int64_t images;            // images of a pass
    bool by_panel;             // a task sums all products of some channels, rather than one of all
    int64_t parts, part; // by panel, the channels are divided into `parts`, of `part` channels
} nn_conv_wgrad_winograd;

bool nn_conv_wgrad_winograd_find(nn_conv_wgrad_winograd *f, const nn_conv_layout *l);
int64_t nn_conv_wgrad_winograd_floats(const nn_conv_wgrad_winograd *f); // of memory
// Sums over a slice, in `memory`. After the last slice the sums are transformed back and added to
// the gradient of the weights.
void nn_conv_wgrad_winograd_run(const nn_conv_wgrad_winograd *f, const nn_conv_wgrad *w,
                                float *memory, int64_t images, bool first, bool last);

#endif
