// SPDX-License-Identifier: MIT
// Occlusion maps: the picture with a grey square at one position after the other.
#include "nn/explain/occlusion_maps.h"

#include "nn/base/memory.h"
#include "nn/explain/class_scores.h"
#include "nn/explain/explain_internal.h"
#include "nn/vision/scores.h"

#include <math.h>
#include <string.h>

void nn_occlusion_maps_release(nn_occlusion_maps *m)
{
    nn_free(m->probability);
    nn_free(m->activation);
    nn_free(m->best);
    *m = (nn_occlusion_maps){0};
}

// Positions along an axis: every stride, and one at the end.
static int count_positions(int size, int patch, int stride)
{
    return size <= patch ? 1 : 1 + (int)nn_divide_up(size - patch, stride);
}

nn_patch nn_occlusion_square(const nn_occlusion_maps *m, int row, int column)
{
    const int y = (int)nn_max(nn_min(row * m->stride, m->input_h - m->patch), 0);
    const int x = (int)nn_max(nn_min(column * m->stride, m->input_w - m->patch), 0);
    return (nn_patch){.x0 = x,
                      .y0 = y,
                      .x1 = (int)nn_min(x + m->patch, m->input_w),
                      .y1 = (int)nn_min(y + m->patch, m->input_h)};
}

static nn_status make_room(nn_occlusion_maps *m, nn_error *err)
{
    const int need = m->rows * m->columns;
    if (m->capacity >= need)
        return NN_OK;
    nn_free(m->probability);
    nn_free(m->activation);
    nn_free(m->best);
    m->probability = nn_calloc((size_t)need, sizeof *m->probability);
    m->activation = nn_calloc((size_t)need, sizeof *m->activation);
    m->best = nn_calloc((size_t)need, sizeof *m->best);
    m->capacity = m->probability && m->activation && m->best ? need : 0;
    return m->capacity ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for %d positions", need);
}

static nn_status choose_squares(const nn_explainer *e, const nn_occlusion_settings *s,
                                nn_occlusion_maps *m, nn_error *err)
{
    const int side = e->plan_h < e->plan_w ? e->plan_h : e->plan_w;
    m->input_h = e->plan_h;
    m->input_w = e->plan_w;
    m->patch = s->patch ? s->patch : (int)nn_max(side / 4, 1);
    m->stride = s->stride ? s->stride : (int)nn_max(m->patch / 6, 1);
    if (m->patch < 1 || m->stride < 1 || m->patch > NN_EXPLAIN_MAX_SIDE)
        return nn_fail(err, NN_EINVAL, "a square of %d pixels every %d: both must be at least 1",
                       m->patch, m->stride);
    m->rows = count_positions(m->input_h, m->patch, m->stride);
    m->columns = count_positions(m->input_w, m->patch, m->stride);
    return make_room(m, err);
}

// The sum of a feature map over its cells.
static float total_of(const nn_explainer *e, int layer, int channel)
{
    const nn_tensor *v = nn_explainer_values(e, layer);
    const int64_t cells = nn_shape_span(&v->shape, 2, v->shape.rank);
    const float *x = nn_tensor_f32(v) + channel * cells;
    double sum = 0;
    for (int64_t i = 0; i < cells; i++)
        sum += (double)x[i];
    return (float)sum;
}

