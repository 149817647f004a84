// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: EfficientDet's anchors (Tan 2020): nine a cell at strides 8 to 128,
// four strides times 1, 2^(1/3), 2^(2/3), each in three shapes.
#ifndef NN_VISION_DECODE_EFFICIENT_ANCHORS_H
#define NN_VISION_DECODE_EFFICIENT_ANCHORS_H

#include "nn/vision/decode/layout.h"

enum { NN_EFFICIENT_ANCHORS = 9, NN_EFFICIENT_LEVELS = 5, NN_EFFICIENT_STRIDE = 8 };

// The box, in pixels of the input, of t = (y, x, h, w) `step` apart for an anchor of cell (x, y).
nn_box nn_efficient_box(const float *t, int64_t step, int stride, int64_t x, int64_t y, int anchor);

#endif
