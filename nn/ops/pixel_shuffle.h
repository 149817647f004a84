// SPDX-License-Identifier: MIT
// Parameters of pixel_shuffle.
#ifndef NN_OPS_PIXEL_SHUFFLE_H
#define NN_OPS_PIXEL_SHUFFLE_H

#include <stdint.h>

// pixel_shuffle: (N, C * factor^2, H, W) becomes (N, C, H * factor, W * factor). Channel
// c * factor^2 + i * factor + k is row i and column k of each square of channel c (Shi 2016,
// Real-time single image and video super-resolution, equation 4; torch.nn.PixelShuffle).
typedef struct nn_pixel_shuffle_params {
    int32_t factor;
} nn_pixel_shuffle_params;

#endif
