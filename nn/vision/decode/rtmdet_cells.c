// SPDX-License-Identifier: MIT
// RTMDet (Lyu 2022) without its post-processing, as MMYOLO's heads leave it: rtmdet with distances
// in cells (github.com/open-mmlab/mmyolo, configs/rtmdet).
#include "nn/vision/decode/distance_maps.h"

const nn_decoder nn_decode_rtmdet_cells = {
    .name = "rtmdet_cells",
    .layout = "the maps of rtmdet with distances in cells: MMYOLO's RTMDet",
    .check = nn_distance_maps_check,
    .decode = nn_distance_maps_decode,
    .classes = nn_distance_maps_classes,
    .form = &(const nn_distance_form){.in_cells = true},
    .input = {.bgr = true,
              .mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.3f,
              .iou_threshold = 0.65f},
};
