// SPDX-License-Identifier: MIT
// YOLOv5 (and v7) as exported: rows of centre and size in pixels of the input, objectness,
// probabilities, for three anchors a cell. Older exports add the raw maps as further outputs.
#include "nn/vision/decode/rows.h"

enum { ANCHORS = 3 };

// Number of outputs in use: behind the rows there may be a map of rank 5 for each level.
static int count_needed(const nn_head_output *outputs, int n)
{
    for (int i = 1; i < n; i++)
        if (!nn_decode_has_rank(&outputs[i], 5))
            return n;
    return n > 1 ? 1 : n;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    return count_needed(outputs, n) == 1 ? nn_rows_classes(outputs, ANCHORS, input_h, input_w) : 0;
}

static nn_status check_yolov5(const nn_decoder *self, const nn_head_output *outputs, int n,
                              int input_h, int input_w, int classes, nn_error *err)
{
    return nn_rows_check(self, outputs, count_needed(outputs, n), ANCHORS, input_h, input_w,
                         classes, err);
}

const nn_decoder nn_decode_yolov5 = {
    .name = "yolov5",
    .layout = "1 x 3A x (5 + classes), boxes in pixels: YOLOv5, YOLOv7",
    .check = check_yolov5,
    .decode = nn_rows_decode,
    .classes = count_classes,
    .by_shape = true,
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.45f},
};
