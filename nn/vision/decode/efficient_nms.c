// SPDX-License-Identifier: MIT
// Detectors with the suppression in the graph and lists as NVIDIA's EfficientNMS has them: the
// number of valid rows N x 1, boxes N x K x 4 as x0, y0, x1, y1 in pixels of the input, scores and
// classes from 0, N x K: YOLOv6, YOLOv7, YOLO-NAS (its batch format), DAMO-YOLO, MMYOLO ("labels").
#include "nn/vision/decode/lists.h"

static const nn_lists_form form = {.boxes = "boxes",
                                   .labels = "classes",
                                   .other_labels = "labels",
                                   .scores = "scores",
                                   .classes = NN_COCO_CLASSES,
                                   .count = "num_",
                                   .count_needed = true,
                                   .batched = true,
                                   .from_0 = true};

const nn_decoder nn_decode_efficient_nms = {
    .name = "efficient_nms",
    .layout = "num_dets 1 x 1, boxes 1 x K x 4 in pixels, scores, classes 1 x K: EfficientNMS",
    .check = nn_lists_check,
    .decode = nn_lists_decode,
    .classes = nn_lists_classes,
    .form = &form,
    .by_shape = true,
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 1},
};
