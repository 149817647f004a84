// SPDX-License-Identifier: MIT
// Boxes in columns: the best class of each by vector instructions, and those above the threshold.
#include "nn/vision/decode/columns.h"

int nn_columns_rows(const nn_head_output *o, int input_h, int input_w)
{
    if (!nn_decode_has_rank(o, 3))
        return 0;
    const int64_t *dim = o->tensor.shape.dim;
    if (dim[1] <= NN_COLUMN_CLASSES || dim[1] >= 1 << 20)
        return 0;
    if (dim[2] != nn_decode_cells(input_h, input_w, 8, 32) &&
        dim[2] != nn_decode_cells(input_h, input_w, 8, 64))
        return 0;
    return (int)dim[1];
}

// Plane by plane; compilers vectorise this loop.
void nn_columns_best(const float *planes, int64_t plane, int count, int classes, float *score,
                     int *label)
{
    for (int i = 0; i < count; i++) {
        score[i] = planes[i];
        label[i] = 0;
    }
    for (int c = 1; c < classes; c++) {
        const float *p = planes + c * plane;
        for (int i = 0; i < count; i++) {
            const bool more = p[i] > score[i];
            score[i] = more ? p[i] : score[i];
            label[i] = more ? c : label[i];
        }
    }
}

nn_box nn_columns_upright(const nn_head_output *o, int item, int64_t column)
{
    return nn_decode_centred(nn_columns_get(o, item, 0, column), nn_columns_get(o, item, 1, column),
                             nn_columns_get(o, item, 2, column),
                             nn_columns_get(o, item, 3, column));
}

void nn_columns_decode(const nn_head_output *o, int item, const nn_letterbox *letterbox,
                       const nn_decode_options *options, nn_column_box *find_box, bool numbered,
                       nn_candidates *candidates)
{
    const int64_t *dim = o->tensor.shape.dim, anchors = dim[2];
    const float *x = nn_tensor_f32(&o->tensor) + item * dim[1] * anchors;
    float score[NN_COLUMN_BLOCK];
    int label[NN_COLUMN_BLOCK];
    for (int64_t at = 0; at < anchors; at += NN_COLUMN_BLOCK) {
        const int count = (int)(anchors - at < NN_COLUMN_BLOCK ? anchors - at : NN_COLUMN_BLOCK);
        nn_columns_best(x + NN_COLUMN_CLASSES * anchors + at, anchors, count, options->classes,
                        score, label);
        for (int i = 0; i < count; i++) {
            if (!nn_decode_wants(options, score[i], label[i]))
                continue;
            nn_box b = find_box(o, item, at + i);
            b.score = score[i];
            b.label = label[i];
            b.detail = numbered ? (int32_t)(at + i + 1) : 0;
            nn_decode_add(letterbox, b, candidates);
        }
    }
}
