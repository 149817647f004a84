// SPDX-License-Identifier: MIT
// torchvision's detectors (SSD, RetinaNet, FCOS, Faster R-CNN) of one sample: boxes as x0, y0, x1,
// y1 in pixels of the input, labels by COCO's numbers, scores. They normalise by themselves.
#include "nn/vision/decode/lists.h"

static const nn_lists_form form = {
    .boxes = "box", .labels = "label", .scores = "score", .classes = NN_COCO_NUMBERS};

const nn_decoder nn_decode_torchvision = {
    .name = "torchvision",
    .layout = "boxes K x 4 as x0 y0 x1 y1 in pixels, labels, scores K: torchvision's detectors",
    .check = nn_lists_check,
    .decode = nn_lists_decode,
    .classes = nn_lists_classes,
    .form = &form,
    .by_shape = true,
    .input = {.std = {1, 1, 1},
              .threshold = 0.5f,
              .iou_threshold = 1,
              .labels = nn_coco_numbered_labels + 1,
              .label_count = NN_COCO_NUMBERS},
};
