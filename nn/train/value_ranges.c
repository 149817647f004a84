// SPDX-License-Identifier: MIT
// Moves the ranges of values between quantised layers.
#include "nn/train/value_ranges.h"

#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

enum { X, SCALE, ZERO };                            // inputs of quantize_linear
enum { LANES = 16, LEVELS = 255, MAX_NAME = 4352 }; // steps of u8
#define PART 0.1                                    // of a batch in the average

// A quantised value: parameters of the model, and the first value that has the same scale.
typedef struct value {
    nn_value x;
    int scale, zero, range, group;
    double low, high; // of the last batch, of the group
} value;

struct nn_value_ranges {
    value *values;
    int count;
};

// The quantize_linear of a value between layers: not of a weight, which has no zero point.
static bool is_value(const nn_graph *g, const nn_node_info *node)
{
    return node->op == &nn_op_quantize_linear && node->n_in > ZERO && node->in[ZERO] >= 0 &&
           ((const nn_quantize_params *)node->params)->type == NN_QUANTIZED_U8 &&
           nn_graph_value(g, node->in[SCALE]).kind == NN_VALUE_PARAM &&
           nn_graph_value(g, node->in[ZERO]).kind == NN_VALUE_PARAM &&
           nn_shape_count(nn_graph_value(g, node->in[SCALE]).shape) == 1 &&
           nn_shape_count(nn_graph_value(g, node->in[ZERO]).shape) == 1;
}

static void name_range(char name[MAX_NAME], const nn_graph *g, const nn_node_info *node)
{
    snprintf(name, MAX_NAME, "%s.range", nn_graph_value(g, node->in[SCALE]).name);
}

void nn_value_ranges_add(nn_rebuild *r)
{
    const nn_graph *g = r->source->graph;
    const nn_shape two = nn_shape_1d(2);
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        char name[MAX_NAME];
        if (!is_value(g, &node))
            continue;
        name_range(name, g, &node);
        nn_graph_param(r->graph, name, NN_PARAM_BUFFER, &two);
    }
}

static float *numbers(const nn_model *m, int param)
{
    return nn_tensor_f32(&m->params[param]);
}

static void add_value(nn_value_ranges *r, nn_model *m, const nn_node_info *node)
{
    const nn_graph *g = m->graph;
    char name[MAX_NAME];
    value v = {.x = node->in[X],
               .scale = nn_graph_value(g, node->in[SCALE]).index,
               .zero = nn_graph_value(g, node->in[ZERO]).index,
               .group = r->count};
    name_range(name, g, node);
    v.range = nn_graph_find_param(g, name);
    const float scale = numbers(m, v.scale)[0], zero = numbers(m, v.zero)[0];
    if (v.range < 0)
        return;
    for (int i = r->count - 1; i >= 0; i--)
        if (numbers(m, r->values[i].scale)[0] == scale && numbers(m, r->values[i].zero)[0] == zero)
            v.group = r->values[i].group;
    numbers(m, v.range)[0] = -zero * scale;
    numbers(m, v.range)[1] = (LEVELS - zero) * scale;
    r->values[r->count++] = v;
}

nn_status nn_value_ranges_new(nn_value_ranges **out, nn_model *trained, nn_error *err)
{
    const nn_graph *g = trained->graph;
    nn_value_ranges *r = nn_calloc(1, sizeof *r);
    *out = NULL;
    if (r)
        r->values = nn_calloc((size_t)nn_graph_node_count(g), sizeof *r->values);
    if (!r || !r->values) {
        nn_value_ranges_free(r);
        return nn_fail(err, NN_ENOMEM, "no memory for ranges of values");
    }
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (is_value(g, &node))
            add_value(r, trained, &node);
    }
    *out = r;
    return NN_OK;
}

void nn_value_ranges_free(nn_value_ranges *r)
{
    if (!r)
        return;
    nn_free(r->values);
    nn_free(r);
}

// --- batches ---

typedef struct looking {
    const nn_value_ranges *ranges;
    const nn_plan *plan;
} looking;

// Lanes that do not wait for each other.
static void widen(float *low, float *high, const float *x, int n)
{
    for (int i = 0; i < n; i++) {
        low[i] = x[i] < low[i] ? x[i] : low[i];
        high[i] = x[i] > high[i] ? x[i] : high[i];
    }
}

static void look(void *ctx, int64_t begin, int64_t end, int worker)
{
    const looking *l = ctx;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        value *v = &l->ranges->values[i];
        const nn_tensor *t = nn_plan_value(l->plan, v->x);
        const float *x = nn_tensor_f32(t);
        const int64_t count = nn_shape_count(&t->shape);
        float low[LANES] = {0}, high[LANES] = {0}; // 0 has a whole number of its own
        int64_t k = 0;
        for (; k + LANES <= count; k += LANES)
            widen(low, high, x + k, LANES);
        widen(low, high, x + k, (int)(count - k));
        for (int lane = 1; lane < LANES; lane++) {
            widen(low, high, &low[lane], 1);
            widen(low, high, &high[lane], 1);
        }
        v->low = (double)low[0];
        v->high = (double)high[0];
    }
}

// Whole numbers 0 to 255 for low to high; 0 is one of them.
static void put(const nn_model *m, const value *v, float *scale, float *zero)
{
    const float low = numbers(m, v->range)[0], high = numbers(m, v->range)[1];
    *scale = fmaxf((high - low) / LEVELS, FLT_MIN);
    *zero = fminf(fmaxf(rintf(-low / *scale), 0), LEVELS);
}

static void share(const nn_value_ranges *r, nn_ranks *ranks)
{
    const int processes = nn_ranks_count(ranks);
    for (int i = 0; i < r->count && processes > 1; i++) {
        double x[2] = {r->values[i].low, r->values[i].high};
        nn_ranks_sum(ranks, x, 2);
        r->values[i].low = x[0] / processes;
        r->values[i].high = x[1] / processes;
    }
}

void nn_value_ranges_follow(const nn_value_ranges *r, nn_model *m, const nn_plan *plan,
                            nn_ranks *ranks, nn_pool *pool)
{
    looking l = {r, plan};
    nn_pool_run(pool, r->count, 1, look, &l);
    share(r, ranks);
    for (int i = 0; i < r->count; i++) {
        value *first = &r->values[r->values[i].group];
        first->low = fmin(first->low, r->values[i].low);
        first->high = fmax(first->high, r->values[i].high);
    }
    for (int i = 0; i < r->count; i++) {
        const value *v = &r->values[i], *first = &r->values[v->group];
        float *range = numbers(m, v->range);
        if (isfinite(first->low) && isfinite(first->high)) {
            range[0] += (float)(PART * (first->low - (double)range[0]));
            range[1] += (float)(PART * (first->high - (double)range[1]));
        }
        put(m, v, numbers(m, v->scale), numbers(m, v->zero));
    }
}

void nn_value_ranges_put(const nn_value_ranges *r, const nn_model *m, nn_model *to)
{
    for (int i = 0; i < r->count; i++) {
        const value *v = &r->values[i];
        const char *scale = nn_graph_value(m->graph, nn_graph_param_at(m->graph, v->scale)).name;
        const char *zero = nn_graph_value(m->graph, nn_graph_param_at(m->graph, v->zero)).name;
        put(m, v, nn_tensor_f32(nn_model_param(to, scale)),
            nn_tensor_f32(nn_model_param(to, zero)));
    }
}
