// SPDX-License-Identifier: MIT
// RT-DETR, D-FINE and DEIM as their authors export them: boxes as x0, y0, x1, y1 in pixels of the
// size in the input "orig_target_sizes", which is that of the network's input here; labels from 0.
#include "nn/vision/decode/lists.h"

static const nn_lists_form form = {.boxes = "box",
                                   .labels = "label",
                                   .scores = "score",
                                   .classes = NN_COCO_CLASSES,
                                   .batched = true,
                                   .from_0 = true};

const nn_decoder nn_decode_rtdetr_lists = {
    .name = "rtdetr_lists",
    .layout = "labels, scores 1 x K, boxes 1 x K x 4 in pixels: RT-DETR, D-FINE with sizes fed",
    .check = nn_lists_check,
    .decode = nn_lists_decode,
    .classes = nn_lists_classes,
    .form = &form,
    .input = {.stretch = true, .std = {1, 1, 1}, .threshold = 0.5f, .iou_threshold = 1},
};
