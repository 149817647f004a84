// SPDX-License-Identifier: MIT
// YOLOv10, YOLO26 and exports with "end2end": one output N x K x 6 of finished detections, x0, y0,
// x1, y1 in pixels of the input, score, class.
#include "nn/vision/decode/finished.h"

enum { ANY_CLASSES = 80 };

// The shape does not tell: COCO's number is the usual one.
static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    return n == 1 && nn_finished_numbers(outputs, input_h, input_w) == NN_FINISHED_NUMBERS
               ? ANY_CLASSES
               : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    (void)classes;
    if (count_classes(self, outputs, n, input_h, input_w) > 0)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of NxKx6 is needed: x0, y0, x1, y1, score, class");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    (void)self, (void)n;
    nn_finished_decode(outputs, item, letterbox, options, nn_finished_corners, false, candidates);
}

const nn_decoder nn_decode_yolov10 = {
    .name = "yolov10",
    .layout = "1 x K x 6: x0, y0, x1, y1, score, class: YOLOv10, YOLO26, end-to-end exports",
    .check = check,
    .decode = decode,
    .classes = count_classes,
    .by_shape = true,
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 1},
};
