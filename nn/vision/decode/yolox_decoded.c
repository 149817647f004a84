// SPDX-License-Identifier: MIT
// YOLOX (Ge 2021) exported with its own decoding: rows of centre and size in pixels of the input,
// objectness, probabilities. Shapes do not tell it from the export without.
#include "nn/vision/decode/rows.h"

const nn_decoder nn_decode_yolox_decoded = {
    .name = "yolox_decoded",
    .layout = "1 x A x (5 + classes), boxes in pixels: YOLOX with decode_in_inference",
    .check = nn_rows_check_one,
    .decode = nn_rows_decode,
    .classes = nn_rows_classes_of_one,
    .by_shape = true,
    .input = {.bgr = true,
              .std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.3f,
              .iou_threshold = 0.45f},
};
