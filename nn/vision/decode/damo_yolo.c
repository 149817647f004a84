// SPDX-License-Identifier: MIT
// DAMO-YOLO as its converter exports it: probabilities, then boxes. It takes R, G, B from 0 to 255
// (github.com/tinyvision/DAMO-YOLO).
#include "nn/vision/decode/cells.h"

const nn_decoder nn_decode_damo_yolo = {
    .name = "damo_yolo",
    .layout = "scores 1 x A x classes, then boxes 1 x A x 4 as x0 y0 x1 y1 in pixels: DAMO-YOLO",
    .check = nn_cells_check,
    .decode = nn_cells_decode,
    .classes = nn_cells_classes,
    .form = &(const nn_cells_form){.scores_first = true},
    .by_shape = true,
    .input = {.std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.4f,
              .iou_threshold = 0.7f},
};
