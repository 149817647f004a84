// SPDX-License-Identifier: MIT
// Faces from priors.
#include "nn/vision/decode/face_priors.h"

#include "nn/base/arith.h"
#include "nn/vision/decode/keypoints.h"

#include <math.h>

enum { FIRST = 8, LANDMARKS = 5, BOX = 4, POINTS = 2 * LANDMARKS, OUTPUTS = 3 };
#define CENTRE 0.1f // variance of centres and landmarks

// Cells of level `i` along a side.
static int64_t cells_of(const nn_face_prior_form *f, int side, int i)
{
    const int stride = FIRST << i;
    return f->whole_cells ? side / stride : nn_divide_up(side, stride);
}

static int64_t count_priors(const nn_face_prior_form *f, int h, int w)
{
    int64_t count = 0;
    for (int i = 0; i < f->levels; i++)
        count += f->counts[i] * cells_of(f, h, i) * cells_of(f, w, i);
    return count;
}

// Prior `row` in pixels of the input: its centre, and its side in `size`.
static void find_prior(const nn_face_prior_form *f, const nn_letterbox *l, int64_t row, float *cx,
                       float *cy, float *size)
{
    for (int i = 0; i < f->levels; i++) {
        const int64_t w = cells_of(f, l->input_w, i), h = cells_of(f, l->input_h, i);
        const int64_t count = f->counts[i] * h * w, cell = row / f->counts[i];
        if (row < count) {
            const float stride = (float)(FIRST << i);
            *cx = ((float)(cell % w) + 0.5f) * stride;
            *cy = ((float)(cell / w) + 0.5f) * stride;
            *size = f->sizes[i][row % f->counts[i]];
            return;
        }
        row -= count;
    }
}

typedef struct faces {
    const nn_head_output *boxes, *scores, *points, *quality; // quality may be NULL
    int first_point;                                         // column of `points`
} faces;

static bool find_faces(const nn_face_prior_form *f, const nn_head_output *outputs, int n, int h,
                       int w, faces *out)
{
    const int64_t rows = count_priors(f, h, w);
    const int together = BOX + POINTS;
    if (n != OUTPUTS || rows < 1)
        return false;
    *out = (faces){.boxes = nn_decode_sized(outputs, n, rows, f->together ? together : BOX, 0),
                   .scores = nn_decode_sized(outputs, n, rows, 2, 0),
                   .points = nn_decode_sized(outputs, n, rows, f->together ? together : POINTS, 0),
                   .first_point = f->together ? BOX : 0};
    if (f->together)
        out->quality = nn_decode_sized(outputs, n, rows, 1, 0);
    return out->boxes && out->scores && out->points && (out->quality || !f->together);
}

int nn_face_priors_classes(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w)
{
    faces found;
    return find_faces(self->form, outputs, n, input_h, input_w, &found);
}

nn_status nn_face_priors_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                               int input_h, int input_w, int classes, nn_error *err)
{
    const nn_face_prior_form *f = self->form;
    if (nn_face_priors_classes(self, outputs, n, input_h, input_w) && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "three of Nx%lldx%s are needed for an input of %dx%d, and one label",
                            (long long)count_priors(f, input_h, input_w),
                            f->together ? "14, 2 and 1" : "4, 2 and 10", input_w, input_h);
}

void nn_face_priors_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                           const nn_letterbox *l, const nn_decode_options *options,
                           nn_candidates *candidates)
{
    const nn_face_prior_form *f = self->form;
    faces found;
    if (!find_faces(f, outputs, n, l->input_h, l->input_w, &found))
        return;
    const int64_t rows = count_priors(f, l->input_h, l->input_w);
    for (int64_t row = 0; row < rows; row++) {
        float score = nn_decode_row(found.scores, item, row)[1], cx, cy, size;
        if (found.quality) {
            const float q = *nn_decode_row(found.quality, item, row);
            score = isfinite(q) ? sqrtf(score * fminf(fmaxf(q, 0), 1)) : NAN;
        }
        if (!nn_decode_wants(options, score, 0))
            continue;
        const float *t = nn_decode_row(found.boxes, item, row);
        find_prior(f, l, row, &cx, &cy, &size);
        nn_box b =
            nn_decode_centred(cx + CENTRE * t[0] * size, cy + CENTRE * t[1] * size,
                              size * expf(f->exponent_w * t[2]), size * expf(f->exponent_h * t[3]));
        b.score = score;
        b.detail = (int32_t)row + 1;
        nn_decode_add(l, b, candidates);
    }
}

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    faces found;
    float cx, cy, size;
    if (!find_faces(s->decoder->form, s->outputs, s->n, s->letterbox->input_h,
                    s->letterbox->input_w, &found))
        return (nn_keypoint){0};
    find_prior(s->decoder->form, s->letterbox, row, &cx, &cy, &size);
    const float *t = nn_decode_row(found.points, s->item, row) + found.first_point + 2 * k;
    return (nn_keypoint){cx + CENTRE * t[0] * size, cy + CENTRE * t[1] * size, 1};
}

nn_status nn_face_priors_describe(const nn_decode_sample *sample, nn_result *result)
{
    return nn_keypoints_describe(sample, result, LANDMARKS, find_point);
}
