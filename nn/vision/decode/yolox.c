// SPDX-License-Identifier: MIT
// YOLOX (Ge 2021) as its export tool writes it: rows whose boxes are still in cells, objectness and
// probabilities after the sigmoid; cells of stride 8 row by row, then 16, then 32.
#include "nn/vision/decode/rows.h"

const nn_decoder nn_decode_yolox = {
    .name = "yolox",
    .layout = "1 x A x (5 + classes), boxes in cells: YOLOX as exported by default",
    .check = nn_rows_check_one,
    .decode = nn_rows_decode_cells,
    .classes = nn_rows_classes_of_one,
    .by_shape = true,
    // The input is 0 .. 255.
    .input = {.bgr = true,
              .std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.3f,
              .iou_threshold = 0.45f},
};