// What is followed: the strongest feature map and class of the whole picture.
static nn_status choose_followed(const nn_explainer *e, const nn_occlusion_settings *s,
                                 nn_occlusion_maps *m, float *scores, nn_error *err)
{
    const int classes = nn_explainer_classes(e);
    m->layer = s->layer >= 0 ? s->layer : nn_explainer_default_layer(e);
    if (m->layer < 0 || m->layer >= nn_explainer_layer_count(e))
        return nn_fail(err, NN_EINVAL, "no layer %d: there are %d, counted from 0", m->layer,
                       nn_explainer_layer_count(e));
    if (s->label >= classes)
        return nn_fail(err, NN_EINVAL, "no class %d: there are %d, counted from 0", s->label,
                       classes);
    m->channel = 0;
    m->whole_activation = total_of(e, m->layer, 0);
    for (int c = 1; c < nn_explainer_layer(e, m->layer).channels; c++) {
        const float total = total_of(e, m->layer, c);
        if (total > m->whole_activation) {
            m->whole_activation = total;
            m->channel = c;
        }
    }
    nn_explainer_class_scores(e, scores);
    m->label = s->label;
    if (m->label < 0 && classes > 0)
        nn_scores_best(scores, classes, &m->label, 1);
    m->whole_probability = m->label >= 0 ? scores[m->label] : 0;
    return NN_OK;
}

static int best_class(const nn_explainer *e, const float *scores)
{
    int best = -1;
    if (nn_explainer_classes(e) > 0)
        nn_scores_best(scores, nn_explainer_classes(e), &best, 1);
    return best >= 0 && scores[best] > 0 ? best : -1;
}

// The input as it was seen, with a square of the colour 0.5 grey.
static void cover(nn_explainer *e, const nn_patch *square)
{
    const nn_card *card = &e->model->card;
    const size_t plane = (size_t)e->plan_h * (size_t)e->plan_w;
    float *x = nn_tensor_f32(nn_plan_input(e->plan, 0));
    memcpy(x, e->picture.data, 3 * plane * sizeof *x);
    for (int c = 0; c < 3 && square; c++) {
        const int colour = card->bgr ? 2 - c : c;
        const float grey = (0.5f - card->mean[colour]) / card->std[colour];
        for (int row = square->y0; row < square->y1; row++)
            for (int column = square->x0; column < square->x1; column++)
                x[(size_t)c * plane + (size_t)row * (size_t)e->plan_w + (size_t)column] = grey;
    }
}

static nn_status measure(nn_explainer *e, nn_occlusion_maps *m, int at, float *scores,
                         nn_error *err)
{
    const nn_patch square = nn_occlusion_square(m, at / m->columns, at % m->columns);
    cover(e, &square);
    const nn_status status = nn_explainer_rerun(e, err);
    if (status != NN_OK)
        return status;
    nn_explainer_class_scores(e, scores);
    m->probability[at] = m->label >= 0 ? scores[m->label] : 0;
    m->activation[at] = total_of(e, m->layer, m->channel);
    m->best[at] = best_class(e, scores);
    return NN_OK;
}

nn_status nn_occlusion_measure(nn_explainer *e, const nn_occlusion_settings *settings,
                               nn_occlusion_maps *m, nn_explain_progress *progress, void *ctx,
                               nn_error *err)
{
    static const nn_occlusion_settings none = {.layer = -1, .label = -1};
    const nn_occlusion_settings *s = settings ? settings : &none;
    if (!e->seen)
        return nn_fail(err, NN_EINVAL, "no picture was seen");
    float *scores = nn_calloc((size_t)nn_explainer_classes(e) + 1, sizeof *scores);
    nn_status status =
        scores ? choose_squares(e, s, m, err) : nn_fail(err, NN_ENOMEM, "no memory for classes");
    if (status == NN_OK)
        status = choose_followed(e, s, m, scores, err);
    if (status != NN_OK)
        goto done;
    const int positions = m->rows * m->columns, best = best_class(e, scores);
    for (int i = 0; i < positions; i++) {
        m->probability[i] = m->whole_probability;
        m->activation[i] = m->whole_activation;
        m->best[i] = best;
    }
    for (int i = 0; i < positions && status == NN_OK && (!progress || progress(ctx, i, positions));
         i++)
        status = measure(e, m, i, scores, err);
    if (status == NN_OK && progress)
        progress(ctx, positions, positions);
    cover(e, NULL);
    if (status == NN_OK)
        status = nn_explainer_rerun(e, err);
done:
    nn_free(scores);
    return status;
}
