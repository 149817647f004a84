// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: for each level, after its stride S, maps "clsS" N x classes, "boxS"
// N x 4 and "objS" N x 1: the raw outputs of heads with an objectness, as in training.
#ifndef NN_VISION_DECODE_OBJECT_MAPS_H
#define NN_VISION_DECODE_OBJECT_MAPS_H

#include "nn/vision/decode/layout.h"

// nn_decoder.form of such a head.
typedef struct nn_object_form {
    float power;  // exponent of the objectness (after a sigmoid) in the score
    bool softmax; // softmax over the classes, with exponent 1 - power; else a sigmoid
    // Centre and size in pixels of the input, from four numbers at cell (x, y), `plane` apart.
    void (*box)(const float *t, int64_t plane, int x, int y, int stride, const nn_letterbox *l,
                float box[4]);
} nn_object_form;

int nn_object_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                      int input_w);
nn_status nn_object_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                          int input_w, int classes, nn_error *err);
// Adds the best class of each cell.
void nn_object_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                      const nn_letterbox *l, const nn_decode_options *options,
                      nn_candidates *candidates);

#endif
