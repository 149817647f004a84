// SPDX-License-Identifier: MIT
// MoveNet (Google 2021) for one person: N x 1 x 17 x 3, y, x as fractions of the input and a score.
#include "nn/vision/decode/keypoints.h"

enum { KEYPOINTS = 17, NUMBERS = 3 };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self, (void)input_h, (void)input_w;
    if (n != 1 || !nn_decode_has_rank(outputs, 4))
        return 0;
    const int64_t *dim = outputs[0].tensor.shape.dim;
    return dim[1] == 1 && dim[2] == KEYPOINTS && dim[3] == NUMBERS;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    if (count_classes(self, outputs, n, input_h, input_w) && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Nx1x17x3 is needed, and one label");
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    (void)row;
    const float *p =
        nn_tensor_f32(&s->outputs[0].tensor) + (s->item * KEYPOINTS + k) * (int64_t)NUMBERS;
    return (nn_keypoint){p[1] * (float)s->letterbox->input_w, p[0] * (float)s->letterbox->input_h,
                         p[2]};
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const nn_decode_sample s = {self, outputs, n, item, options->classes, letterbox, 0};
    nn_keypoints_decode_one(&s, options, KEYPOINTS, find_point, candidates);
}

static nn_status describe(const nn_decode_sample *sample, nn_result *result)
{
    return nn_keypoints_describe(sample, result, KEYPOINTS, find_point);
}

const nn_decoder nn_decode_movenet = {
    .name = "movenet",
    .layout = "1 x 1 x 17 x 3: y, x of 0..1 and score: MoveNet; one person",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = count_classes,
    .by_shape = true,
    .one_object = true,
    .input = {.std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.2f,
              .iou_threshold = 1,
              .labels = nn_person_label,
              .label_count = 1},
};
