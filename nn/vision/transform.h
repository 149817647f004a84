// SPDX-License-Identifier: MIT
// Results that follow their picture into another frame: scaled, turned, mirrored, cut, between
// borders.
#ifndef NN_VISION_TRANSFORM_H
#define NN_VISION_TRANSFORM_H

#include "nn/base/api.h"
#include "nn/vision/result.h"

#ifdef __cplusplus
extern "C" {
#endif

// Where a point of one frame lies in another, both in pixels with edges at whole numbers:
//   x' = xx * x + xy * y + dx
//   y' = yx * x + yy * y + dy
// Sides stay upright or level: either xy and yx are 0, or xx and yy.
typedef struct nn_transform {
    double xx, xy, dx;
    double yx, yy, dy;
} nn_transform;

// The whole of a frame of in_w x in_h into the rectangle at x, y of w x h.
NN_API nn_transform nn_transform_into(int in_w, int in_h, double x, double y, double w, double h);
// FALSE for what is no such move: slanted, without an inverse, or not finite.
NN_API bool nn_transform_is_upright(const nn_transform *m);
// Moves a box and cuts it off at the frame of width x height; false when nothing of it is inside.
NN_API bool nn_transform_box(const nn_transform *m, int width, int height, nn_box *b);
// Moves all of a result into a frame of width x height. Boxes outside of it go. The map keeps about
// the size of its places; what it does not cover is class 0. NN_EINVAL when the move is not upright
// or the frame empty, NN_ENOMEM; then *r is as before.
NN_API nn_status nn_result_transform(nn_result *r, const nn_transform *m, int width, int height);

#ifdef __cplusplus
}
#endif

#endif
