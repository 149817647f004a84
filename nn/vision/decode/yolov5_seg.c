// SPDX-License-Identifier: MIT
// Instance masks of YOLOv5 and YOLOv7, after YOLACT (Bolya 2019): rows N x 3A x (5 + classes + P)
// with P coefficients behind the classes, and P prototypes N x P x H/4 x W/4.
#include "nn/vision/decode/masks.h"
#include "nn/vision/decode/rows.h"

enum { ANCHORS = 3 };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    if (n != 2 || !nn_decode_has_rank(&outputs[1], 4))
        return 0;
    const int64_t *dim = outputs[1].tensor.shape.dim;
    const int64_t classes = nn_rows_classes(outputs, ANCHORS, input_h, input_w) - dim[1];
    const bool fits = dim[0] == outputs[0].tensor.shape.dim[0] && dim[2] <= input_h &&
                      dim[3] <= input_w && dim[2] * input_w == dim[3] * input_h;
    return fits && classes > 0 ? (int)classes : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(
        err, self->name, outputs, n,
        "Nx%lldx(5 + %d classes + P) and NxPxH/4xW/4 are needed for an input of %dx%d",
        (long long)ANCHORS * nn_decode_cells(input_h, input_w, 8, 32), classes, input_w, input_h);
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *l, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const int64_t rows = outputs[0].tensor.shape.dim[1];
    (void)self, (void)n;
    for (int64_t i = 0; i < rows; i++) {
        const float *row = nn_decode_row(outputs, item, i);
        nn_box b = nn_decode_centred(row[0], row[1], row[2], row[3]);
        b.detail = (int32_t)i + 1;
        if (nn_rows_score(row, options, &b.score, &b.label))
            nn_decode_add(l, b, candidates);
    }
}

static float find_coefficient(const nn_decode_sample *s, int64_t row, int k)
{
    const int64_t first = s->outputs[0].tensor.shape.dim[2] - s->outputs[1].tensor.shape.dim[1];
    return nn_decode_row(s->outputs, s->item, row)[first + k];
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    const nn_prototypes p = nn_prototypes_of(s, &s->outputs[1], find_coefficient);
    return nn_masks_describe(s, &p, result);
}

const nn_decoder nn_decode_yolov5_seg = {
    .name = "yolov5_seg",
    .layout = "1 x 3A x (5 + classes + P) and 1 x P x H/4 x W/4, masks: YOLOv5-seg, YOLOv7-seg",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_OUTLINES,
    .classes = count_classes,
    .by_shape = true,
    .exporter_task = "segment",
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.45f},
};
