// SPDX-License-Identifier: MIT
// Detectors of TensorFlow's object detection API (SSD-MobileNet and its kin): detection_boxes as
// y0, x0, y1, x1 of 0 .. 1, detection_classes by COCO's numbers, detection_scores, num_detections;
// saved models of TensorFlow 2 add raw boxes and scores.
#include "nn/vision/decode/lists.h"

static const nn_lists_form form = {.boxes = "detection_boxes",
                                   .labels = "detection_classes",
                                   .scores = "detection_scores",
                                   .classes = NN_COCO_NUMBERS,
                                   .count = "num_detections",
                                   .more = true,
                                   .batched = true,
                                   .rows_first = true,
                                   .of_unit = true};

const nn_decoder nn_decode_tf_ssd = {
    .name = "tf_ssd",
    .layout = "detection_boxes 1 x K x 4 as y0 x0 y1 x1 of 0..1, _classes, _scores: TensorFlow",
    .check = nn_lists_check,
    .decode = nn_lists_decode,
    .classes = nn_lists_classes,
    .form = &form,
    .by_shape = true,
    .input = {.stretch = true,
              .std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.5f,
              .iou_threshold = 1,
              .labels = nn_coco_numbered_labels + 1,
              .label_count = NN_COCO_NUMBERS},
};
