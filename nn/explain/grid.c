// SPDX-License-Identifier: MIT
// Grids of feature maps and filters.
#include "nn/explain/grid.h"

#include "nn/base/memory.h"
#include "nn/explain/explain_internal.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void nn_explain_grid_release(nn_explain_grid *g)
{
    nn_free(g->data);
    nn_free(g->channel);
    nn_free(g->input);
    nn_free(g->score);
    *g = (nn_explain_grid){0};
}

// Makes room for `count` tiles of the grid's size.
static nn_status make_room(nn_explain_grid *g, int count, nn_error *err)
{
    const size_t need = (size_t)count * (size_t)g->planes * (size_t)g->height * (size_t)g->width;
    if (g->tiles < (size_t)count) {
        nn_free(g->channel);
        nn_free(g->input);
        nn_free(g->score);
        g->channel = nn_calloc((size_t)count, sizeof *g->channel);
        g->input = nn_calloc((size_t)count, sizeof *g->input);
        g->score = nn_calloc((size_t)count, sizeof *g->score);
        g->tiles = g->channel && g->input && g->score ? (size_t)count : 0;
    }
    if (g->capacity < need) {
        nn_free(g->data);
        g->data = nn_calloc(need, sizeof *g->data);
        g->capacity = g->data ? need : 0;
    }
    g->count = count;
    return g->tiles >= (size_t)count && g->capacity >= need
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for a grid of %d tiles", count);
}

typedef struct scored {
    float score;
    int channel;
} scored;

static int falling(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score)
                                : x->channel - y->channel;
}

// Writes the chosen channels and their scores into the grid. `score` has one for each channel.
static nn_status choose(nn_explain_grid *g, const nn_grid_choice *choice, const float *score,
                        int channels, nn_error *err)
{
    static const nn_grid_choice all = {0};
    const nn_grid_choice *c = choice ? choice : &all;
    const int count = c->channels || (c->count > 0 && c->count < channels) ? c->count : channels;
    scored *list = nn_calloc((size_t)channels + 1, sizeof *list);
    nn_status status = list ? make_room(g, count, err)
                            : nn_fail(err, NN_ENOMEM, "no memory for %d channels", channels);
    for (int i = 0; i < channels && status == NN_OK; i++)
        list[i] = (scored){score[i], i};
    if (status == NN_OK && !c->channels && c->order == NN_GRID_STRONGEST)
        qsort(list, (size_t)channels, sizeof *list, falling);
    for (int i = 0; i < count && status == NN_OK; i++) {
        const int channel = c->channels ? c->channels[i] : list[i].channel;
        if (channel < 0 || channel >= channels) {
            status = nn_fail(err, NN_EINVAL, "no channel %d: there are %d, counted from 0", channel,
                             channels);
            break;
        }
        g->channel[i] = channel;
        g->input[i] = -1;
        g->score[i] = score[channel];
    }
    nn_free(list);
    return status;
}

static nn_status check_layer(const nn_explainer *e, int layer, nn_error *err)
{
    const int layers = nn_explainer_layer_count(e);
    return layer >= 0 && layer < layers
               ? NN_OK
               : nn_fail(err, NN_EINVAL, "no layer %d: there are %d, counted from 0", layer,
                         layers);
}

nn_status nn_explain_features(nn_explainer *e, int layer, const nn_grid_choice *choice,
                              nn_explain_grid *g, nn_error *err)
{
    nn_status status = check_layer(e, layer, err);
    if (status == NN_OK && !e->seen)
        status = nn_fail(err, NN_EINVAL, "no picture was seen");
    if (status != NN_OK)
        return status;
    const nn_tensor *v = nn_explainer_values(e, layer);
    const int channels = (int)v->shape.dim[1];
    g->planes = 1;
    g->height = v->shape.rank == 4 ? (int)v->shape.dim[2] : 1;
    g->width = v->shape.rank == 4 ? (int)v->shape.dim[3] : 1;
    const size_t cells = (size_t)g->height * (size_t)g->width;
    float *score = nn_calloc((size_t)channels + 1, sizeof *score);
    if (!score)
        return nn_fail(err, NN_ENOMEM, "no memory for %d channels", channels);
    for (int c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t i = 0; i < cells; i++)
            sum += fmax((double)nn_tensor_f32(v)[(size_t)c * cells + i], 0);
        score[c] = (float)(sum / (double)cells);
    }
    status = choose(g, choice, score, channels, err);
    for (int i = 0; i < g->count && status == NN_OK; i++)
        memcpy(g->data + (size_t)i * cells, nn_tensor_f32(v) + (size_t)g->channel[i] * cells,
               cells * sizeof *g->data);
    nn_free(score);
    return status;
}

