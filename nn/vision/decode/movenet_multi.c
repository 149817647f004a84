// SPDX-License-Identifier: MIT
// MoveNet for up to six people: N x 6 x 56: 17 times y, x, score, then y0, x0, y1, x1, score, all
// of 0 .. 1 of the input.
#include "nn/vision/decode/keypoints.h"

enum { PEOPLE = 6, KEYPOINTS = 17, BOX = 3 * KEYPOINTS, SCORE = BOX + 4, NUMBERS = SCORE + 1 };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self, (void)input_h, (void)input_w;
    return n == 1 && nn_decode_has_rank(outputs, 3) &&
           nn_decode_sized(outputs, n, PEOPLE, NUMBERS, 0) != NULL;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    if (count_classes(self, outputs, n, input_h, input_w) && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n, "one of Nx6x56 is needed, and one label");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *l, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const float w = (float)l->input_w, h = (float)l->input_h;
    (void)self, (void)n;
    for (int i = 0; i < PEOPLE; i++) {
        const float *p = nn_decode_row(outputs, item, i), *b = p + BOX;
        if (nn_decode_wants(options, p[SCORE], 0))
            nn_decode_add(l,
                          (nn_box){.x0 = b[1] * w,
                                   .y0 = b[0] * h,
                                   .x1 = b[3] * w,
                                   .y1 = b[2] * h,
                                   .score = p[SCORE],
                                   .detail = i + 1},
                          candidates);
    }
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    const float *p = nn_decode_row(s->outputs, s->item, row) + 3 * k;
    return (nn_keypoint){p[1] * (float)s->letterbox->input_w, p[0] * (float)s->letterbox->input_h,
                         p[2]};
}

static nn_status describe(const nn_decode_sample *sample, nn_result *result)
{
    return nn_keypoints_describe(sample, result, KEYPOINTS, find_point);
}

const nn_decoder nn_decode_movenet_multi = {
    .name = "movenet_multi",
    .layout = "1 x 6 x 56: 17 keypoints, box and score of each person: MoveNet MultiPose",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = count_classes,
    .by_shape = true,
    .input = {.std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.2f,
              .iou_threshold = 1,
              .labels = nn_person_label,
              .label_count = 1},
};
