// SPDX-License-Identifier: MIT
// Rotated boxes of end-to-end exports: N x K x 7: centre, width and height in pixels of the input,
// score, class, and the angle of the width in radians, clockwise.
#include "nn/vision/decode/finished.h"

#include <math.h>

enum { ANGLE = NN_FINISHED_NUMBERS, NUMBERS, DOTA_CLASSES = 15 };

// The shape does not tell: DOTA's number is the usual one.
static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    return n == 1 && nn_finished_numbers(outputs, input_h, input_w) == NUMBERS ? DOTA_CLASSES : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    (void)classes;
    if (count_classes(self, outputs, n, input_h, input_w) > 0)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of NxKx7 is needed: x, y, width, height, score, class, angle");
}

// The upright bounds of a rotated box.
static nn_box find_bounds(const float *row)
{
    const float c = fabsf(cosf(row[ANGLE])), s = fabsf(sinf(row[ANGLE])), w = row[2], h = row[3];
    return w > 0 && h > 0 ? nn_decode_centred(row[0], row[1], w * c + h * s, w * s + h * c)
                          : (nn_box){0};
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    (void)self, (void)n;
    nn_finished_decode(outputs, item, letterbox, options, find_bounds, true, candidates);
}

static nn_rotated_box rotated_of(const nn_decode_sample *s, int32_t number)
{
    const float *x = nn_decode_row(s->outputs, s->item, number - 1);
    return (nn_rotated_box){x[0], x[1], x[2], x[3], x[ANGLE]};
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    return nn_decode_rotated(s, rotated_of, result);
}

const nn_decoder nn_decode_yolov10_obb = {
    .name = "yolov10_obb",
    .layout = "1 x K x 7: centre, size, score, class, angle: end-to-end exports of rotated boxes",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_ROTATED,
    .classes = count_classes,
    .exporter_task = "obb",
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 1},
};
