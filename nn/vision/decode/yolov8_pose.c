// SPDX-License-Identifier: MIT
// Poses of YOLOv8 and its successors: N x (4 + classes + 3 K) x A; behind the classes x and y in
// pixels of the input and the visibility of K keypoints.
#include "nn/vision/decode/pose_columns.h"

const nn_decoder nn_decode_yolov8_pose = {
    .name = "yolov8_pose",
    .layout = "1 x (4 + classes + 3 K) x A, K keypoints x, y, score: YOLOv8-pose, 11-pose",
    .check = nn_pose_check,
    .decode = nn_pose_decode,
    .describe = nn_pose_describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = nn_pose_classes,
    .form = &(const int){3},
    .exporter_task = "pose",
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.7f},
};
