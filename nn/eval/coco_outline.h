// SPDX-License-Identifier: MIT
// Painting of outlines as COCO's tools do it, so that scores of masks are comparable.
#ifndef NN_EVAL_COCO_OUTLINE_H
#define NN_EVAL_COCO_OUTLINE_H

#include <stdint.h>

// Sets the pixels inside of a polygon to 1, in the rows y0 .. y1 - 1 of `pixels` (rows of `width`,
// `height` of them), which are 0 before and hold the polygon. Corners (x and y of each, pixels) are
// moved to fifths of pixels, and a column is inside from one crossing of its middle to the next, as
// in COCO's mask API (rleFrPoly; Lin 2014).
void nn_coco_outline_paint(uint8_t *pixels, int width, int height, int y0, int y1, const float *xy,
                           int corners);

#endif
