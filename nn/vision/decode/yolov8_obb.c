// SPDX-License-Identifier: MIT
// Rotated boxes of YOLOv8 and its successors: N x (4 + classes + 1) x A: centre, width and height
// in pixels of the input, classes, and the angle of the width in radians, clockwise.
#include "nn/vision/decode/columns.h"

#include <math.h>

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    const int rows = n == 1 ? nn_columns_rows(&outputs[0], input_h, input_w) : 0;
    return rows > NN_COLUMN_CLASSES + 1 ? rows - NN_COLUMN_CLASSES - 1 : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Nx(4 + %d classes + 1)x%lld is needed for an input of %dx%d",
                            classes, (long long)nn_decode_cells(input_h, input_w, 8, 32), input_w,
                            input_h);
}

// A column as a rotated box in pixels of the input.
static nn_rotated_box read_column(const nn_head_output *o, int item, int64_t column)
{
    const int64_t last = o->tensor.shape.dim[1] - 1;
    return (nn_rotated_box){
        nn_columns_get(o, item, 0, column),    nn_columns_get(o, item, 1, column),
        nn_columns_get(o, item, 2, column),    nn_columns_get(o, item, 3, column),
        nn_columns_get(o, item, last, column),
    };
}

// The upright bounds of a rotated box.
static nn_box find_bounds(const nn_head_output *o, int item, int64_t column)
{
    const nn_rotated_box r = read_column(o, item, column);
    const float c = fabsf(cosf(r.angle)), s = fabsf(sinf(r.angle));
    if (!(r.width > 0 && r.height > 0))
        return (nn_box){0};
    return nn_decode_centred(r.cx, r.cy, r.width * c + r.height * s, r.width * s + r.height * c);
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    (void)self, (void)n;
    nn_columns_decode(&outputs[0], item, letterbox, options, find_bounds, true, candidates);
}

static nn_rotated_box rotated_of(const nn_decode_sample *s, int32_t number)
{
    return read_column(&s->outputs[0], s->item, number - 1);
}

// Of the rotated boxes in the input, whose scale does not matter.
static float overlap(const void *sample, const nn_box *a, const nn_box *b)
{
    const nn_rotated_box x = rotated_of(sample, a->detail), y = rotated_of(sample, b->detail);
    return nn_rotated_iou(&x, &y);
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    return nn_decode_rotated(s, rotated_of, result);
}

const nn_decoder nn_decode_yolov8_obb = {
    .name = "yolov8_obb",
    .layout = "1 x (4 + classes + 1) x A, the last the angle: YOLOv8-obb, 11-obb",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_ROTATED,
    .overlap = overlap,
    .classes = count_classes,
    .exporter_task = "obb",
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.7f},
};
