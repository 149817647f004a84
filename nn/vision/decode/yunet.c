// SPDX-License-Identifier: MIT
// YuNet (Wu 2023) as OpenCV's zoo has it since 2023: cls, obj, bbox and kps at each stride, one row
// a cell. Centre = (x + t0, y + t1) S, size = (exp t2, exp t3) S.
#include "nn/vision/decode/face_levels.h"

#include <math.h>

static nn_box find_box(const float t[4], float x, float y)
{
    return nn_decode_centred(x + t[0], y + t[1], expf(t[2]), expf(t[3]));
}

const nn_decoder nn_decode_yunet = {
    .name = "yunet",
    .layout = "cls, obj, bbox, kps of 1 x H/S W/S x 1, 1, 4, 10, S = 8, 16, 32: YuNet's faces",
    .check = nn_face_levels_check,
    .decode = nn_face_levels_decode,
    .describe = nn_face_levels_describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = nn_face_levels_classes,
    .form = &(const nn_face_form){.per_cell = 1, .scores = 2, .box = find_box},
    .by_shape = true,
    .input = {.bgr = true,
              .std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.6f,
              .iou_threshold = 0.3f,
              .labels = nn_face_label,
              .label_count = 1},
};
