// SPDX-License-Identifier: MIT
// YOLO-NAS-Pose as SuperGradients exports it without suppression: for each cell at strides 8 to 32
// a box N x A x 4 as x0, y0, x1, y1 in pixels of the input, the probability of a person N x A x 1,
// keypoints N x A x K x 2, and their scores N x A x K. The order of the colours is that of
// yolo_nas.
#include "nn/vision/decode/keypoints.h"

enum { BOXES, SCORES, POINTS, POINT_SCORES, OUTPUTS };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const int64_t cells = nn_decode_cells(input_h, input_w, 8, 32);
    (void)self;
    if (n != OUTPUTS)
        return 0;
    for (int i = 0; i < n; i++)
        if (!nn_decode_has_rank(&outputs[i], i == POINTS ? 4 : 3) ||
            outputs[i].tensor.shape.dim[0] != outputs[0].tensor.shape.dim[0] ||
            outputs[i].tensor.shape.dim[1] != cells)
            return 0;
    const int64_t *points = outputs[POINTS].tensor.shape.dim;
    return outputs[BOXES].tensor.shape.dim[2] == 4 && outputs[SCORES].tensor.shape.dim[2] == 1 &&
           points[3] == 2 && outputs[POINT_SCORES].tensor.shape.dim[2] == points[2];
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const long long cells = nn_decode_cells(input_h, input_w, 8, 32);
    if (count_classes(self, outputs, n, input_h, input_w) > 0 && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "boxes Nx%lldx4, scores Nx%lldx1, keypoints Nx%lldxKx2 and their "
                            "scores Nx%lldxK are needed for an input of %dx%d, and one label",
                            cells, cells, cells, cells, input_w, input_h);
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *l, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    (void)self, (void)n;
    for (int64_t i = 0; i < outputs[SCORES].tensor.shape.dim[1]; i++) {
        const float score = *nn_decode_row(&outputs[SCORES], item, i);
        const float *b = nn_decode_row(&outputs[BOXES], item, i);
        if (nn_decode_wants(options, score, 0))
            nn_decode_add_corners(l, b, score, 0, (int32_t)i + 1, candidates);
    }
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    const nn_tensor *points = &s->outputs[POINTS].tensor;
    const int64_t *dim = points->shape.dim;
    const float *p = nn_tensor_f32(points) + ((s->item * dim[1] + row) * dim[2] + k) * 2;
    return (nn_keypoint){p[0], p[1], nn_decode_row(&s->outputs[POINT_SCORES], s->item, row)[k]};
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    return nn_keypoints_describe(s, result, (int)s->outputs[POINTS].tensor.shape.dim[2],
                                 find_point);
}

const nn_decoder nn_decode_yolo_nas_pose = {
    .name = "yolo_nas_pose",
    .layout = "boxes 1 x A x 4 in pixels, scores 1 x A x 1, keypoints 1 x A x K x 2, 1 x A x K: "
              "YOLO-NAS-Pose",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = count_classes,
    .by_shape = true,
    .input = {.bgr = true,
              .std = {1, 1, 1},
              .threshold = 0.25f,
              .iou_threshold = 0.7f,
              .labels = nn_person_label,
              .label_count = 1},
};
