// SPDX-License-Identifier: MIT
// PP-YOLOE and PP-YOLOE+ exported without suppression (exclude_nms): boxes, divided by the input
// scale_factor, which is 1 here, and probabilities class by class (PaddleDetection, PPYOLOEHead).
#include "nn/vision/decode/cells.h"

const nn_decoder nn_decode_ppyoloe = {
    .name = "ppyoloe",
    .layout =
        "boxes 1 x A x 4 as x0 y0 x1 y1 in pixels, scores 1 x classes x A: PP-YOLOE without NMS",
    .check = nn_cells_check,
    .decode = nn_cells_decode,
    .classes = nn_cells_classes,
    .form = &(const nn_cells_form){.planes = true},
    .by_shape = true,
    .input = {.stretch = true, .std = {1, 1, 1}, .threshold = 0.5f, .iou_threshold = 0.7f},
};
