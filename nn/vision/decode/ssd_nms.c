// SPDX-License-Identifier: MIT
// SSD with suppression inside, as MLPerf and ONNX's model zoo have it: boxes as x0, y0, x1, y1 of
// 0 .. 1, labels from 1, scores.
#include "nn/vision/decode/lists.h"

static const nn_lists_form form = {.head = "ssd_nms",
                                   .boxes = "box",
                                   .labels = "label",
                                   .scores = "score",
                                   .batched = true,
                                   .of_unit = true};

static int count_classes(const nn_head_output *outputs, int n, int input_h, int input_w)
{
    (void)input_h;
    (void)input_w;
    return nn_lists_fit(&form, outputs, n) ? NN_COCO_CLASSES : 0;
}

static nn_status check_lists(const nn_head_output *outputs, int n, int input_h, int input_w,
                             int classes, nn_error *err)
{
    (void)input_h;
    (void)input_w;
    (void)classes; // the shapes do not tell
    return nn_lists_check(&form, outputs, n, err);
}

static void decode_lists(const nn_head_output *outputs, int n, int item,
                         const nn_letterbox *letterbox, const nn_decode_options *options,
                         nn_candidates *candidates)
{
    nn_lists_decode(&form, outputs, n, item, letterbox, options, candidates);
}

const nn_decoder nn_decode_ssd_nms = {
    .name = "ssd_nms",
    .layout = "boxes 1 x K x 4 as x0 y0 x1 y1 of 0..1, labels, scores 1 x K: MLPerf, ONNX zoo",
    .check = check_lists,
    .decode = decode_lists,
    .classes = count_classes,
    .by_shape = true,
    .input = {.stretch = true,
              .mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.5f,
              .iou_threshold = 1},
};
