// SPDX-License-Identifier: MIT
// Invariance curves: warped copies of a picture, and what layers and outputs make of them.
#include "nn/explain/invariance.h"

#include "nn/base/memory.h"
#include "nn/explain/class_scores.h"
#include "nn/explain/warp.h"
#include "nn/vision/scores.h"

#include <math.h>
#include <string.h>

enum { USUAL_POINTS = 25, MOST_POINTS = 1000 };

const char *const nn_invariance_names[NN_INVARIANCE_KINDS] = {"translation", "scale", "rotation"};

// The range of amounts when the caller gives none.
static const double usual[NN_INVARIANCE_KINDS][2] = {{-0.25, 0.25}, {1, 1.8}, {0, 360}};

// The picture as it is, and what is at hand for its copies.
typedef struct measuring {
    nn_explainer *e;
    nn_image picture, copy;
    uint8_t fill[3];
    float *first, *last; // values of the layers for the picture as it is
    float *scores;
    int64_t first_count, last_count;
} measuring;

static void release(measuring *m)
{
    nn_image_release(&m->picture);
    nn_image_release(&m->copy);
    nn_free(m->first);
    nn_free(m->last);
    nn_free(m->scores);
}

void nn_invariance_release(nn_invariance *v)
{
    nn_free(v->amount);
    nn_free(v->first);
    nn_free(v->last);
    nn_free(v->probability);
    *v = (nn_invariance){0};
}

static nn_status make_room(nn_invariance *v, int points, nn_error *err)
{
    if (v->capacity >= points)
        return NN_OK;
    nn_free(v->amount);
    nn_free(v->first);
    nn_free(v->last);
    nn_free(v->probability);
    v->capacity = 0;
    v->amount = nn_calloc((size_t)points, sizeof *v->amount);
    v->first = nn_calloc((size_t)points, sizeof *v->first);
    v->last = nn_calloc((size_t)points, sizeof *v->last);
    v->probability = nn_calloc((size_t)points, sizeof *v->probability);
    if (!v->amount || !v->first || !v->last || !v->probability)
        return nn_fail(err, NN_ENOMEM, "no memory for curves of %d points", points);
    v->capacity = points;
    return NN_OK;
}

// The first layer of maps; the last one in front of the output.
static int usual_layer(const nn_explainer *e, bool last)
{
    const int count = nn_explainer_layer_count(e);
    if (last)
        return count > 1 ? count - 2 : count - 1;
    for (int i = 0; i < count; i++)
        if (nn_explainer_layer(e, i).height > 0)
            return i;
    return 0;
}

static nn_status choose(nn_invariance *v, const measuring *m, const nn_invariance_settings *s,
                        nn_error *err)
{
    const int layers = nn_explainer_layer_count(m->e), classes = nn_explainer_classes(m->e);
    v->first_layer = s->first >= 0 ? s->first : usual_layer(m->e, false);
    v->last_layer = s->last >= 0 ? s->last : usual_layer(m->e, true);
    v->label = s->label;
    if (v->first_layer >= layers || v->last_layer >= layers)
        return nn_fail(err, NN_EINVAL, "layers %d and %d of %d", v->first_layer, v->last_layer,
                       layers);
    if (v->label >= classes && v->label >= 0)
        return nn_fail(err, NN_EINVAL, "no class %d: there are %d, counted from 0", v->label,
                       classes);
    return NN_OK;
}

static nn_status keep_values(const nn_explainer *e, int layer, float **to, int64_t *count,
                             nn_error *err)
{
    const nn_tensor *v = nn_explainer_values(e, layer);
    *count = nn_shape_count(&v->shape);
    *to = nn_alloc((size_t)*count * sizeof **to);
    if (!*to)
        return nn_fail(err, NN_ENOMEM, "no memory for the values of a layer");
    memcpy(*to, v->data, (size_t)*count * sizeof **to);
    return NN_OK;
}

