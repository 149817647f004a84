// SPDX-License-Identifier: MIT
// Detectors of TensorFlow's object detection API (SSD-MobileNet and its kin): detection_boxes as
// y0, x0, y1, x1 of 0 .. 1, detection_classes by COCO's numbers, detection_scores, num_detections.
#include "nn/vision/decode/lists.h"

static const nn_lists_form form = {.head = "tf_ssd",
                                   .boxes = "detection_boxes",
                                   .labels = "detection_classes",
                                   .scores = "detection_scores",
                                   .count = "num_detections",
                                   .batched = true,
                                   .rows_first = true,
                                   .of_unit = true};

static int count_classes(const nn_head_output *outputs, int n, int input_h, int input_w)
{
    (void)input_h;
    (void)input_w;
    return nn_lists_fit(&form, outputs, n) ? NN_COCO_NUMBERS : 0;
}

static nn_status check_tf(const nn_head_output *outputs, int n, int input_h, int input_w,
                          int classes, nn_error *err)
{
    (void)input_h;
    (void)input_w;
    (void)classes; // the shapes do not tell
    return nn_lists_check(&form, outputs, n, err);
}

static void decode_tf(const nn_head_output *outputs, int n, int item, const nn_letterbox *letterbox,
                      const nn_decode_options *options, nn_candidates *candidates)
{
    nn_lists_decode(&form, outputs, n, item, letterbox, options, candidates);
}

const nn_decoder nn_decode_tf_ssd = {
    .name = "tf_ssd",
    .layout = "detection_boxes 1 x K x 4 as y0 x0 y1 x1 of 0..1, _classes, _scores: TensorFlow",
    .check = check_tf,
    .decode = decode_tf,
    .classes = count_classes,
    .by_shape = true,
    .input = {.stretch = true,
              .std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.5f,
              .iou_threshold = 1,
              .labels = nn_coco_numbered_labels,
              .label_count = NN_COCO_NUMBERS},
};
