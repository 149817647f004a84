// SPDX-License-Identifier: MIT
// Keypoints of one person by a map for each: N x K x H/4 x W/4 (SimpleBaseline, Xiao 2018; HRNet,
// Sun 2019; ViTPose, Xu 2022). Each is where its map is largest, a quarter of a cell towards the
// larger neighbour in both directions.
#include "nn/vision/decode/keypoints.h"

#include <math.h>

enum { STRIDE = 4 };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    if (n != 1 || !nn_decode_has_rank(outputs, 4))
        return 0;
    const int64_t *dim = outputs[0].tensor.shape.dim;
    return dim[2] * STRIDE == input_h && dim[3] * STRIDE == input_w && dim[1] < 1 << 10;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    if (count_classes(self, outputs, n, input_h, input_w) && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of NxKx%dx%d is needed for an input of %dx%d, and one label",
                            input_h / STRIDE, input_w / STRIDE, input_w, input_h);
}

// A quarter of a cell towards the larger one of two neighbours.
static float lean(const float *map, int at, int size, int step)
{
    if (at < 1 || at >= size - 1)
        return 0;
    const float d = map[step] - map[-step];
    return d > 0 ? 0.25f : d < 0 ? -0.25f : 0;
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    (void)row;
    const int64_t *dim = s->outputs[0].tensor.shape.dim;
    const int h = (int)dim[2], w = (int)dim[3];
    const float *map =
        nn_tensor_f32(&s->outputs[0].tensor) + (s->item * dim[1] + k) * (int64_t)h * w;
    const int best = nn_decode_best(map, h * w), x = best % w, y = best / w;
    return (nn_keypoint){((float)x + lean(map + best, x, w, 1)) * STRIDE,
                         ((float)y + lean(map + best, y, h, w)) * STRIDE, map[best]};
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

const nn_decoder nn_decode_heatmaps = {
    .name = "heatmaps",
    .layout = "1 x K x H/4 x W/4, a map for each keypoint: HRNet, ViTPose; one person",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = count_classes,
    .by_shape = false, // those of segmentation have the same shapes
    .one_object = true,
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.3f,
              .iou_threshold = 1,
              .labels = nn_person_label,
              .label_count = 1},
};
