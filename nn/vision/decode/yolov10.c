// SPDX-License-Identifier: MIT
// YOLOv10, YOLO26 and exports with "end2end": one output N x K x 6 of finished detections, x0, y0,
// x1, y1 in pixels of the input, score, class. There is nothing left to suppress.
#include "nn/vision/decode/layout.h"

#include <math.h>

enum { NUMBERS = 6, MOST = 1000, ANY_CLASSES = 80 };

static bool fits(const nn_head_output *outputs, int n, int input_h, int input_w)
{
    if (n != 1 || !nn_decode_has_rank(outputs, 3))
        return false;
    const int64_t *dim = outputs[0].tensor.shape.dim;
    // a row for each cell is another head, with one class
    return dim[2] == NUMBERS && dim[1] <= MOST &&
           dim[1] != nn_decode_cells(input_h, input_w, 8, 32) &&
           dim[1] != 3 * nn_decode_cells(input_h, input_w, 8, 32);
}

// The shape does not tell: COCO's number is the usual one.
static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    return fits(outputs, n, input_h, input_w) ? ANY_CLASSES : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    (void)classes;
    if (fits(outputs, n, input_h, input_w))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of NxKx6 is needed: x0, y0, x1, y1, score, class");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const int64_t rows = outputs[0].tensor.shape.dim[1];
    const float *x = nn_tensor_f32(&outputs[0].tensor) + item * rows * NUMBERS;
    (void)self, (void)n;
    for (int64_t i = 0; i < rows; i++, x += NUMBERS) {
        const int label = x[5] >= 0 && x[5] < (float)options->classes ? (int)x[5] : -1;
        if (nn_decode_wants(options, x[4], label))
            nn_decode_add(
                letterbox,
                (nn_box){
                    .x0 = x[0], .y0 = x[1], .x1 = x[2], .y1 = x[3], .score = x[4], .label = label},
                candidates);
    }
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
