// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: instance masks that a graph gives finished, h x w probabilities for
// each of its rows: over the whole input (pasted by the graph) or over the box alone (Mask R-CNN,
// He 2017, section 3). A pixel belongs to the object where they are at least 0.5.
#ifndef NN_VISION_DECODE_ROW_MASKS_H
#define NN_VISION_DECODE_ROW_MASKS_H

#include "nn/vision/decode/layout.h"

// Both add a mask to detail `number`. NN_ENOMEM.

// Keeps the part over `box`, in frame pixels.
nn_status nn_row_mask_over_input(const nn_decode_sample *s, const float *data, int h, int w,
                                 const nn_box *box, int number, nn_details *details);
// Keeps the part in the frame. `corners`: x0, y0, x1, y1 of the box in pixels of the input, which
// nn_decode_add took, before it was clipped.
nn_status nn_row_mask_over_box(const nn_decode_sample *s, const float *data, int h, int w,
                               const float *corners, int number, nn_details *details);

#endif
