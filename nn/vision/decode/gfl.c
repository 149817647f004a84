// SPDX-License-Identifier: MIT
// NeroScale's own head with distributions of distances, points in the middle of cells:
// ((x + 0.5) S, (y + 0.5) S) of the input.
#include "nn/vision/decode/gfl_maps.h"

const nn_decoder nn_decode_gfl = {
    .name = "gfl",
    .layout = "pairs clsS 1 x classes x H/S x W/S, distS 1 x 4 bins x H/S x W/S: NeroScale's own",
    .check = nn_gfl_check,
    .decode = nn_gfl_decode,
    .classes = nn_gfl_classes,
    .form = &nn_gfl_centre,
    .by_shape = false, // points may lie in the corners
    .input = {.mean = {0.5f, 0.5f, 0.5f},
              .std = {0.5f, 0.5f, 0.5f},
              .threshold = 0.4f,
              .iou_threshold = 0.6f},
};
