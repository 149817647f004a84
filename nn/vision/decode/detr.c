// SPDX-License-Identifier: MIT
// DETR (Carion 2020), also YOLOS: a softmax whose last column is no object.
#include "nn/vision/decode/queries.h"

const nn_decoder nn_decode_detr = {
    .name = "detr",
    .layout = "logits 1 x Q x (classes + 1), boxes 1 x Q x 4, centre and size 0 .. 1: DETR",
    .check = nn_queries_check,
    .decode = nn_queries_decode,
    .classes = nn_queries_classes,
    .form = &(const nn_query_form){.softmax = true},
    .by_shape = true,
    .input = {.stretch = true,
              .mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.5f,
              .iou_threshold = 1,
              .labels = nn_coco_numbered_labels,
              .label_count = NN_COCO_NUMBERS + 1},
};
