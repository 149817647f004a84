// SPDX-License-Identifier: MIT
// Faces with landmarks at three strides.
#include "nn/vision/decode/face_levels.h"

#include "nn/base/arith.h"
#include "nn/vision/decode/keypoints.h"

#include <math.h>

enum { LEVELS = 3, FIRST = 8, BOX = 4, LANDMARKS = 5, POINTS = 2 * LANDMARKS };

const char *const nn_face_label[1] = {"face"};

typedef struct level {
    const nn_head_output *score[2], *box, *points;
    int64_t rows;
    int stride, w; // cells in a row
} level;

static int count_outputs(const nn_face_form *f)
{
    return LEVELS * (f->scores + 2);
}

// Level `i`; false when the outputs have none.
static bool find_level(const nn_face_form *f, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int i, level *l)
{
    const int stride = FIRST << i;
    *l = (level){.stride = stride,
                 .w = (int)nn_divide_up(input_w, stride),
                 .rows = f->per_cell * nn_decode_cells(input_h, input_w, stride, stride)};
    for (int k = 0; k < f->scores; k++)
        l->score[k] = nn_decode_sized(outputs, n, l->rows, 1, k);
    l->box = nn_decode_sized(outputs, n, l->rows, BOX, 0);
    l->points = nn_decode_sized(outputs, n, l->rows, POINTS, 0);
    return l->score[0] && l->score[f->scores - 1] && l->box && l->points;
}

int nn_face_levels_classes(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w)
{
    level l;
    bool good = n == count_outputs(self->form);
    for (int i = 0; i < LEVELS && good; i++)
        good = find_level(self->form, outputs, n, input_h, input_w, i, &l);
    return good;
}

nn_status nn_face_levels_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                               int input_h, int input_w, int classes, nn_error *err)
{
    const nn_face_form *f = self->form;
    if (nn_face_levels_classes(self, outputs, n, input_h, input_w) && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "%d are needed: for strides 8, 16, 32 of an input of %dx%d %d of "
                            "scores, boxes and landmarks with %lld, %lld, %lld rows; and one label",
                            count_outputs(f), input_w, input_h, f->scores + 2,
                            (long long)(f->per_cell * nn_decode_cells(input_h, input_w, 8, 8)),
                            (long long)(f->per_cell * nn_decode_cells(input_h, input_w, 16, 16)),
                            (long long)(f->per_cell * nn_decode_cells(input_h, input_w, 32, 32)));
}

static float unit(float p)
{
    return p > 0 ? fminf(p, 1) : 0;
}

static float score_of(const nn_face_form *f, const level *l, int item, int64_t row)
{
    const float a = *nn_decode_row(l->score[0], item, row);
    if (f->scores == 1)
        return a;
    const float b = *nn_decode_row(l->score[1], item, row);
    return isfinite(a) && isfinite(b) ? sqrtf(unit(a) * unit(b)) : NAN;
}

void nn_face_levels_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                           const nn_letterbox *letterbox, const nn_decode_options *options,
                           nn_candidates *candidates)
{
    const nn_face_form *f = self->form;
    level l;
    int32_t first = 1; // row of the level among all
    for (int i = 0; i < LEVELS; i++, first += (int32_t)l.rows) {
        if (!find_level(f, outputs, n, letterbox->input_h, letterbox->input_w, i, &l))
            return;
        for (int64_t row = 0; row < l.rows; row++) {
            const float score = score_of(f, &l, item, row), s = (float)l.stride;
            if (!nn_decode_wants(options, score, 0))
                continue;
            const int64_t cell = row / f->per_cell;
            nn_box b =
                f->box(nn_decode_row(l.box, item, row), (float)(cell % l.w), (float)(cell / l.w));
            b = (nn_box){b.x0 * s, b.y0 * s, b.x1 * s, b.y1 * s, .score = score};
            b.detail = first + (int32_t)row;
            nn_decode_add(letterbox, b, candidates);
        }
    }
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    const nn_face_form *f = s->decoder->form;
    const nn_letterbox *box = s->letterbox;
    level l;
    for (int i = 0; i < LEVELS; i++, row -= l.rows) {
        if (!find_level(f, s->outputs, s->n, box->input_h, box->input_w, i, &l))
            break;
        if (row >= l.rows)
            continue;
        const float *t = nn_decode_row(l.points, s->item, row) + 2 * k, stride = (float)l.stride;
        const int64_t cell = row / f->per_cell;
        return (nn_keypoint){((float)(cell % l.w) + t[0]) * stride,
                             ((float)(cell / l.w) + t[1]) * stride, 1};
    }
    return (nn_keypoint){0};
}

nn_status nn_face_levels_describe(const nn_decode_sample *sample, nn_result *result)
{
    return nn_keypoints_describe(sample, result, LANDMARKS, find_point);
}
