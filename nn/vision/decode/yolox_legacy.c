// SPDX-License-Identifier: MIT
// YOLOX (Ge 2021) before its version 0.2, whose input is normalised ("--legacy" in its tools): the
// outputs of "yolox" for another input. Its models for ncnn are of that time.
#include "nn/vision/decode/rows.h"

const nn_decoder nn_decode_yolox_legacy = {
    .name = "yolox_legacy",
    .layout = "the outputs of yolox, for RGB normalised with the mean of ImageNet: YOLOX up to 0.1",
    .check = nn_rows_check_one,
    .decode = nn_rows_decode_cells,
    .classes = nn_rows_classes_of_one,
    .by_shape = false, // its outputs are those of yolox
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.3f,
              .iou_threshold = 0.45f},
};
