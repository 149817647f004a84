// SPDX-License-Identifier: MIT
// CenterNet as its authors export it: hm before the sigmoid, wh, reg.
#include "nn/vision/decode/center_maps.h"

const nn_decoder nn_decode_centernet = {
    .name = "centernet",
    .layout = "hm, wh, reg of 1 x classes, 2, 2 x H/4 x W/4, hm as logits: CenterNet",
    .check = nn_center_check,
    .decode = nn_center_decode,
    .classes = nn_center_classes,
    .form = &(const bool){true},
    .by_shape = false, // probabilities have the same shapes
    .input = NN_CENTER_INPUT,
};
