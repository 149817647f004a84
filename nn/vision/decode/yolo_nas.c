// SPDX-License-Identifier: MIT
// YOLO-NAS as SuperGradients exports it without pre- and postprocessing: boxes, then probabilities.
// It was trained on planes in the order B, G, R, because its data set was read by OpenCV
// (github.com/Deci-AI/super-gradients, DetectionDataset).
#include "nn/vision/decode/cells.h"

const nn_decoder nn_decode_yolo_nas = {
    .name = "yolo_nas",
    .layout = "boxes 1 x A x 4 as x0 y0 x1 y1 in pixels, then scores 1 x A x classes: YOLO-NAS",
    .check = nn_cells_check,
    .decode = nn_cells_decode,
    .classes = nn_cells_classes,
    .form = &(const nn_cells_form){0},
    .by_shape = true,
    .input = {.bgr = true, .std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.7f},
};
