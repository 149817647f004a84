// SPDX-License-Identifier: MIT
// Parameters of grid_sample.
#ifndef NN_OPS_GRID_SAMPLE_H
#define NN_OPS_GRID_SAMPLE_H

#include <stdint.h>

typedef enum nn_grid_mode { NN_GRID_BILINEAR, NN_GRID_NEAREST, NN_GRID_BICUBIC } nn_grid_mode;
// What stands outside of the image: 0, its nearest pixel, or its reflection.
typedef enum nn_grid_padding { NN_GRID_ZEROS, NN_GRID_BORDER, NN_GRID_REFLECTION } nn_grid_padding;

// grid_sample: x NxCxHxW, grid NxPxQx2 of places x, y -> NxCxPxQ. -1 and 1 are the outer edges of
// the image, with align_corners the centres of its outer pixels. The grid gets no gradient.
// As torch.nn.functional.grid_sample.
typedef struct nn_grid_sample_params {
    int32_t mode;    // nn_grid_mode
    int32_t padding; // nn_grid_padding
    int32_t align_corners;
} nn_grid_sample_params;

#endif
