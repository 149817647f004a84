// SPDX-License-Identifier: MIT
// Sums over pictures for each channel of each layer.
#include "nn/explain/channel_use.h"

#include "nn/base/memory.h"
#include "nn/explain/explain_internal.h"
#include "nn/ops/ops.h"

#include <math.h>

#define NEAR 0.01f      // to a limit
#define SATURATED 0.95f // part of the values

typedef struct channel_sums {
    float least, most;
    double sum, squares;
    int64_t count, zeros, low, high; // values; at the lower and the upper limit
} channel_sums;

typedef struct layer_use {
    int first, channels;
    bool relu;      // never below 0
    bool low, high; // there are limits
    float lower, upper;
} layer_use;

struct nn_channel_use {
    const nn_explainer *e;
    layer_use *layers;
    channel_sums *sums; // of all channels of all layers
    int layer_count;
    int64_t pictures;
};

static void limit(layer_use *l, bool low, float lower, float upper)
{
    l->low = low;
    l->high = true;
    l->lower = lower;
    l->upper = upper;
}

static void find_limits(layer_use *l, const nn_node_info *node)
{
    const nn_pointwise_params *p = node->params;
    if (node->op == &nn_op_sigmoid)
        limit(l, true, 0, 1);
    l->relu = node->op == &nn_op_relu;
    if (node->op != &nn_op_pointwise)
        return;
    if (p->kind == NN_POINTWISE_TANH || p->kind == NN_POINTWISE_SOFTSIGN)
        limit(l, true, -1, 1);
    if (p->kind == NN_POINTWISE_HARD_SIGMOID)
        limit(l, true, 0, 1);
    if (p->kind == NN_POINTWISE_CLIP && isfinite(p->b) && p->b < 1e6f) {
        l->relu = p->a == 0;
        limit(l, p->a != 0 && p->a > -1e6f, p->a, p->b);
    }
}

nn_status nn_channel_use_new(nn_channel_use **out, const nn_explainer *e, nn_error *err)
{
    *out = NULL;
    const int layers = nn_explainer_layer_count(e);
    size_t channels = 0;
    nn_channel_use *u = nn_calloc(1, sizeof *u);
    if (!u)
        return nn_fail(err, NN_ENOMEM, "no memory for channels");
    *u = (nn_channel_use){.e = e, .layer_count = layers};
    u->layers = nn_calloc((size_t)layers + 1, sizeof *u->layers);
    for (int i = 0; i < layers && u->layers; i++) {
        const nn_value_info v = nn_graph_value(e->model->graph, e->layers[i]);
        const nn_node_info node = nn_graph_node_at(e->model->graph, v.index);
        u->layers[i].first = (int)channels;
        u->layers[i].channels = nn_explainer_layer(e, i).channels;
        find_limits(&u->layers[i], &node);
        channels += (size_t)u->layers[i].channels;
    }
    u->sums = nn_calloc(channels + 1, sizeof *u->sums);
    if (!u->layers || !u->sums) {
        nn_channel_use_free(u);
        return nn_fail(err, NN_ENOMEM, "no memory for %zu channels", channels);
    }
    *out = u;
    return NN_OK;
}

void nn_channel_use_free(nn_channel_use *u)
{
    if (!u)
        return;
    nn_free(u->layers);
    nn_free(u->sums);
    nn_free(u);
}

static void add_values(channel_sums *s, const layer_use *l, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float v = x[i];
        s->least = s->count + i == 0 || v < s->least ? v : s->least;
        s->most = s->count + i == 0 || v > s->most ? v : s->most;
        s->sum += (double)v;
        s->squares += (double)v * (double)v;
        s->zeros += v == 0;
        s->low += l->low && v <= l->lower + NEAR;
        s->high += l->high && v >= l->upper - NEAR;
    }
    s->count += n;
}

void nn_channel_use_add(nn_channel_use *u)
{
    for (int i = 0; i < u->layer_count; i++) {
        const layer_use *l = &u->layers[i];
        const nn_tensor *v = nn_explainer_values(u->e, i);
        const int64_t cells = nn_shape_span(&v->shape, 2, v->shape.rank);
        for (int c = 0; c < l->channels; c++)
            add_values(&u->sums[l->first + c], l, nn_tensor_f32(v) + c * cells, cells);
    }
    u->pictures++;
}

int64_t nn_channel_use_pictures(const nn_channel_use *u)
{
    return u->pictures;
}

nn_channel_facts nn_channel_use_facts(const nn_channel_use *u, int layer, int channel)
{
    const layer_use *l = &u->layers[layer];
    const channel_sums *s = &u->sums[l->first + channel];
    if (s->count == 0)
        return (nn_channel_facts){0};
    const double n = (double)s->count, mean = s->sum / n;
    const int64_t limit = s->low > s->high ? s->low : s->high;
    nn_channel_facts f = {.least = s->least,
                          .most = s->most,
                          .mean = (float)mean,
                          .deviation = (float)sqrt(fmax(s->squares / n - mean * mean, 0)),
                          .zeros = (float)((double)s->zeros / n),
                          .at_limit = (float)((double)(s->low + s->high) / n)};
    f.saturated = (float)((double)limit / n) >= SATURATED;
    f.dead = !f.saturated && ((s->least == s->most && s->count > 1) || (l->relu && s->most <= 0));
    return f;
}

int nn_channel_use_dead(const nn_channel_use *u, int layer, int *saturated)
{
    int dead = 0, full = 0;
    for (int c = 0; c < u->layers[layer].channels; c++) {
        const nn_channel_facts f = nn_channel_use_facts(u, layer, c);
        dead += f.dead;
        full += f.saturated;
    }
    if (saturated)
        *saturated = full;
    return dead;
}
