// SPDX-License-Identifier: MIT
// YOLOv5 exported without its last layer: three maps at strides 8, 16 and 32, before the sigmoid.
// Without anchors in the card they are those of COCO models and of those trained from them.
#include "nn/vision/decode/raw.h"

static const nn_raw_form form = {.squares = true, .scale_x_y = 2, .usual = NN_RAW_COCO_ANCHORS};

const nn_decoder nn_decode_yolov5_raw = {
    .name = "yolov5_raw",
    .layout = "three maps 1 x 3 x H x W x (5 + classes), raw: YOLOv5 without its last layer",
    .check = nn_raw_check,
    .decode = nn_raw_decode,
    .classes = nn_raw_classes,
    .form = &form,
    .by_shape = false, // other YOLOs have such maps with other anchors
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.45f},
};
