// SPDX-License-Identifier: MIT
// Transforms results with their picture: scaled, rotated by 90 degrees, mirrored, cropped, padded.
#ifndef NN_VISION_TRANSFORM_H
#define NN_VISION_TRANSFORM_H

#include "nn/base/api.h"
#include "nn/vision/result.h"

#ifdef __cplusplus
extern "C" {
#endif

// Maps a whole frame of in_w x in_h to the rectangle at x, y of w x h.
NN_API nn_transform nn_transform_into(int in_w, int in_h, double x, double y, double w, double h);
// False when axes do not stay parallel, or the transform has no inverse or is not finite.
NN_API bool nn_transform_is_upright(const nn_transform *m);
// Transforms a box and clips it to a frame of width x height; false when nothing is left.
NN_API bool nn_transform_box(const nn_transform *m, int width, int height, nn_box *b);
// Transforms a result into a frame of width x height. Boxes outside of it are dropped. The map
// keeps about the size of its elements; what it does not cover is class 0. NN_EINVAL when the
// transform is not upright or the frame empty, NN_ENOMEM; then *r is unchanged.
NN_API nn_status nn_result_transform(nn_result *r, const nn_transform *m, int width, int height);

#ifdef __cplusplus
}
#endif

#endif
