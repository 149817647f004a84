// SPDX-License-Identifier: MIT
// Keypoints of one person by a distribution over x and one over y for each (SimCC, Li 2022;
// RTMPose, Jiang 2023): N x K x (R W) and N x K x (R H), R steps a pixel, 2 in RTMPose. Each takes
// the largest step; the smaller of its two values is the score.
#include "nn/vision/decode/keypoints.h"

#include <math.h>

enum { MOST_STEPS = 8 };

// The distributions; false when there are none.
static bool find_both(const nn_head_output *outputs, int n, int h, int w, const nn_head_output **x,
                      const nn_head_output **y)
{
    if (n != 2 || !nn_decode_has_rank(&outputs[0], 3) || !nn_decode_has_rank(&outputs[1], 3))
        return false;
    const int64_t *a = outputs[0].tensor.shape.dim, *b = outputs[1].tensor.shape.dim;
    const int64_t steps = a[2] / w;
    *x = &outputs[0];
    *y = &outputs[1];
    return a[0] == b[0] && a[1] == b[1] && steps >= 1 && steps <= MOST_STEPS && a[2] == steps * w &&
           b[2] == steps * h;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const nn_head_output *x, *y;
    (void)self;
    return find_both(outputs, n, input_h, input_w, &x, &y);
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    if (count_classes(self, outputs, n, input_h, input_w) && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "NxKx(R %d) and NxKx(R %d) are needed, R steps a pixel, and one label",
                            input_w, input_h);
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    (void)row;
    const nn_head_output *x = &s->outputs[0], *y = &s->outputs[1];
    const int64_t w = x->tensor.shape.dim[2], h = y->tensor.shape.dim[2];
    const float *px = nn_decode_row(x, s->item, k), *py = nn_decode_row(y, s->item, k);
    const int i = nn_decode_best(px, (int)w), j = nn_decode_best(py, (int)h);
    const float steps = (float)w / (float)s->letterbox->input_w;
    const float score = px[i] < py[j] ? px[i] : py[j];
    return (nn_keypoint){(float)i / steps, (float)j / steps, score};
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const nn_decode_sample s = {self, outputs, n, item, options->classes, letterbox, 0};
    nn_keypoints_decode_one(&s, options, (int)outputs[0].tensor.shape.dim[1], find_point,
                            candidates);
}

static nn_status describe(const nn_decode_sample *sample, nn_result *result)
{
    return nn_keypoints_describe(sample, result, (int)sample->outputs[0].tensor.shape.dim[1],
                                 find_point);
}

const nn_decoder nn_decode_simcc = {
    .name = "simcc",
    .layout = "1 x K x (R W), 1 x K x (R H), R steps a pixel: RTMPose, SimCC; one person",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = count_classes,
    .by_shape = true,
    .one_object = true,
    .input = {.mean = {123.675f / 255, 116.28f / 255, 103.53f / 255},
              .std = {58.395f / 255, 57.12f / 255, 57.375f / 255},
              .threshold = 0.3f,
              .iou_threshold = 1,
              .labels = nn_person_label,
              .label_count = 1},
};
