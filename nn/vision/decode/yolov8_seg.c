// SPDX-License-Identifier: MIT
// Instance masks of YOLOv8 and its successors, after YOLACT (Bolya 2019): N x (4 + classes + P) x A
// with P coefficients behind the classes, and P prototypes N x P x H/4 x W/4. The mask of a box is
// where the sum of the prototypes, each times its coefficient, is positive.
#include "nn/vision/decode/columns.h"
#include "nn/vision/decode/masks.h"

// The columns and the prototypes; false when there are none.
static bool find_both(const nn_head_output *outputs, int n, const nn_head_output **columns,
                      const nn_head_output **prototypes)
{
    if (n != 2)
        return false;
    const int first = nn_decode_has_rank(&outputs[0], 3) ? 0 : 1;
    *columns = &outputs[first];
    *prototypes = &outputs[1 - first];
    return nn_decode_has_rank(*columns, 3) && nn_decode_has_rank(*prototypes, 4);
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const nn_head_output *columns, *prototypes;
    (void)self;
    if (!find_both(outputs, n, &columns, &prototypes))
        return 0;
    const int64_t *dim = prototypes->tensor.shape.dim;
    const int rows = nn_columns_rows(columns, input_h, input_w);
    const int64_t classes = rows - NN_COLUMN_CLASSES - dim[1];
    const bool fits = dim[0] == columns->tensor.shape.dim[0] && dim[2] <= input_h &&
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
        "Nx(4 + %d classes + P)x%lld and NxPxH/4xW/4 are needed for an input of %dx%d", classes,
        (long long)nn_decode_cells(input_h, input_w, 8, 32), input_w, input_h);
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const nn_head_output *columns, *prototypes;
    (void)self;
    if (find_both(outputs, n, &columns, &prototypes))
        nn_columns_decode(columns, item, letterbox, options, nn_columns_upright, true, candidates);
}

static float find_coefficient(const nn_decode_sample *s, int64_t row, int k)
{
    const nn_head_output *columns, *prototypes;
    if (!find_both(s->outputs, s->n, &columns, &prototypes))
        return 0;
    const int64_t first = columns->tensor.shape.dim[1] - prototypes->tensor.shape.dim[1];
    return nn_columns_get(columns, s->item, first + k, row);
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    const nn_head_output *columns, *prototypes;
    if (!find_both(s->outputs, s->n, &columns, &prototypes))
        return NN_OK;
    const nn_prototypes p = nn_prototypes_of(s, prototypes, find_coefficient);
    return nn_masks_describe(s, &p, result);
}

const nn_decoder nn_decode_yolov8_seg = {
    .name = "yolov8_seg",
    .layout = "1 x (4 + classes + P) x A and 1 x P x H/4 x W/4, masks: YOLOv8-seg, 11-seg",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_OUTLINES,
    .classes = count_classes,
    .by_shape = true,
    .exporter_task = "segment",
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.7f},
};
