// SPDX-License-Identifier: MIT
// YOLOv3 (Redmon 2018), YOLOv4 (Bochkovskiy 2020), their tiny forms and Yolo-Fastest: a map for
// each level, before the sigmoid. Without anchors in the card they are those of YOLOv3 on COCO.
#include "nn/vision/decode/raw.h"

static const nn_raw_form form = {.scale_x_y = 1, .usual = NN_RAW_COCO_ANCHORS};

const nn_decoder nn_decode_yolov3 = {
    .name = "yolov3",
    .layout = "maps 1 x A (5 + classes) x H x W, raw: YOLOv3, YOLOv4, Yolo-Fastest; anchors",
    .check = nn_raw_check,
    .decode = nn_raw_decode,
    .classes = nn_raw_classes,
    .form = &form,
    .by_shape = false, // other YOLOs have such maps, too
    // Stretched, as Darknet tests without letter_box.
    .input = {.stretch = true, .std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.45f},
};
