// SPDX-License-Identifier: MIT
// YOLOv2 (Redmon 2017, YOLO9000, section 2): one map at stride 32 whose classes exclude each other;
// "region" in Darknet. Without anchors in the card they are those of COCO.
#include "nn/vision/decode/raw.h"

static const nn_raw_form form = {
    .softmax = true,
    .scale_x_y = 1,
    .usual = {.count = 1,
              .level = {{32,
                         5,
                         {{18.32736f, 21.67632f},
                          {59.98272f, 66.00096f},
                          {106.82976f, 175.17888f},
                          {252.25024f, 112.88896f},
                          {312.65664f, 293.38496f}},
                         0}}},
};

const nn_decoder nn_decode_yolov2 = {
    .name = "yolov2",
    .layout = "a map 1 x A (5 + classes) x H/32 x W/32, raw: YOLOv2; anchors",
    .check = nn_raw_check,
    .decode = nn_raw_decode,
    .classes = nn_raw_classes,
    .form = &form,
    .by_shape = false,
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.45f},
};
