// SPDX-License-Identifier: MIT
// Finds the numbers of a detector's outputs that the scores of boxes were made of, for any decoder:
// it changes ranges of them, decodes again, and halves those that change the scores.
#include "nn/explain/explain_boxes.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

enum { MOST_CELLS = 16, MOST_NUMBERS = 2048 };

typedef struct probe {
    nn_explainer *e;
    nn_explain_seeds *seeds;
    nn_decode_options options;
    nn_box chosen[MOST_CELLS];
    int chosen_count, found;
    double base;  // T of the outputs as they are
    float *saved; // as large as the largest output
} probe;

static double logit(double p)
{
    const double limit = 1e-7; // a float cannot tell more
    p = p < limit ? limit : p > 1 - limit ? 1 - limit : p;
    return log(p / (1 - p));
}

static void decode(probe *p)
{
    nn_candidates_clear(p->e->candidates);
    p->e->decoder->decode(p->e->decoder, p->e->output, p->e->output_count, 0, &p->e->letterbox,
                          &p->options, p->e->candidates);
}

static double apart(const nn_box *a, const nn_box *b)
{
    return fabs((double)a->x0 - (double)b->x0) + fabs((double)a->y0 - (double)b->y0) +
           fabs((double)a->x1 - (double)b->x1) + fabs((double)a->y1 - (double)b->y1) +
           fabs((double)a->score - (double)b->score);
}

// The sum of the logits of the chosen boxes, each as the box that is now nearest to it.
static double sum_scores(probe *p)
{
    double sum = 0;
    decode(p);
    for (int i = 0; i < p->chosen_count; i++) {
        const nn_box *near = NULL;
        for (int k = 0; k < nn_candidates_count(p->e->candidates); k++) {
            const nn_box *b = nn_candidates_at(p->e->candidates, k);
            if (b->label == p->chosen[i].label &&
                (!near || apart(b, &p->chosen[i]) < apart(near, &p->chosen[i])))
                near = b;
        }
        sum += near ? logit((double)near->score) : logit(0);
    }
    return sum;
}

// T once numbers [from, to) of an output are changed by so much of their size.
static double changed(probe *p, int output, int64_t from, int64_t to, float part)
{
    float *x = nn_tensor_f32(&p->e->output[output].tensor);
    const size_t bytes = (size_t)(to - from) * sizeof *x;
    memcpy(p->saved, x + from, bytes);
    for (int64_t i = from; i < to; i++)
        x[i] += part * fmaxf(fabsf(x[i]), 0.5f);
    const double sum = sum_scores(p);
    memcpy(x + from, p->saved, bytes);
    return sum;
}

// How much T grows with a number.
static double slope_at(probe *p, int output, int64_t i)
{
    const float part = 2e-3f, x = nn_tensor_f32(&p->e->output[output].tensor)[i];
    const double step = 2 * (double)part * (double)fmaxf(fabsf(x), 0.5f);
    const double slope =
        (changed(p, output, i, i + 1, part) - changed(p, output, i, i + 1, -part)) / step;
    return fabs(slope - 1) < 2e-3 ? 1 : slope; // a logit that is the score's own
}

static void search(probe *p, int output, float *weight, int64_t from, int64_t to)
{
    if (p->found >= MOST_NUMBERS || changed(p, output, from, to, -0.05f) == p->base)
        return;
    if (to - from > 1) {
        const int64_t middle = from + (to - from) / 2;
        search(p, output, weight, from, middle);
        search(p, output, weight, middle, to);
        return;
    }
    const double slope = slope_at(p, output, from);
    weight[from] = isfinite(slope) ? (float)slope : 0;
    p->found++;
}

