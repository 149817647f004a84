// SPDX-License-Identifier: MIT
// Boxes and probabilities of cells in outputs of their own.
#include "nn/vision/decode/cells.h"

#include "nn/vision/decode/columns.h"

static const nn_cells_form *form_of(const nn_decoder *self)
{
    return self->form;
}

int nn_cells_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                     int input_w)
{
    const nn_cells_form *f = form_of(self);
    if (n != 2 || !nn_decode_has_rank(&outputs[0], 3) || !nn_decode_has_rank(&outputs[1], 3))
        return 0;
    const int64_t *boxes = outputs[f->scores_first].tensor.shape.dim;
    const int64_t *scores = outputs[!f->scores_first].tensor.shape.dim;
    const int64_t cells = boxes[1], classes = scores[f->planes ? 1 : 2];
    if (boxes[2] != 4 || boxes[0] != scores[0] || scores[f->planes ? 2 : 1] != cells ||
        classes >= 1 << 20 || cells != nn_decode_cells(input_h, input_w, 8, 32))
        return 0;
    return (int)classes;
}

nn_status nn_cells_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w, int classes, nn_error *err)
{
    const nn_cells_form *f = form_of(self);
    const int have = nn_cells_classes(self, outputs, n, input_h, input_w);
    const long long cells = nn_decode_cells(input_h, input_w, 8, 32);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "boxes of Nx%lldx4 and scores of %s are needed, the %s first, for %d "
                            "classes and an input of %dx%d",
                            cells, f->planes ? "Nxclassesxcells" : "Nxcellsxclasses",
                            f->scores_first ? "scores" : "boxes", classes, input_w, input_h);
}

// The best class of `count` cells from number `at` on, and its probability.
static void find_best(const nn_cells_form *f, const float *scores, int64_t cells, int64_t at,
                      int count, int classes, float *score, int *label)
{
    if (f->planes) {
        nn_columns_best(scores + at, cells, count, classes, score, label);
        return;
    }
    for (int i = 0; i < count; i++) {
        const float *row = scores + (at + i) * classes;
        label[i] = nn_decode_best(row, classes);
        score[i] = row[label[i]];
    }
}

void nn_cells_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                     const nn_letterbox *letterbox, const nn_decode_options *options,
                     nn_candidates *candidates)
{
    const nn_cells_form *f = form_of(self);
    const nn_tensor *boxes = &outputs[f->scores_first].tensor;
    const int64_t cells = boxes->shape.dim[1];
    const int classes = options->classes;
    const float *box = nn_tensor_f32(boxes) + item * cells * 4;
    const float *scores = nn_tensor_f32(&outputs[!f->scores_first].tensor) + item * cells * classes;
    float score[NN_COLUMN_BLOCK];
    int label[NN_COLUMN_BLOCK];
    (void)n;
    for (int64_t at = 0; at < cells; at += NN_COLUMN_BLOCK) {
        const int count = (int)(cells - at < NN_COLUMN_BLOCK ? cells - at : NN_COLUMN_BLOCK);
        find_best(f, scores, cells, at, count, classes, score, label);
        for (int i = 0; i < count; i++, box += 4)
            if (nn_decode_wants(options, score[i], label[i]))
                nn_decode_add_corners(letterbox, box, score[i], label[i], 0, candidates);
    }
}
