// SPDX-License-Identifier: MIT
// A cheap description of an object's appearance: histograms of brightness and colour of three parts
// of its box, compared by the coefficient of Bhattacharyya (Comaniciu, Ramesh, Meer 2003).
#ifndef NN_VISION_APPEARANCE_H
#define NN_VISION_APPEARANCE_H

#include "nn/base/api.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

enum { NN_APPEARANCE_PARTS = 3, NN_APPEARANCE_BINS = 24 }; // from top to bottom; 8 for Y, Cb, Cr

typedef struct nn_appearance {
    float part[NN_APPEARANCE_PARTS][NN_APPEARANCE_BINS]; // square roots of shares
    bool known;
} nn_appearance;

// Looks at about 100 pixels of a box. It stays unknown for boxes outside of the frame, smaller than
// 4 pixels, and for frames that are read row by row. `f` is valid (nn_frame_check).
NN_API void nn_appearance_measure(nn_appearance *a, const nn_frame *f, const nn_box *box);
// 0: the same, 1: nothing in common; 0 when one of them is unknown.
NN_API float nn_appearance_distance(const nn_appearance *a, const nn_appearance *b);
// Moves `a` towards `b` by `part` (0 .. 1). An unknown one becomes the other.
NN_API void nn_appearance_blend(nn_appearance *a, const nn_appearance *b, float part);

#endif
