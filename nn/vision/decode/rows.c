// SPDX-License-Identifier: MIT
// Outputs with a row for each anchor: box, objectness, classes.
#include "nn/vision/decode/rows.h"

#include "nn/base/arith.h"

#include <math.h>

int nn_rows_classes(const nn_head_output *o, int per_cell, int input_h, int input_w)
{
    const int64_t *dim = o->tensor.shape.dim;
    if (!nn_decode_has_rank(o, 3) || dim[2] <= NN_ROW_CLASSES || dim[2] >= 1 << 20)
        return 0;
    // The large variants ("P6") have four levels.
    if (dim[1] != per_cell * nn_decode_cells(input_h, input_w, 8, 32) &&
        dim[1] != per_cell * nn_decode_cells(input_h, input_w, 8, 64))
        return 0;
    return (int)dim[2] - NN_ROW_CLASSES;
}

int nn_rows_classes_of_one(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w)
{
    (void)self;
    return n == 1 ? nn_rows_classes(outputs, 1, input_h, input_w) : 0;
}

nn_status nn_rows_check_one(const nn_decoder *self, const nn_head_output *outputs, int n,
                            int input_h, int input_w, int classes, nn_error *err)
{
    return nn_rows_check(self, outputs, n, 1, input_h, input_w, classes, err);
}

nn_status nn_rows_check(const nn_decoder *self, const nn_head_output *outputs, int n, int per_cell,
                        int input_h, int input_w, int classes, nn_error *err)
{
    const int have = n == 1 ? nn_rows_classes(outputs, per_cell, input_h, input_w) : 0;
    const long long anchors = per_cell * nn_decode_cells(input_h, input_w, 8, 32);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    if (classes == 0)
        return nn_decode_refuse(err, self->name, outputs, n,
                                "one of Nx%lldx(5 + classes) is needed for an input of %dx%d",
                                anchors, input_w, input_h);
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Nx%lldx%d is needed for %d classes and an input of %dx%d",
                            anchors, NN_ROW_CLASSES + classes, classes, input_w, input_h);
}

bool nn_rows_score(const float *row, const nn_decode_options *o, float *score, int *label)
{
    // Class probabilities are at most 1.
    if (!(row[NN_ROW_OBJECTNESS] >= o->threshold))
        return false;
    *label = nn_decode_best(row + NN_ROW_CLASSES, o->classes);
    *score = row[NN_ROW_OBJECTNESS] * row[NN_ROW_CLASSES + *label];
    return nn_decode_wants(o, *score, *label);
}

void nn_rows_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                    const nn_letterbox *l, const nn_decode_options *options,
                    nn_candidates *candidates)
{
    const int64_t *dim = outputs[0].tensor.shape.dim;
    const float *row = nn_tensor_f32(&outputs[0].tensor) + item * dim[1] * dim[2];
    (void)self, (void)n;
    for (int64_t i = 0; i < dim[1]; i++, row += dim[2]) {
        float score;
        int label;
        if (nn_rows_score(row, options, &score, &label))
            nn_decode_add_centred(l, row[0], row[1], row[2], row[3], score, label, candidates);
    }
}

void nn_rows_decode_cells(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                          const nn_letterbox *l, const nn_decode_options *options,
                          nn_candidates *candidates)
{
    const int64_t *dim = outputs[0].tensor.shape.dim;
    const float *row = nn_tensor_f32(&outputs[0].tensor) + item * dim[1] * dim[2];
    const float *end = row + dim[1] * dim[2];
    (void)self, (void)n;
    for (int stride = 8; row < end; stride *= 2) {
        const int w = (int)nn_divide_up(l->input_w, stride);
        const int h = (int)nn_divide_up(l->input_h, stride);
        const float s = (float)stride;
        for (int cell = 0; cell < w * h; cell++, row += dim[2]) {
            float score;
            int label;
            if (!nn_rows_score(row, options, &score, &label))
                continue;
            nn_decode_add_centred(l, ((float)(cell % w) + row[0]) * s,
                                  ((float)(cell / w) + row[1]) * s, expf(row[2]) * s,
                                  expf(row[3]) * s, score, label, candidates);
        }
    }
}
