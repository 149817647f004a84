// SPDX-License-Identifier: MIT
// YOLO-NAS-Pose with the suppression in its graph, in the flat format of SuperGradients: R x (6 + 3
// K) of picture, x0, y0, x1, y1 in pixels of the input, score, then x, y, score of K keypoints; the
// rows of all pictures of a batch.
#include "nn/vision/decode/keypoints.h"

enum { PICTURE, BOX, SCORE = 5, POINTS, NUMBERS = 3 };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self, (void)input_h, (void)input_w;
    return n == 1 && nn_decode_has_rank(outputs, 2) && outputs->tensor.shape.dim[1] > POINTS &&
           (outputs->tensor.shape.dim[1] - POINTS) % NUMBERS == 0 &&
           nn_decode_named(outputs, n, "flat_predictions");
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    if (count_classes(self, outputs, n, input_h, input_w) > 0 && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Rx(6 + 3 K) with \"flat_predictions\" in its name is needed: "
                            "picture, x0, y0, x1, y1, score, K times x, y, score; and one label");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *l, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    (void)self, (void)n;
    for (int64_t i = 0; i < outputs->tensor.shape.dim[0]; i++) {
        const float *row = nn_decode_row(outputs, 0, i);
        if (row[PICTURE] == (float)item && nn_decode_wants(options, row[SCORE], 0))
            nn_decode_add_corners(l, row + BOX, row[SCORE], 0, (int32_t)i + 1, candidates);
    }
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    const float *p = nn_decode_row(s->outputs, 0, row) + POINTS + NUMBERS * k;
    return (nn_keypoint){p[0], p[1], p[2]};
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    const int64_t columns = s->outputs->tensor.shape.dim[1];
    return nn_keypoints_describe(s, result, (int)(columns - POINTS) / NUMBERS, find_point);
}

const nn_decoder nn_decode_yolo_nas_pose_flat = {
    .name = "yolo_nas_pose_flat",
    .layout = "R x (6 + 3 K) of picture, x0, y0, x1, y1, score, keypoints x, y, score: flat "
              "YOLO-NAS-Pose",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = count_classes,
    .by_shape = true,
    .output_name = "flat_predictions",
    .joint = true,
    .input = {.bgr = true,
              .std = {1, 1, 1},
              .threshold = 0.25f,
              .iou_threshold = 1,
              .labels = nn_person_label,
              .label_count = 1},
};
