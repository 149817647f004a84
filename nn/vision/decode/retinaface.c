// SPDX-License-Identifier: MIT
// RetinaFace (Deng 2019) with a MobileNet or ResNet-50, as PyTorch ports export it
// (github.com/biubug6/Pytorch_Retinaface): offsets to priors, probabilities, landmarks.
#include "nn/vision/decode/face_levels.h"
#include "nn/vision/decode/face_priors.h"

static const nn_face_prior_form form = {.levels = 3,
                                        .counts = {2, 2, 2},
                                        .sizes = {{16, 32}, {64, 128}, {256, 512}},
                                        .exponent_w = 0.2f,
                                        .exponent_h = 0.2f};

const nn_decoder nn_decode_retinaface = {
    .name = "retinaface",
    .layout = "boxes, scores, landmarks of 1 x A x 4, 2, 10 for priors: RetinaFace",
    .check = nn_face_priors_check,
    .decode = nn_face_priors_decode,
    .describe = nn_face_priors_describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = nn_face_priors_classes,
    .form = &form,
    .by_shape = true,
    .input = {.bgr = true,
              .mean = {123 / 255.0f, 117 / 255.0f, 104 / 255.0f},
              .std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.6f,
              .iou_threshold = 0.4f,
              .labels = nn_face_label,
              .label_count = 1},
};
