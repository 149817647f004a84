// SPDX-License-Identifier: MIT
// torchvision's detectors (SSD, RetinaNet, FCOS, Faster R-CNN) of one sample: boxes as x0, y0, x1,
// y1 in pixels of the input, labels by COCO's numbers, scores. They normalise by themselves.
#include "nn/vision/decode/lists.h"

static const nn_lists_form form = {
    .head = "torchvision", .boxes = "box", .labels = "label", .scores = "score"};

static int count_classes(const nn_head_output *outputs, int n, int input_h, int input_w)
{
    (void)input_h;
    (void)input_w;
    return nn_lists_fit(&form, outputs, n) ? NN_COCO_NUMBERS : 0;
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

const nn_decoder nn_decode_torchvision = {
    .name = "torchvision",
    .layout = "boxes K x 4 as x0 y0 x1 y1 in pixels, labels, scores K: torchvision's detectors",
    .check = check_lists,
    .decode = decode_lists,
    .classes = count_classes,
    .by_shape = true,
    .input = {.std = {1, 1, 1},
              .threshold = 0.5f,
              .iou_threshold = 1,
              .labels = nn_coco_numbered_labels,
              .label_count = NN_COCO_NUMBERS},
};
