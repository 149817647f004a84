// SPDX-License-Identifier: MIT
// Parameters of non_max_suppression.
#ifndef NN_OPS_NON_MAX_SUPPRESSION_H
#define NN_OPS_NON_MAX_SUPPRESSION_H

#include <stdint.h>

// non_max_suppression: boxes (N,B,4), scores (N,C,B) -> (N C most, 3): image, class and number of
// each box that is kept, image by image, class by class, best first; rows behind the last hold -1.
// `most` is at most B here. A box goes when its IoU with a better one kept is above the threshold.
typedef struct nn_nms_params {
    int32_t most;                         // of one class of one image
    float iou_threshold, score_threshold; // scores must be above
    int32_t centred; // boxes are x, y of the centre, width, height, not y, x, y, x of two corners
} nn_nms_params;

#endif
