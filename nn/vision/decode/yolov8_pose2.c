// SPDX-License-Identifier: MIT
// Poses of YOLOv8 whose keypoints have no visibility: N x (4 + classes + 2 K) x A.
#include "nn/vision/decode/pose_columns.h"

const nn_decoder nn_decode_yolov8_pose2 = {
    .name = "yolov8_pose2",
    .layout = "1 x (4 + classes + 2 K) x A, K keypoints x, y: YOLOv8-pose without visibility",
    .check = nn_pose_check,
    .decode = nn_pose_decode,
    .describe = nn_pose_describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = nn_pose_classes,
    .form = &(const int){2},
    .exporter_task = "pose2",
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.7f},
};