static nn_status search_all(probe *p, nn_error *err)
{
    nn_explainer *e = p->e;
    size_t most = 0;
    for (int i = 0; i < e->output_count; i++) {
        const size_t n = (size_t)nn_shape_count(&e->output[i].tensor.shape);
        most = n > most ? n : most;
    }
    nn_status status = nn_floats_need(&e->work, most, err);
    p->saved = e->work.data;
    p->base = status == NN_OK ? sum_scores(p) : 0;
    for (int i = 0; i < e->output_count && status == NN_OK; i++) {
        const int before = p->found;
        status = nn_explain_add_start(e, p->seeds, nn_graph_output_at(e->model->graph, i), err);
        if (status != NN_OK)
            return status;
        search(p, i, p->seeds->weight[p->seeds->count - 1], 0,
               nn_shape_count(&e->output[i].tensor.shape));
        if (p->found == before) // not of this output
            p->seeds->count--;
    }
    if (status == NN_OK && p->found == 0)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "head '%s' does not show which cells gave the box: its score is full",
                       e->decoder->name);
    return status;
}

static bool is_same(const nn_box *a, const nn_box *b)
{
    return a->label == b->label && a->score == b->score && a->x0 == b->x0 && a->y0 == b->y0 &&
           a->x1 == b->x1 && a->y1 == b->y1;
}

// The best boxes of a class, or with class -1 the best one and its class.
static void choose_class(probe *p, int channel, float threshold)
{
    decode(p);
    p->chosen_count = 0;
    for (int k = 0; k < nn_candidates_count(p->e->candidates); k++) {
        nn_box b = *nn_candidates_at(p->e->candidates, k);
        if (b.label != channel || b.score < threshold)
            continue;
        for (int i = 0; i < p->chosen_count; i++)
            if (b.score > p->chosen[i].score) {
                const nn_box moved = p->chosen[i];
                p->chosen[i] = b;
                b = moved;
            }
        if (p->chosen_count < MOST_CELLS)
            p->chosen[p->chosen_count++] = b;
    }
}

static int best_class(const nn_explainer *e)
{
    const nn_result *r = &e->result;
    return r->count > 0 ? r->boxes[0].label : 0;
}

static nn_status choose(probe *p, const nn_explain_target *t, int channel, nn_error *err)
{
    const nn_result *r = &p->e->result;
    if (t->box >= 0) {
        if (t->box >= r->count)
            return nn_fail(err, NN_EINVAL, "no box %d: %d were found, counted from 0", t->box,
                           r->count);
        p->chosen[0] = r->boxes[t->box];
        p->chosen[0].track_id = 0;
        p->chosen_count = 1;
        decode(p);
        for (int k = 0; k < nn_candidates_count(p->e->candidates); k++)
            if (is_same(nn_candidates_at(p->e->candidates, k), &p->chosen[0]))
                return NN_OK;
        return nn_fail(err, NN_EINVAL, "box %d is not one of the last picture", t->box);
    }
    p->options.threshold = p->e->threshold;
    choose_class(p, channel, p->e->threshold);
    if (p->chosen_count > 0)
        return NN_OK;
    p->options.threshold = 1e-6f; // the best cell of all
    choose_class(p, channel, 0);
    p->chosen_count = p->chosen_count > 1 ? 1 : p->chosen_count;
    return p->chosen_count > 0
               ? NN_OK
               : nn_fail(err, NN_EINVAL, "no cell gives a box of class %d", channel);
}

nn_status nn_explain_find_boxes(nn_explainer *e, const nn_explain_target *t, nn_explain_seeds *s,
                                nn_error *err)
{
    probe p = {.e = e, .seeds = s};
    const int channel = t->box >= 0 && t->box < e->result.count ? e->result.boxes[t->box].label
                        : t->channel >= 0                       ? t->channel
                                                                : best_class(e);
    if (channel >= e->classes)
        return nn_fail(err, NN_EINVAL, "no class %d: there are %d, counted from 0", channel,
                       e->classes);
    bool *mask = nn_calloc((size_t)e->classes, sizeof *mask);
    if (!mask)
        return nn_fail(err, NN_ENOMEM, "no memory for the classes");
    mask[channel] = true;
    p.options =
        (nn_decode_options){.threshold = e->threshold, .classes = e->classes, .label_mask = mask};
    nn_status status = choose(&p, t, channel, err);
    if (status == NN_OK) {
        p.options.threshold = 0.5f * p.chosen[p.chosen_count - 1].score;
        status = search_all(&p, err);
    }
    s->channel = channel;
    nn_free(mask);
    return status;
}
