// SPDX-License-Identifier: MIT
// YuNet as OpenCV's zoo had it until 2022: loc with landmarks, conf, iou; the exponents of width
// and height differ (github.com/ShiqiYu/libfacedetection).
#include "nn/vision/decode/face_levels.h"
#include "nn/vision/decode/face_priors.h"

static const nn_face_prior_form form = {
    .levels = 4,
    .counts = {3, 2, 2, 3},
    .sizes = {{10, 16, 24}, {32, 48}, {64, 96}, {128, 192, 256}},
    .whole_cells = true,
    .exponent_w = 0.1f,
    .exponent_h = 0.2f,
    .together = true};

const nn_decoder nn_decode_yunet_priors = {
    .name = "yunet_priors",
    .layout = "loc, conf, iou of 1 x A x 14, 2, 1 for priors: YuNet until 2022",
    .check = nn_face_priors_check,
    .decode = nn_face_priors_decode,
    .describe = nn_face_priors_describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = nn_face_priors_classes,
    .form = &form,
    .by_shape = true,
    .input = {.bgr = true,
              .std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.6f,
              .iou_threshold = 0.3f,
              .labels = nn_face_label,
              .label_count = 1},
};
