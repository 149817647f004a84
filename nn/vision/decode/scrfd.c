// SPDX-License-Identifier: MIT
// SCRFD (Guo 2021) with landmarks, as InsightFace exports it: score, bbox and kps at each stride,
// two rows a cell. Sides are distances in strides from the cell's corner.
#include "nn/vision/decode/face_levels.h"

static nn_box find_box(const float t[4], float x, float y)
{
    return (nn_box){.x0 = x - t[0], .y0 = y - t[1], .x1 = x + t[2], .y1 = y + t[3]};
}

const nn_decoder nn_decode_scrfd = {
    .name = "scrfd",
    .layout = "score, bbox, kps of [1 x] 2 H/S W/S x 1, 4, 10, S = 8, 16, 32: SCRFD's faces",
    .check = nn_face_levels_check,
    .decode = nn_face_levels_decode,
    .describe = nn_face_levels_describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = nn_face_levels_classes,
    .form = &(const nn_face_form){.per_cell = 2, .scores = 1, .box = find_box},
    .by_shape = true,
    .input = {.mean = {127.5f / 255, 127.5f / 255, 127.5f / 255},
              .std = {128 / 255.0f, 128 / 255.0f, 128 / 255.0f},
              .threshold = 0.5f,
              .iou_threshold = 0.4f,
              .labels = nn_face_label,
              .label_count = 1},
};
