// SPDX-License-Identifier: MIT
// Anchor-free dense head: a logit per class and the distances to the four sides (FCOS, Tian 2019).
#include "nn/vision/decode/dense.h"

const nn_decoder nn_decode_fcos = {
    .name = "fcos",
    .layout = "pairs clsS 1 x classes x H/S x W/S, boxS 1 x 4 x H/S x W/S: NeroScale's own",
    .check = nn_dense_check,
    .decode = nn_dense_decode,
    .classes = nn_dense_classes,
    .form = &(const nn_dense_form){.find_box = nn_dense_upright},
    .by_shape = true, // no other head has these names
    .input = {.mean = {0.5f, 0.5f, 0.5f},
              .std = {0.5f, 0.5f, 0.5f},
              .threshold = 0.5f,
              .iou_threshold = 0.5f},
};
