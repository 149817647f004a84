// SPDX-License-Identifier: MIT
// Boxes with keypoints: checks, boxes, and the keypoints of those that stay.
#include "nn/vision/decode/pose_columns.h"

#include "nn/vision/decode/keypoints.h"

static int numbers_of(const nn_decoder *self)
{
    return *(const int *)self->form;
}

// Keypoints of a column when there are this many classes; 0 when the numbers do not fit.
static int keypoints_of(const nn_decoder *self, int rows, int classes)
{
    const int rest = rows - NN_COLUMN_CLASSES - classes, size = numbers_of(self);
    return rest > 0 && rest % size == 0 ? rest / size : 0;
}

int nn_pose_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                    int input_w)
{
    const int rows = n == 1 ? nn_columns_rows(&outputs[0], input_h, input_w) : 0;
    return keypoints_of(self, rows, 1) > 0;
}

nn_status nn_pose_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                        int input_w, int classes, nn_error *err)
{
    const int rows = n == 1 ? nn_columns_rows(&outputs[0], input_h, input_w) : 0;
    const int have = classes > 0 ? classes : 1;
    if (keypoints_of(self, rows, have) > 0)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Nx(4 + %d + %d K)x%lld is needed for an input of %dx%d", have,
                            numbers_of(self), (long long)nn_decode_cells(input_h, input_w, 8, 32),
                            input_w, input_h);
}

void nn_pose_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                    const nn_letterbox *letterbox, const nn_decode_options *options,
                    nn_candidates *candidates)
{
    (void)self, (void)n;
    nn_columns_decode(&outputs[0], item, letterbox, options, nn_columns_upright, true, candidates);
}

static nn_keypoint find_keypoint(const nn_decode_sample *s, int64_t column, int k)
{
    const nn_head_output *o = &s->outputs[0];
    const int size = numbers_of(s->decoder);
    const int64_t rows = o->tensor.shape.dim[1];
    const int count = (int)(rows - NN_COLUMN_CLASSES - s->classes) / size;
    const int64_t first = rows - (int64_t)(count - k) * size;
    return (nn_keypoint){nn_columns_get(o, s->item, first, column),
                         nn_columns_get(o, s->item, first + 1, column),
                         size > 2 ? nn_columns_get(o, s->item, first + 2, column) : 1};
}

nn_status nn_pose_describe(const nn_decode_sample *sample, nn_result *result)
{
    const int64_t rows = sample->outputs[0].tensor.shape.dim[1];
    const int count =
        (int)(rows - NN_COLUMN_CLASSES - sample->classes) / numbers_of(sample->decoder);
    return nn_keypoints_describe(sample, result, count, find_keypoint);
}
