// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: transformers with a set of queries (DETR, Carion 2020): "logits"
// N x Q x C and "boxes" N x Q x 4, centre and size as fractions of the input.
#ifndef NN_VISION_DECODE_QUERIES_H
#define NN_VISION_DECODE_QUERIES_H

#include "nn/vision/decode/layout.h"

// nn_decoder.form of such a head.
typedef struct nn_query_form {
    bool softmax; // over C = classes + 1, the last of which is no object; else sigmoids
    bool rfdetr;  // may have the names "labels" and "dets", which RF-DETR gives them, too
} nn_query_form;

int nn_queries_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w);
nn_status nn_queries_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w, int classes, nn_error *err);
// Adds the likeliest class of each query.
void nn_queries_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                       const nn_letterbox *letterbox, const nn_decode_options *options,
                       nn_candidates *candidates);

#endif
