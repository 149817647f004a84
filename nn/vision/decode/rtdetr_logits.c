// SPDX-License-Identifier: MIT
// RT-DETR and D-FINE as Transformers exports them: the outputs of Deformable DETR, for pictures of
// 0 .. 1 without mean and deviation, with COCO's 80 classes.
#include "nn/vision/decode/queries.h"

const nn_decoder nn_decode_rtdetr_logits = {
    .name = "rtdetr_logits",
    .layout = "logits 1 x Q x classes, boxes 1 x Q x 4, centre and size: RT-DETR of Transformers",
    .check = nn_queries_check,
    .decode = nn_queries_decode,
    .classes = nn_queries_classes,
    .form = &(const nn_query_form){0},
    .by_shape = true,
    .input = {.stretch = true, .std = {1, 1, 1}, .threshold = 0.4f, .iou_threshold = 1},
};
