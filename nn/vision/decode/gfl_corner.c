// SPDX-License-Identifier: MIT
// The head "gfl" with points in the corners of cells, (x S, y S) of the input, as NanoDet-Plus has
// them, whose weights it can continue. Its outputs have the shapes of "gfl".
#include "nn/vision/decode/gfl_maps.h"

const nn_decoder nn_decode_gfl_corner = {
    .name = "gfl_corner",
    .layout = "gfl with points in the corners of cells: NanoDet-Plus",
    .check = nn_gfl_check,
    .decode = nn_gfl_decode,
    .classes = nn_gfl_classes,
    .form = &nn_gfl_corner,
    .by_shape = false,
    .input = {.bgr = true,
              .mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.4f,
              .iou_threshold = 0.6f},
};
