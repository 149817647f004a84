// SPDX-License-Identifier: MIT
// YOLOv6 and Gold-YOLO as exported: rows of centre and size in pixels of the input, an objectness
// of 1, probabilities. Shapes do not tell them from YOLOX with its decoding, the name of the output
// does (github.com/meituan/YOLOv6, deploy/ONNX/export_onnx.py).
#include "nn/vision/decode/rows.h"

const nn_decoder nn_decode_yolov6 = {
    .name = "yolov6",
    .layout = "1 x A x (5 + classes), boxes in pixels: YOLOv6, Gold-YOLO",
    .check = nn_rows_check_one,
    .decode = nn_rows_decode,
    .classes = nn_rows_classes_of_one,
    .by_shape = true,
    .output_name = "outputs",
    .input = {.std = {1, 1, 1}, .threshold = 0.4f, .iou_threshold = 0.45f},
};
