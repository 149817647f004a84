// SPDX-License-Identifier: MIT
// Draws a scaled, mirrored and shifted part of a picture into float planes, with the filter of
// inference.
#ifndef NN_DATA_CROP_RESIZE_H
#define NN_DATA_CROP_RESIZE_H

#include "nn/base/api.h"
#include "nn/io/image/image.h"
#include "nn/kernels/kernels.h"

// canvas = picture * scale + shift, where pixel i covers [i, i + 1) in both. A negative scale
// mirrors.
typedef struct nn_crop_resize {
    double scale_x, scale_y, shift_x, shift_y;
    int x0, y0, x1, y1; // part of the canvas that may be written, pixels
    bool extend; // fills all of that part; outside of the picture its edge pixels are repeated
} nn_crop_resize;

// Draws the picture into `planes` (3 x height x width, values 0 to 255). Without `extend`, pixels
// whose centre is outside of the picture are not written. Reduction uses the triangle filter of
// nn_preprocess, so that training sees what inference sees.
nn_status nn_crop_resize_draw(float *planes, int height, int width, const nn_image *image,
                              const nn_crop_resize *crop, const nn_kernels *k, nn_error *err);

// Draws a map of labels (label_h x label_w) likewise into `out` (height x width): each pixel gets
// the label under its centre. Pixels with the centre outside are not written; `extend` must be
// false.
NN_API void nn_crop_resize_labels(uint8_t *out, int width, const uint8_t *labels, int label_h,
                                  int label_w, const nn_crop_resize *crop);

#endif
