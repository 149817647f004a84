// SPDX-License-Identifier: MIT
// YOLO-NAS-Pose with the suppression in its graph, in the batch format of SuperGradients: the
// number of valid rows N x 1, boxes N x R x 4 as x0, y0, x1, y1 in pixels of the input, scores N x
// R, and keypoints N x R x K x 3 of x, y, score.
#include "nn/vision/decode/keypoints.h"

enum { COUNTS, BOXES, SCORES, POINTS, OUTPUTS, NUMBERS = 3 };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    static const int ranks[OUTPUTS] = {2, 3, 2, 4};
    (void)self, (void)input_h, (void)input_w;
    if (n != OUTPUTS)
        return 0;
    for (int i = 0; i < n; i++)
        if (!nn_decode_has_rank(&outputs[i], ranks[i]) ||
            outputs[i].tensor.shape.dim[0] != outputs[0].tensor.shape.dim[0])
            return 0;
    const int64_t rows = outputs[SCORES].tensor.shape.dim[1];
    return outputs[COUNTS].tensor.shape.dim[1] == 1 && outputs[BOXES].tensor.shape.dim[2] == 4 &&
           outputs[BOXES].tensor.shape.dim[1] == rows &&
           outputs[POINTS].tensor.shape.dim[1] == rows &&
           outputs[POINTS].tensor.shape.dim[3] == NUMBERS;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    if (count_classes(self, outputs, n, input_h, input_w) > 0 && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "a number Nx1, boxes NxRx4, scores NxR and keypoints NxRxKx3 are "
                            "needed, and one label");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *l, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const int64_t rows = outputs[SCORES].tensor.shape.dim[1];
    const float count = nn_tensor_f32(&outputs[COUNTS].tensor)[item];
    const float *scores = nn_tensor_f32(&outputs[SCORES].tensor) + item * rows;
    (void)self, (void)n;
    for (int64_t i = 0; i < rows && (float)i < count; i++) {
        const float *b = nn_decode_row(&outputs[BOXES], item, i);
        if (nn_decode_wants(options, scores[i], 0))
            nn_decode_add_corners(l, b, scores[i], 0, (int32_t)i + 1, candidates);
    }
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    const nn_tensor *points = &s->outputs[POINTS].tensor;
    const int64_t *dim = points->shape.dim;
    const float *p = nn_tensor_f32(points) + ((s->item * dim[1] + row) * dim[2] + k) * NUMBERS;
    return (nn_keypoint){p[0], p[1], p[2]};
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    return nn_keypoints_describe(s, result, (int)s->outputs[POINTS].tensor.shape.dim[2],
                                 find_point);
}

const nn_decoder nn_decode_yolo_nas_pose_nms = {
    .name = "yolo_nas_pose_nms",
    .layout = "a number 1 x 1, boxes 1 x R x 4, scores 1 x R, keypoints 1 x R x K x 3: "
              "YOLO-NAS-Pose, finished",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = count_classes,
    .by_shape = true,
    .input = {.bgr = true,
              .std = {1, 1, 1},
              .threshold = 0.25f,
              .iou_threshold = 1,
              .labels = nn_person_label,
              .label_count = 1},
};
