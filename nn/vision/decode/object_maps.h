// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: for each level, after its stride S, maps "clsS" N x classes, "boxS"
// N x 4 and "objS" N x 1, raw numbers of heads with an objectness as training has them.
#ifndef NN_VISION_DECODE_OBJECT_MAPS_H
#define NN_VISION_DECODE_OBJECT_MAPS_H

#include "nn/vision/decode/layout.h"

// A head of such maps: nn_decoder.form.
typedef struct nn_object_form {
    float power;  // of the objectness (after a sigmoid) in the score
    bool softmax; // over the classes, to the power of the rest; else a sigmoid
    // Centre and size in pixels of the input, from four numbers `plane` apart at cell (x, y).
    void (*box)(const float *t, int64_t plane, int x, int y, int stride, const nn_letterbox *l,
                float box[4]);
} nn_object_form;

int nn_object_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                      int input_w);
nn_status nn_object_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                          int input_w, int classes, nn_error *err);
// The likeliest class of each cell.
void nn_object_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                      const nn_letterbox *l, const nn_decode_options *options,
                      nn_candidates *candidates);

#endif
