// SPDX-License-Identifier: MIT
// Draws a scaled, mirrored, moved part of a picture into float planes, filtered as in inference.
#ifndef NN_DATA_CROP_RESIZE_H
#define NN_DATA_CROP_RESIZE_H

#include "nn/base/api.h"
#include "nn/io/image/image.h"
#include "nn/kernels/kernels.h"

// Canvas = picture * scale + shift, both counted with pixel i covering [i, i + 1); a negative scale
// mirrors.
typedef struct nn_crop_resize {
    double scale_x, scale_y, shift_x, shift_y;
    int x0, y0, x1, y1; // part of the canvas that may be written
    bool extend;        // all of it is: around the picture goes on what its edges show
} nn_crop_resize;

// Writes the patch into planes (3 x height x width, levels 0..255). Pixels whose centre lies
// outside of the picture are left alone unless it is to be extended. Shrinking uses the triangle
// filter of nn_preprocess, so that training sees what inference sees.
nn_status nn_crop_resize_draw(float *planes, int height, int width, const nn_image *image,
                              const nn_crop_resize *patch, const nn_kernels *k, nn_error *err);

// Writes the labels (label_h x label_w) of the same patch into out (height x width), each pixel
// that of the one its centre lies on. Pixels whose centre lies outside are left alone; `extend` is
// not for labels.
NN_API void nn_crop_resize_labels(uint8_t *out, int width, const uint8_t *labels, int label_h,
                                  int label_w, const nn_crop_resize *patch);

#endif
