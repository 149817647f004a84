// SPDX-License-Identifier: MIT
// Deformable DETR (Zhu 2021), Conditional DETR (Meng 2021), RF-DETR: a sigmoid for each class.
#include "nn/vision/decode/queries.h"

const nn_decoder nn_decode_detr_sigmoid = {
    .name = "detr_sigmoid",
    .layout = "logits 1 x Q x classes, boxes 1 x Q x 4, centre and size: Deformable DETR, RF-DETR",
    .check = nn_queries_check,
    .decode = nn_queries_decode,
    .classes = nn_queries_classes,
    .form = &(const nn_query_form){.rfdetr = true},
    .by_shape = true,
    .input = {.stretch = true,
              .mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.3f,
              .iou_threshold = 1,
              .labels = nn_coco_numbered_labels,
              .label_count = NN_COCO_NUMBERS + 1},
};
