// SPDX-License-Identifier: MIT
// Parameters of roi_align.
#ifndef NN_OPS_ROI_ALIGN_H
#define NN_OPS_ROI_ALIGN_H

#include <stdint.h>

// What is taken of a part of a box.
typedef enum nn_roi_mode {
    NN_ROI_MEAN,   // the mean of its samples; He et al., Mask R-CNN, section 3
    NN_ROI_MAX,    // the largest of the four weighted pixels of all samples, as ONNX defines it
    NN_ROI_PIXELS, // its largest pixel, boxes rounded to pixels; Girshick, Fast R-CNN, section 2.1
} nn_roi_mode;

// roi_align: x NxCxHxW, boxes Rx4 (left, top, right, bottom, in pixels of x divided by `scale`),
// the image of each box R -> RxCxPxQ, for PxQ parts of each box, from bilinear samples. With
// `half_pixel` the centre of the first pixel is 0.5, 0.5. `samples` of a part along each axis, 0:
// as many as it has pixels. A part without samples or pixels is 0. Has no gradient.
typedef struct nn_roi_align_params {
    int32_t size[2]; // P, Q
    int32_t samples; // these two not for NN_ROI_PIXELS
    int32_t half_pixel;
    float scale;
    int32_t mode;
} nn_roi_align_params;

#endif