// The convolution that a value is made of by norms and activations alone; false when none is.
static bool find_conv(const nn_graph *g, nn_value v, nn_node_info *conv)
{
    for (nn_value_info info = nn_graph_value(g, v); info.kind == NN_VALUE_NODE;
         info = nn_graph_value(g, v)) {
        *conv = nn_graph_node_at(g, info.index);
        if (conv->op == &nn_op_conv2d)
            return true;
        if (conv->op != &nn_op_batch_norm && conv->op != &nn_op_dropout &&
            conv->op != &nn_op_local_response_norm &&
            nn_act_of_node(conv->op, conv->params) == NN_ACT_NONE)
            return false;
        v = conv->in[0];
    }
    return false;
}

static double norm_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

// Copies filter i: all three planes in the order R, G, B, or the strongest one.
static void put_filter(nn_explain_grid *g, int i, const nn_tensor *weight, bool bgr)
{
    const size_t plane = (size_t)g->height * (size_t)g->width;
    const size_t inputs = (size_t)weight->shape.dim[1];
    const float *from = nn_tensor_f32(weight) + (size_t)g->channel[i] * inputs * plane;
    float *to = g->data + (size_t)i * (size_t)g->planes * plane;
    if (g->planes == 3) {
        for (size_t c = 0; c < 3; c++)
            memcpy(to + c * plane, from + (bgr ? 2 - c : c) * plane, plane * sizeof *to);
        return;
    }
    size_t best = 0;
    for (size_t k = 1; k < inputs; k++)
        if (norm_of(from + k * plane, plane) > norm_of(from + best * plane, plane))
            best = k;
    g->input[i] = (int)best;
    memcpy(to, from + best * plane, plane * sizeof *to);
}

nn_status nn_explain_filters(nn_explainer *e, int layer, const nn_grid_choice *choice,
                             nn_explain_grid *g, nn_error *err)
{
    const nn_graph *graph = e->model->graph;
    nn_node_info conv;
    nn_status status = check_layer(e, layer, err);
    if (status != NN_OK)
        return status;
    const char *name = nn_explainer_layer(e, layer).name;
    const bool found = find_conv(graph, e->layers[layer], &conv);
    const bool computed =
        found && nn_graph_value(graph, conv.in[1]).kind != NN_VALUE_PARAM; // elastic kernels
    const nn_tensor *weight = found ? nn_plan_value(e->plan, conv.in[1]) : NULL;
    if (computed && !e->seen)
        return nn_fail(err, NN_EINVAL, "no picture was seen, and the filters of '%s' depend on it",
                       name);
    if (!weight || weight->shape.dim[2] * weight->shape.dim[3] < 2)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "'%s' has no filters to look at: it is no convolution of more than one "
                       "pixel",
                       name);
    const nn_shape *s = &weight->shape;
    const bool picture = conv.in[0] == nn_graph_input_at(graph, 0) && s->dim[1] == 3;
    g->planes = picture ? 3 : 1;
    g->height = (int)s->dim[2];
    g->width = (int)s->dim[3];
    const int channels = (int)s->dim[0];
    const size_t each = (size_t)nn_shape_span(s, 1, 4);
    float *score = nn_calloc((size_t)channels + 1, sizeof *score);
    if (!score)
        return nn_fail(err, NN_ENOMEM, "no memory for %d filters", channels);
    for (int c = 0; c < channels; c++)
        score[c] = (float)norm_of(nn_tensor_f32(weight) + (size_t)c * each, each);
    status = choose(g, choice, score, channels, err);
    for (int i = 0; i < g->count && status == NN_OK; i++)
        put_filter(g, i, weight, e->model->card.bgr);
    nn_free(score);
    return status;
}
