// SPDX-License-Identifier: MIT
// Poses of end-to-end exports: N x K x (6 + 3 P); behind the class x and y in pixels of the input
// and the visibility of P keypoints.
#include "nn/vision/decode/finished.h"
#include "nn/vision/decode/keypoints.h"

enum { SIZE = 3 };

static int keypoints_of(const nn_head_output *o)
{
    return (int)(o->tensor.shape.dim[2] - NN_FINISHED_NUMBERS) / SIZE;
}

// The shape does not tell the classes: poses have one.
static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const int more =
        n == 1 ? nn_finished_numbers(outputs, input_h, input_w) - NN_FINISHED_NUMBERS : 0;
    (void)self;
    return more > 0 && more % SIZE == 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    (void)classes;
    if (count_classes(self, outputs, n, input_h, input_w) > 0)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of NxKx(6 + 3 P) is needed: x0, y0, x1, y1, score, class, P times "
                            "x, y, visibility");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    (void)self, (void)n;
    nn_finished_decode(outputs, item, letterbox, options, nn_finished_corners, true, candidates);
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    const float *p = nn_decode_row(s->outputs, s->item, row) + NN_FINISHED_NUMBERS + SIZE * k;
    return (nn_keypoint){p[0], p[1], p[2]};
}

static nn_status describe(const nn_decode_sample *sample, nn_result *result)
{
    return nn_keypoints_describe(sample, result, keypoints_of(sample->outputs), find_point);
}

const nn_decoder nn_decode_yolov10_pose = {
    .name = "yolov10_pose",
    .layout = "1 x K x (6 + 3 P): yolov10 and P keypoints x, y, score: end-to-end exports",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = count_classes,
    .exporter_task = "pose",
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 1},
};
