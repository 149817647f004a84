// SPDX-License-Identifier: MIT
// Turns what a user wants explained into weights of values: cells of layers, classes.
#include "nn/explain/explain_internal.h"

#include "nn/base/memory.h"
#include "nn/explain/explain_boxes.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A value seen as channels of maps, one cell each for vectors.
typedef struct maps {
    int64_t channels, h, w;
} maps;

static maps maps_of(const nn_shape *s)
{
    return s->rank == 4 ? (maps){s->dim[1], s->dim[2], s->dim[3]}
                        : (maps){s->rank > 1 ? s->dim[1] : 1, 1, s->rank > 2 ? s->dim[2] : 1};
}

// --- a layer ---

static int falling(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

// Leaves weight 1 to the `most` largest values that have it; of equal ones to the first.
static nn_status keep_strongest(const float *x, float *weight, int64_t n, int most, nn_error *err)
{
    float *chosen = nn_alloc((size_t)n * sizeof *chosen);
    int64_t count = 0, above = 0;
    if (!chosen)
        return nn_fail(err, NN_ENOMEM, "no memory to sort %lld values", (long long)n);
    for (int64_t i = 0; i < n; i++)
        if (weight[i] != 0 && !isnan(x[i]))
            chosen[count++] = x[i];
    if (count > most) {
        qsort(chosen, (size_t)count, sizeof *chosen, falling);
        const float limit = chosen[most - 1];
        for (int64_t i = 0; i < n; i++)
            above += weight[i] != 0 && x[i] > limit;
        for (int64_t i = 0; i < n; i++) {
            const bool equal = weight[i] != 0 && x[i] == limit && above < most;
            above += equal;
            weight[i] = weight[i] != 0 && (x[i] > limit || equal);
        }
    }
    nn_free(chosen);
    return NN_OK;
}

static nn_status choose_cells(nn_explainer *e, const nn_explain_target *t, nn_value v,
                              nn_explain_seeds *s, nn_error *err)
{
    const maps m = maps_of(nn_plan_shape(e->plan, v));
    const float *x = nn_tensor_f32(nn_plan_value(e->plan, v));
    const char *name = nn_graph_value(e->model->graph, v).name;
    if (t->channel >= m.channels)
        return nn_fail(err, NN_EINVAL, "no channel %d: '%s' has %lld, counted from 0", t->channel,
                       name, (long long)m.channels);
    if (t->y >= m.h || t->x >= m.w)
        return nn_fail(err, NN_EINVAL, "no cell %d,%d: '%s' has %lldx%lld, counted from 0", t->x,
                       t->y, name, (long long)m.w, (long long)m.h);
    const nn_status status = nn_explain_add_start(e, s, v, err);
    if (status != NN_OK)
        return status;
    float *weight = s->weight[s->count - 1];
    for (int64_t c = 0; c < m.channels; c++)
        for (int64_t y = 0; y < m.h; y++)
            for (int64_t i = 0; i < m.w; i++)
                weight[(c * m.h + y) * m.w + i] = (t->channel < 0 || t->channel == c) &&
                                                  (t->y < 0 || t->y == y) &&
                                                  (t->x < 0 || t->x == i);
    s->channel = t->channel;
    return t->strongest > 0 ? keep_strongest(x, weight, m.channels * m.h * m.w, t->strongest, err)
                            : NN_OK;
}

// --- an output ---

// The value that an output normalises: logits instead of probabilities.
static nn_value find_logits(const nn_explainer *e, nn_value v)
{
    const nn_graph *g = e->model->graph;
    for (nn_value_info info = nn_graph_value(g, v); info.kind == NN_VALUE_NODE;
         info = nn_graph_value(g, v)) {
        const nn_node_info node = nn_graph_node_at(g, info.index);
        const nn_pointwise_params *p = node.params;
        const bool log = node.op == &nn_op_pointwise && p->kind == NN_POINTWISE_LOG;
        if (!log && node.op != &nn_op_softmax && node.op != &nn_op_sigmoid)
            break;
        v = node.in[0];
    }
    return v;
}

static int strongest_class(const nn_explainer *e, nn_value v)
{
    const maps m = maps_of(nn_plan_shape(e->plan, v));
    const float *x = nn_tensor_f32(nn_plan_value(e->plan, v));
    int64_t best = 0;
    for (int64_t i = 1; i < m.channels * m.h * m.w; i++)
        best = x[i] > x[best] || isnan(x[best]) ? i : best;
    return (int)(best / (m.h * m.w));
}

// Of a map of classes: the cells at which the class is the strongest, else (it is nowhere) all.
static void keep_where_best(const nn_explainer *e, const nn_explain_seeds *s, int channel)
{
    const maps m = maps_of(nn_plan_shape(e->plan, s->from[0]));
    const float *x = nn_tensor_f32(nn_plan_value(e->plan, s->from[0]));
    const int64_t cells = m.h * m.w;
    float *weight = s->weight[0] + channel * cells;
    int64_t kept = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < cells; i++) {
            bool best = true;
            for (int64_t c = 0; c < m.channels && best; c++)
                best = !(x[c * cells + i] > x[channel * cells + i]);
            kept += best;
            if (pass == 1)
                weight[i] = best;
        }
        if (kept == 0)
            return;
    }
}

static nn_status choose_output(nn_explainer *e, const nn_explain_target *t, nn_explain_seeds *s,
                               nn_error *err)
{
    const nn_value v = find_logits(e, nn_graph_output_at(e->model->graph, 0));
    nn_explain_target one = *t;
    if (!nn_plan_value(e->plan, v))
        return nn_fail(err, NN_EUNSUPPORTED, "the output does not depend on the picture");
    if (one.channel < 0)
        one.channel = strongest_class(e, v);
    nn_status status = choose_cells(e, &one, v, s, err);
    if (status == NN_OK && e->decoder && e->decoder->paint && t->y < 0 && t->x < 0)
        keep_where_best(e, s, one.channel);
    return status;
}

nn_status nn_explain_find_seeds(nn_explainer *e, const nn_explain_target *t, nn_explain_seeds *s,
                                nn_error *err)
{
    *s = (nn_explain_seeds){.channel = -1};
    if (t->layer >= e->layer_count)
        return nn_fail(err, NN_EINVAL, "no layer %d: there are %d, counted from 0", t->layer,
                       e->layer_count);
    if (t->layer >= 0)
        return choose_cells(e, t, e->layers[t->layer], s, err);
    const bool boxes = e->decoder && e->decoder->decode && !e->decoder->whole_frame;
    return boxes ? nn_explain_find_boxes(e, t, s, err) : choose_output(e, t, s, err);
}
