// SPDX-License-Identifier: MIT
// SSD with suppression inside, as MLPerf and ONNX's model zoo have it: boxes as x0, y0, x1, y1 of
// 0 .. 1, labels from 1, scores.
#include "nn/vision/decode/lists.h"

static const nn_lists_form form = {.boxes = "box",
                                   .labels = "label",
                                   .scores = "score",
                                   .classes = NN_COCO_CLASSES,
                                   .batched = true,
                                   .of_unit = true};

const nn_decoder nn_decode_ssd_nms = {
    .name = "ssd_nms",
    .layout = "boxes 1 x K x 4 as x0 y0 x1 y1 of 0..1, labels, scores 1 x K: MLPerf, ONNX zoo",
    .check = nn_lists_check,
    .decode = nn_lists_decode,
    .classes = nn_lists_classes,
    .form = &form,
    .by_shape = true,
    .input = {.stretch = true,
              .mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.5f,
              .iou_threshold = 1},
};