// Sees the picture as it is.
static nn_status begin(measuring *m, const nn_frame *frame, const nn_invariance_settings *s,
                       nn_invariance *v, nn_error *err)
{
    const nn_card *card = nn_explainer_card(m->e);
    const int classes = nn_explainer_classes(m->e);
    nn_status status = nn_image_of_frame(&m->picture, frame, err);
    if (status == NN_OK)
        status = choose(v, m, s, err);
    if (status != NN_OK)
        return status;
    for (int c = 0; c < 3; c++)
        m->fill[c] = (uint8_t)lrintf(fminf(fmaxf(card->mean[c], 0), 1) * 255);
    m->copy = m->picture;
    m->copy.rgb = nn_alloc(3 * (size_t)m->copy.width * (size_t)m->copy.height);
    m->scores = nn_calloc((size_t)classes + 1, sizeof *m->scores);
    if (!m->copy.rgb || !m->scores)
        return nn_fail(err, NN_ENOMEM, "no memory for copies of the picture");
    const nn_frame same = nn_image_frame(&m->picture);
    status = nn_explainer_see(m->e, &same, err);
    if (status == NN_OK)
        status = keep_values(m->e, v->first_layer, &m->first, &m->first_count, err);
    if (status == NN_OK)
        status = keep_values(m->e, v->last_layer, &m->last, &m->last_count, err);
    if (status != NN_OK || classes == 0 || v->label >= 0)
        return status;
    nn_explainer_class_scores(m->e, m->scores);
    nn_scores_best(m->scores, classes, &v->label, 1);
    return NN_OK;
}

static nn_warp warp_of(nn_invariance_kind kind, double amount, int height)
{
    if (kind == NN_INVARIANCE_TRANSLATION)
        return nn_warp_move(0, amount * height);
    return kind == NN_INVARIANCE_SCALE ? nn_warp_scale(amount) : nn_warp_rotate(amount);
}

// |x - y| / |y|; 0 when y is zero and x, too.
static float distance(const float *x, const float *y, int64_t n)
{
    double apart = 0, size = 0;
    for (int64_t i = 0; i < n; i++) {
        const double d = (double)x[i] - (double)y[i];
        apart += d * d;
        size += (double)y[i] * (double)y[i];
    }
    return apart == 0 ? 0 : (float)sqrt(apart / fmax(size, 1e-30));
}

static nn_status measure_point(measuring *m, nn_invariance *v, int i, nn_error *err)
{
    const nn_warp warp = warp_of(v->kind, v->amount[i], m->picture.height);
    nn_image_warp(&m->copy, &m->picture, &warp, m->fill);
    const nn_frame frame = nn_image_frame(&m->copy);
    const nn_status status = nn_explainer_see(m->e, &frame, err);
    if (status != NN_OK)
        return status;
    v->first[i] = distance(nn_tensor_f32(nn_explainer_values(m->e, v->first_layer)), m->first,
                           m->first_count);
    v->last[i] =
        distance(nn_tensor_f32(nn_explainer_values(m->e, v->last_layer)), m->last, m->last_count);
    nn_explainer_class_scores(m->e, m->scores);
    v->probability[i] = v->label >= 0 ? m->scores[v->label] : 0;
    return NN_OK;
}

static nn_status place_points(nn_invariance *v, const nn_invariance_settings *s, nn_error *err)
{
    const bool own = s->from != 0 || s->to != 0;
    const double from = own ? s->from : usual[v->kind][0], to = own ? s->to : usual[v->kind][1];
    int points = s->points ? s->points : USUAL_POINTS;
    if (points < 2 || points > MOST_POINTS || !(from < to) || !isfinite(to - from) ||
        (v->kind == NN_INVARIANCE_SCALE && !(from > 0.01 && to < 100)))
        return nn_fail(err, NN_EINVAL, "%s from %g to %g in %d points: not a range",
                       nn_invariance_names[v->kind], from, to, points);
    points += v->kind == NN_INVARIANCE_TRANSLATION && points % 2 == 0;
    const nn_status status = make_room(v, points, err);
    for (int i = 0; i < points && status == NN_OK; i++) {
        const double part = (double)i / (points - 1);
        v->amount[i] = v->kind == NN_INVARIANCE_SCALE ? from * pow(to / from, part)
                                                      : from + part * (to - from);
    }
    v->count = status == NN_OK ? points : 0;
    return status;
}

nn_status nn_invariance_measure(nn_explainer *e, const nn_frame *frame, nn_invariance_kind kind,
                                const nn_invariance_settings *settings, nn_invariance *v,
                                nn_explain_progress *progress, void *ctx, nn_error *err)
{
    static const nn_invariance_settings none = {.first = -1, .last = -1, .label = -1};
    const nn_invariance_settings *s = settings ? settings : &none;
    measuring m = {.e = e};
    v->kind = kind;
    nn_status status = place_points(v, s, err);
    if (status == NN_OK)
        status = begin(&m, frame, s, v, err);
    for (int i = 0; i < v->count && status == NN_OK; i++)
        if (progress && !progress(ctx, i, v->count))
            v->count = i;
        else
            status = measure_point(&m, v, i, err);
    if (status == NN_OK && progress && v->count > 0)
        progress(ctx, v->count, v->count);
    release(&m);
    return status;
}
