// SPDX-License-Identifier: MIT
// How a picture was moved: scaled, rotated by 90 degrees, mirrored, cropped, padded.
#ifndef NN_VISION_AFFINE_H
#define NN_VISION_AFFINE_H

// Maps a point of one frame to another, in pixels with edges at whole numbers:
//  x' = xx * x + xy * y + dx
//  y' = yx * x + yy * y + dy
// Axes stay parallel: either xy and yx are 0, or xx and yy are.
typedef struct nn_transform {
    double xx, xy, dx;
    double yx, yy, dy;
} nn_transform;

static inline void nn_transform_point(const nn_transform *m, double x, double y, double *to_x,
                                      double *to_y)
{
    *to_x = m->xx * x + m->xy * y + m->dx;
    *to_y = m->yx * x + m->yy * y + m->dy;
}

#endif
