// SPDX-License-Identifier: MIT
// Moved, scaled and rotated copies of a picture.
#ifndef NN_EXPLAIN_WARP_H
#define NN_EXPLAIN_WARP_H

#include "nn/io/image/image.h"

// A copy of a frame of any format as RGB, of its own size; nn_image_release.
nn_status nn_image_of_frame(nn_image *out, const nn_frame *frame, nn_error *err);

// Where a pixel of the new picture comes from, both measured from the centre of the picture:
// x = xx x' + xy y' + dx, y = yx x' + yy y' + dy, in pixels.
typedef struct nn_warp {
    double xx, xy, dx;
    double yx, yy, dy;
} nn_warp;

// Moved to the right and down by pixels; enlarged `scale` times around the centre; rotated
// clockwise.
nn_warp nn_warp_move(double right, double down);
nn_warp nn_warp_scale(double scale);
nn_warp nn_warp_rotate(double degrees);

// Writes the warped picture into `out`, of the same size as `in`: bilinear, and `fill` where there
// is no picture. With the identity it is equal to the byte.
void nn_image_warp(nn_image *out, const nn_image *in, const nn_warp *warp, const uint8_t fill[3]);

#endif
