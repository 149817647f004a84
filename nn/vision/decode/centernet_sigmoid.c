// SPDX-License-Identifier: MIT
// CenterNet whose map of centres has its sigmoid, as MMDetection exports it.
#include "nn/vision/decode/center_maps.h"

const nn_decoder nn_decode_centernet_sigmoid = {
    .name = "centernet_sigmoid",
    .layout = "hm, wh, reg of 1 x classes, 2, 2 x H/4 x W/4, hm as probabilities: CenterNet",
    .check = nn_center_check,
    .decode = nn_center_decode,
    .classes = nn_center_classes,
    .form = &(const bool){false},
    .by_shape = false, // logits have the same shapes
    .input = NN_CENTER_INPUT,
};
