// SPDX-License-Identifier: MIT
// RTMDet (Lyu 2022) without its post-processing, as MMDetection's heads leave it: distances in
// pixels of the input. It takes B, G, R (github.com/open-mmlab/mmdetection, configs/rtmdet).
#include "nn/vision/decode/distance_maps.h"

const nn_decoder nn_decode_rtmdet = {
    .name = "rtmdet",
    .layout = "three maps 1 x classes x H/S x W/S, three 1 x 4, distances in pixels: MMDetection's "
              "RTMDet",
    .check = nn_distance_maps_check,
    .decode = nn_distance_maps_decode,
    .classes = nn_distance_maps_classes,
    .form = &(const nn_distance_form){.in_cells = false},
    .input = {.bgr = true,
              .mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.3f,
              .iou_threshold = 0.65f},
};
