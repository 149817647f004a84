// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: objects as points (CenterNet, Zhou 2019): N x classes x H/4 x W/4,
// and two maps N x 2 x H/4 x W/4 with the size and the offset of the centre, in cells.
#ifndef NN_VISION_DECODE_CENTER_MAPS_H
#define NN_VISION_DECODE_CENTER_MAPS_H

#include "nn/vision/decode/layout.h"

// nn_decoder.form points to a bool: the classes are logits, not probabilities.
int nn_center_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                      int input_w);
nn_status nn_center_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                          int input_w, int classes, nn_error *err);
// Adds a box for each cell that is the largest of its class among its eight neighbours.
void nn_center_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                      const nn_letterbox *letterbox, const nn_decode_options *options,
                      nn_candidates *candidates);

// The preprocessing of the authors.
#define NN_CENTER_INPUT                                                                            \
    {                                                                                              \
        .bgr = true, .mean = {0.470f, 0.447f, 0.408f}, .std = {0.278f, 0.274f, 0.289f},            \
        .threshold = 0.3f, .iou_threshold = 1                                                      \
    }

#endif
