// SPDX-License-Identifier: MIT
// Boxes of EfficientDet's anchors.
#include "nn/vision/decode/efficient_anchors.h"

#include <math.h>

nn_box nn_efficient_box(const float *t, int64_t step, int stride, int64_t x, int64_t y, int anchor)
{
    static const float shape[3][2] = {{1, 1}, {1.4f, 0.7f}, {0.7f, 1.4f}}; // width, height
    const float s = (float)stride, side = 4 * s * exp2f((float)(anchor / 3) / 3);
    const float w = side * shape[anchor % 3][0], h = side * shape[anchor % 3][1];
    return nn_decode_centred(((float)x + 0.5f) * s + t[step] * w, ((float)y + 0.5f) * s + t[0] * h,
                             w * expf(t[3 * step]), h * expf(t[2 * step]));
}
