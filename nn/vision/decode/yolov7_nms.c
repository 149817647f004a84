// SPDX-License-Identifier: MIT
// YOLOv7 with the suppression in its graph, as its export with --end2end writes it for ONNX
// Runtime: K x 7 of picture, x0, y0, x1, y1 in pixels of the input, class, score; the rows of all
// pictures of a batch (github.com/WongKinYiu/yolov7, End2End).
#include "nn/vision/decode/nms_rows.h"

const nn_decoder nn_decode_yolov7_nms = {
    .name = "yolov7_nms",
    .layout = "K x 7 of picture, x0, y0, x1, y1 in pixels, class, score: YOLOv7 end to end",
    .check = nn_nms_rows_check,
    .decode = nn_nms_rows_decode,
    .classes = nn_nms_rows_classes,
    .form = &(const nn_nms_row_form){.label = 5, .score = 6},
    .by_shape = true,
    .output_name = "output",
    .joint = true,
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 1},
};
