// SPDX-License-Identifier: MIT
// A view of a picture as a network sees it in training, with what it is to learn from it.
#ifndef NN_DATA_AUGMENT_VIEW_H
#define NN_DATA_AUGMENT_VIEW_H

#include "nn/data/dataset.h"

// One training input. planes: 3 x height x width float32, normalised; boxes in its pixels.
typedef struct nn_view {
    int height, width;
    float *planes;    // borrowed
    nn_truth *truths; // borrowed, `capacity` long
    int truth_count, capacity;
    // Borrowed: receives what the truths have besides boxes, in pixels of the view; NULL: it is not
    // wanted. Keypoints outside of the view have score 0. Outlines are clipped.
    nn_details *details;
    float *targets; // borrowed, `classes` long: 1 for the classes of the picture, 0 for the others;
                    // blended as the pictures are
    int classes;    // 0: the view is for a detector, or
    uint8_t *labels; // borrowed, height x width: for segmentation, drawn by its geometry; what is
                     // not of the picture, or erased, is NN_MASK_IGNORE. NULL: not for that
    // Borrowed, height * factor x width * factor: the luma that is to be found, 0 .. 1. `planes` is
    // one plane then, the luma of the small picture. NULL: not for that.
    float *enlarged;
    int factor;
    // Borrowed, one: receives a caption of the picture, which the data set keeps. NULL: none.
    const char **text;
} nn_view;

#endif
