// SPDX-License-Identifier: MIT
// Poses of YOLOv7 and YOLOv7-face: rows of three anchors a cell: centre and size, objectness,
// probabilities, then x, y and score of K keypoints in pixels of the input.
#include "nn/vision/decode/keypoints.h"
#include "nn/vision/decode/pose_rows.h"

const nn_decoder nn_decode_yolov7_pose = {
    .name = "yolov7_pose",
    .layout = "1 x 3A x (5 + classes + 3 K), K keypoints x, y, score: YOLOv7-pose, YOLOv7-face",
    .check = nn_pose_rows_check,
    .decode = nn_pose_rows_decode,
    .describe = nn_pose_rows_describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = nn_pose_rows_classes,
    .form = &(const nn_pose_row_form){.numbers = 3},
    .input = {.std = {1, 1, 1},
              .threshold = 0.25f,
              .iou_threshold = 0.65f,
              .labels = nn_person_label,
              .label_count = 1},
};
