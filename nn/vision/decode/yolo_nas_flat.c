// SPDX-License-Identifier: MIT
// YOLO-NAS with the suppression in its graph, in the flat format of SuperGradients: K x 7 of
// picture, x0, y0, x1, y1 in pixels of the input, score, class; the rows of all pictures of a
// batch. The order of the colours is that of yolo_nas.
#include "nn/vision/decode/nms_rows.h"

const nn_decoder nn_decode_yolo_nas_flat = {
    .name = "yolo_nas_flat",
    .layout = "K x 7 of picture, x0, y0, x1, y1 in pixels, score, class: flat YOLO-NAS",
    .check = nn_nms_rows_check,
    .decode = nn_nms_rows_decode,
    .classes = nn_nms_rows_classes,
    .form = &(const nn_nms_row_form){.label = 6, .score = 5},
    .by_shape = true,
    .output_name = "flat_predictions",
    .joint = true,
    .input = {.bgr = true, .std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 1},
};
