// SPDX-License-Identifier: MIT
// Rows of anchors with keypoints: checks, boxes, and the keypoints of those that stay.
#include "nn/vision/decode/pose_rows.h"

#include "nn/vision/decode/keypoints.h"

enum { ANCHORS = 3 };

// Keypoints of a row with this many columns; 0 when the numbers do not fit.
static int keypoints_of(const nn_pose_row_form *f, int64_t columns, int classes)
{
    const int64_t rest = columns - NN_ROW_CLASSES - classes;
    if (rest <= 0 || rest % f->numbers != 0 || (f->count > 0 && rest != f->count * f->numbers))
        return 0;
    return (int)(rest / f->numbers);
}

static int count_keypoints(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w, int classes)
{
    const int more = n == 1 ? nn_rows_classes(outputs, ANCHORS, input_h, input_w) : 0;
    return more > 0 ? keypoints_of(self->form, NN_ROW_CLASSES + more, classes) : 0;
}

int nn_pose_rows_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    return count_keypoints(self, outputs, n, input_h, input_w, 1) > 0;
}

nn_status nn_pose_rows_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                             int input_h, int input_w, int classes, nn_error *err)
{
    const nn_pose_row_form *f = self->form;
    const int wanted = classes > 0 ? classes : 1;
    if (count_keypoints(self, outputs, n, input_h, input_w, wanted) > 0)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Nx%lldx(5 + %d + %d K) is needed for an input of %dx%d",
                            (long long)ANCHORS * nn_decode_cells(input_h, input_w, 8, 32), wanted,
                            f->numbers, input_w, input_h);
}

void nn_pose_rows_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                         const nn_letterbox *l, const nn_decode_options *options,
                         nn_candidates *candidates)
{
    const nn_pose_row_form *f = self->form;
    const int64_t *dim = outputs[0].tensor.shape.dim;
    const float *row = nn_tensor_f32(&outputs[0].tensor) + item * dim[1] * dim[2];
    const int64_t first = f->keypoints_first ? dim[2] - options->classes : NN_ROW_CLASSES;
    (void)n;
    for (int64_t i = 0; i < dim[1]; i++, row += dim[2]) {
        const int label = nn_decode_best(row + first, options->classes);
        const float score = row[NN_ROW_OBJECTNESS] * row[first + label];
        if (!nn_decode_wants(options, score, label))
            continue;
        nn_box b = nn_decode_centred(row[0], row[1], row[2], row[3]);
        b.score = score;
        b.label = label;
        b.detail = (int32_t)i + 1;
        nn_decode_add(l, b, candidates);
    }
}

static nn_keypoint find_keypoint(const nn_decode_sample *s, int64_t row, int k)
{
    const nn_pose_row_form *f = s->decoder->form;
    const int first = NN_ROW_CLASSES + (f->keypoints_first ? 0 : s->classes);
    const float *x = nn_decode_row(s->outputs, s->item, row) + first + k * f->numbers;
    return (nn_keypoint){x[0], x[1], f->numbers > 2 ? x[2] : 1};
}

nn_status nn_pose_rows_describe(const nn_decode_sample *s, nn_result *result)
{
    const int64_t columns = s->outputs[0].tensor.shape.dim[2];
    return nn_keypoints_describe(s, result, keypoints_of(s->decoder->form, columns, s->classes),
                                 find_keypoint);
}
