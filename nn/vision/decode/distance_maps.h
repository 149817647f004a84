// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: raw maps of strides 8 to 32, each pair N x classes x H x W of logits
// and N x 4 x H x W of the distances from the corner of a cell to left, top, right and bottom.
#ifndef NN_VISION_DECODE_DISTANCE_MAPS_H
#define NN_VISION_DECODE_DISTANCE_MAPS_H

#include "nn/vision/decode/layout.h"

// nn_decoder.form of these heads: the distances are in cells, else in pixels of the input.
typedef struct nn_distance_form {
    bool in_cells;
} nn_distance_form;

// The functions of such decoders.
int nn_distance_maps_classes(const nn_decoder *self, const nn_head_output *outputs, int n,
                             int input_h, int input_w);
nn_status nn_distance_maps_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                                 int input_h, int input_w, int classes, nn_error *err);
void nn_distance_maps_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                             const nn_letterbox *letterbox, const nn_decode_options *options,
                             nn_candidates *candidates);

#endif
