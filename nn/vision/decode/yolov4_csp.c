// SPDX-License-Identifier: MIT
// Scaled-YOLOv4 (Wang 2021): the maps of YOLOv3 whose last layer is the sigmoid already, with the
// sizes of YOLOv5; "new_coords" in Darknet.
#include "nn/vision/decode/raw.h"

static const nn_raw_form form = {
    .squares = true,
    .done = true,
    .scale_x_y = 2,
    .usual = {.count = 3,
              .level = {{8, 3, {{12, 16}, {19, 36}, {40, 28}}, 0},
                        {16, 3, {{36, 75}, {76, 55}, {72, 146}}, 0},
                        {32, 3, {{142, 110}, {192, 243}, {459, 401}}, 0}}},
};

const nn_decoder nn_decode_yolov4_csp = {
    .name = "yolov4_csp",
    .layout = "the maps of yolov3 after the sigmoid: YOLOv4-csp, YOLOv4x-mish; anchors",
    .check = nn_raw_check,
    .decode = nn_raw_decode,
    .classes = nn_raw_classes,
    .form = &form,
    .by_shape = false,
    // Stretched, as Darknet tests without letter_box.
    .input = {.stretch = true, .std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.45f},
};
