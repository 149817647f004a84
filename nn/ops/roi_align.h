// SPDX-License-Identifier: MIT
// Parameters of roi_align.
#ifndef NN_OPS_ROI_ALIGN_H
#define NN_OPS_ROI_ALIGN_H

#include <stdint.h>

// roi_align: x NxCxHxW, boxes Rx4 (left, top, right, bottom, in pixels of x divided by `scale`),
// the image of each box R -> RxCxPxQ, means of bilinear samples in PxQ parts of each box. With
// `half_pixel` the centre of the first pixel is 0.5, 0.5. `samples` of a part along each axis, 0:
// as many as it has pixels. He et al., Mask R-CNN, section 3. Has no gradient.
typedef struct nn_roi_align_params {
    int32_t size[2]; // P, Q
    int32_t samples;
    int32_t half_pixel;
    float scale;
} nn_roi_align_params;

#endif
