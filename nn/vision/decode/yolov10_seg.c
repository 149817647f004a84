// SPDX-License-Identifier: MIT
// Instance masks of end-to-end exports: N x K x (6 + P) with P coefficients behind the class, and P
// prototypes N x P x H/4 x W/4.
#include "nn/vision/decode/finished.h"
#include "nn/vision/decode/masks.h"

enum { ANY_CLASSES = 80 };

// The rows and the prototypes; false when there are none.
static bool find_both(const nn_head_output *outputs, int n, const nn_head_output **rows,
                      const nn_head_output **prototypes)
{
    if (n != 2)
        return false;
    const int first = nn_decode_has_rank(&outputs[0], 3) ? 0 : 1;
    *rows = &outputs[first];
    *prototypes = &outputs[1 - first];
    return nn_decode_has_rank(*rows, 3) && nn_decode_has_rank(*prototypes, 4);
}

// The shapes do not tell: COCO's number is the usual one.
static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const nn_head_output *rows, *prototypes;
    (void)self;
    if (!find_both(outputs, n, &rows, &prototypes))
        return 0;
    const int64_t *dim = prototypes->tensor.shape.dim;
    const bool fits = nn_finished_numbers(rows, input_h, input_w) == NN_FINISHED_NUMBERS + dim[1] &&
                      dim[0] == rows->tensor.shape.dim[0] && dim[2] <= input_h &&
                      dim[3] <= input_w && dim[2] * input_w == dim[3] * input_h;
    return fits ? ANY_CLASSES : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    (void)classes;
    if (count_classes(self, outputs, n, input_h, input_w) > 0)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "NxKx(6 + P) and NxPxH/4xW/4 are needed for an input of %dx%d", input_w,
                            input_h);
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const nn_head_output *rows, *prototypes;
    (void)self;
    if (find_both(outputs, n, &rows, &prototypes))
        nn_finished_decode(rows, item, letterbox, options, nn_finished_corners, true, candidates);
}

static float find_coefficient(const nn_decode_sample *s, int64_t row, int k)
{
    const nn_head_output *rows, *prototypes;
    if (!find_both(s->outputs, s->n, &rows, &prototypes))
        return 0;
    return nn_decode_row(rows, s->item, row)[NN_FINISHED_NUMBERS + k];
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    const nn_head_output *rows, *prototypes;
    if (!find_both(s->outputs, s->n, &rows, &prototypes))
        return NN_OK;
    const nn_prototypes p = nn_prototypes_of(s, prototypes, find_coefficient);
    return nn_masks_describe(s, &p, result);
}

const nn_decoder nn_decode_yolov10_seg = {
    .name = "yolov10_seg",
    .layout = "1 x K x (6 + P): yolov10 and P coefficients, 1 x P x H/4 x W/4: end-to-end exports",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_OUTLINES,
    .classes = count_classes,
    .exporter_task = "segment",
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 1},
};
