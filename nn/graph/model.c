// SPDX-License-Identifier: MIT
// Models: the parameters of a graph and their initial values.
#include "nn/graph/model_internal.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <math.h>
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

static const char *param_name(const nn_model *m, int i)
{
    return nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
}

static nn_param_kind param_kind(const nn_model *m, int i)
{
    return nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).param;
}

static void fill(nn_tensor *t, float value)
{
    float *p = nn_tensor_f32(t);
    for (int64_t i = 0, n = nn_shape_count(&t->shape); i < n; i++)
        p[i] = value;
}

nn_status nn_model_new_part(nn_model **out, nn_graph *graph, const int *from, nn_error *err)
{
    *out = NULL;
    nn_model *m = nn_calloc(1, sizeof *m);
    if (!m) {
        nn_graph_free(graph);
        return nn_fail(err, NN_ENOMEM, "no memory for a model");
    }
    m->graph = graph;
    nn_status status = nn_graph_check(graph, err);
    int count = nn_graph_param_count(graph);
    if (!status && !(m->params = nn_calloc((size_t)count, sizeof *m->params)))
        status = nn_fail(err, NN_ENOMEM, "no memory for %d parameters", count);
    for (int i = 0; !status && i < count; i++) {
        nn_value_info info = nn_graph_value(graph, nn_graph_param_at(graph, i));
        if (from && from[i] >= 0)
            continue;
        status = nn_tensor_init(&m->params[i], NN_F32, info.shape, err);
        bool scale = info.param == NN_PARAM_BIAS && ends_with(info.name, "weight");
        if (!status && (scale || ends_with(info.name, "running_var")))
            fill(&m->params[i], 1);
    }
    if (status) {
        nn_model_free(m);
        return status;
    }
    *out = m;
    return NN_OK;
}

nn_status nn_model_new(nn_model **out, nn_graph *graph, nn_error *err)
{
    return nn_model_new_part(out, graph, NULL, err);
}

void nn_model_free(nn_model *m)
{
    if (!m)
        return;
    for (int i = 0; m->params && i < nn_graph_param_count(m->graph); i++)
        nn_tensor_release(&m->params[i]);
    nn_free(m->params);
    nn_free(m->fixed_inputs);
    nn_tail_free(m->tail);
    nn_card_release(&m->card);
    nn_graph_free(m->graph);
    nn_free(m);
}

nn_status nn_model_copy_bounds(nn_model *to, const nn_model *from, nn_error *err)
{
    const size_t count = (size_t)nn_graph_input_count(from->graph);
    to->tail = nn_tail_share(from->tail);
    if (!from->fixed_inputs)
        return NN_OK;
    to->fixed_inputs = nn_calloc(count, sizeof *to->fixed_inputs);
    if (!to->fixed_inputs)
        return nn_fail(err, NN_ENOMEM, "no memory to copy the graph");
    memcpy(to->fixed_inputs, from->fixed_inputs, count * sizeof *to->fixed_inputs);
    return NN_OK;
}

nn_tensor *nn_model_param(nn_model *m, const char *name)
{
    int i = nn_graph_find_param(m->graph, name);
    return i < 0 ? NULL : &m->params[i];
}

static void init_weight(nn_tensor *t, const char *name, uint64_t seed)
{
    float *p = nn_tensor_f32(t);
    int64_t n = nn_shape_count(&t->shape), rows = t->shape.dim[0];
    if (ends_with(name, ".to5") || ends_with(name, ".to3")) {
        for (int64_t i = 0; i < n; i++)
            p[i] = i % (rows + 1) == 0;
        return;
    }
    nn_rng rng = nn_rng_stream(seed, nn_hash_name(name));
    float deviation = n ? sqrtf(2.0f * (float)rows / (float)n) : 0; // sqrt(2 / fan-in)
    for (int64_t i = 0; i < n; i++)
        p[i] = deviation * nn_rng_normal(&rng);
}

void nn_model_init_random(nn_model *m, uint64_t seed)
{
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const char *name = param_name(m, i);
        nn_tensor *t = &m->params[i];
        if (param_kind(m, i) == NN_PARAM_WEIGHT)
            init_weight(t, name, seed);
        else
            fill(t, ends_with(name, "weight") || ends_with(name, "running_var"));
    }
}

// 2 u - 1 of the numerical reference; exact in float32.
static double reference_value(uint64_t hash, int64_t i)
{
    return 2 * ((double)(nn_hash_mix(hash + (uint64_t)i) >> 40) * 0x1p-24) - 1;
}

void nn_fill_reference_input(const nn_tensor *input)
{
    const uint64_t h = nn_hash_name("input");
    for (int64_t i = 0, n = nn_shape_count(&input->shape); i < n; i++)
        nn_tensor_f32(input)[i] = (float)reference_value(h, i);
}

// As the numerical reference defines it: u is exact in float32, the rest is computed in double and
// rounded once.
void nn_model_init_reference(nn_model *m)
{
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const char *name = param_name(m, i);
        nn_tensor *t = &m->params[i];
        int64_t n = nn_shape_count(&t->shape);
        uint64_t h = nn_hash_name(name);
        double offset = 0, slope = 0.1; // value = offset + slope * (2u - 1)
        if (ends_with(name, "running_var"))
            offset = 1.25, slope = 0.25;
        else if (t->shape.rank >= 2)
            slope = sqrt(6.0 * (double)t->shape.dim[0] / (double)n);
        else if (ends_with(name, "weight"))
            offset = 1;
        for (int64_t k = 0; k < n; k++)
            nn_tensor_f32(t)[k] = (float)(offset + slope * reference_value(h, k));
    }
}

nn_shape nn_model_input_shape(const nn_model *m, int i, int height, int width)
{
    const nn_tensor *places = nn_model_param((nn_model *)m, "text.positional_embedding");
    if (m->fixed_inputs)
        return m->fixed_inputs[i];
    if (i == 1 && places)
        return nn_shape_2d(1, places->shape.dim[0]);
    return nn_shape_4d(1, nn_card_channels(&m->card), height > 0 ? height : m->card.input_h,
                       width > 0 ? width : m->card.input_w);
}

int64_t nn_model_param_count(const nn_model *m)
{
    int64_t count = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        if (param_kind(m, i) != NN_PARAM_BUFFER)
            count += nn_shape_count(&m->params[i].shape);
    return count;
}
