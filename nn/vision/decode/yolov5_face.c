// SPDX-License-Identifier: MIT
// YOLOv5-face (Qi 2021): rows of three anchors a cell: centre and size, objectness, x and y of five
// landmarks in pixels of the input, the probability of a face.
#include "nn/vision/decode/face_levels.h"
#include "nn/vision/decode/pose_rows.h"

const nn_decoder nn_decode_yolov5_face = {
    .name = "yolov5_face",
    .layout = "1 x 3A x (5 + 2 * 5 + classes), five landmarks before the classes: YOLOv5-face",
    .check = nn_pose_rows_check,
    .decode = nn_pose_rows_decode,
    .describe = nn_pose_rows_describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = nn_pose_rows_classes,
    .form = &(const nn_pose_row_form){.numbers = 2, .count = 5, .keypoints_first = true},
    .input = {.std = {1, 1, 1},
              .threshold = 0.3f,
              .iou_threshold = 0.5f,
              .labels = nn_face_label,
              .label_count = 1},
};
