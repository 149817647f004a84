// SPDX-License-Identifier: MIT
// Weights of values that make a target: their memory, their sum, and gradients to start from.
#include "nn/explain/explain_internal.h"

#include <string.h>

nn_status nn_explain_add_start(nn_explainer *e, nn_explain_seeds *s, nn_value v, nn_error *err)
{
    // Room for all outputs at once: the memory must not move.
    size_t need = (size_t)nn_shape_count(nn_plan_shape(e->plan, v)), used = 0;
    for (int i = 0; i < e->output_count && s->count == 0; i++)
        need += (size_t)nn_shape_count(&e->output[i].tensor.shape);
    const nn_status status = s->count ? NN_OK : nn_floats_need(&e->seed_memory, need, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < s->count; i++)
        used += (size_t)nn_shape_count(nn_plan_shape(e->plan, s->from[i]));
    const size_t own = (size_t)nn_shape_count(nn_plan_shape(e->plan, v));
    s->from[s->count] = v;
    s->weight[s->count] = e->seed_memory.data + used;
    memset(s->weight[s->count++], 0, own * sizeof(float));
    return NN_OK;
}

double nn_explain_score(const nn_explainer *e, const nn_explain_seeds *s)
{
    double sum = 0;
    for (int i = 0; i < s->count; i++) {
        const nn_tensor *v = nn_plan_value(e->plan, s->from[i]);
        const int64_t n = nn_shape_count(&v->shape);
        for (int64_t k = 0; k < n; k++)
            if (s->weight[i][k] != 0)
                sum += (double)s->weight[i][k] * (double)nn_tensor_f32(v)[k];
    }
    return sum;
}

nn_status nn_explain_walk(nn_explainer *e, const nn_explain_seeds *s, nn_value to,
                          nn_walk_rule *rule, nn_walk **walk, nn_error *err)
{
    return nn_walk_new(walk, e->plan, s->from, s->count, to, rule, e->convs, err);
}

void nn_explain_start(const nn_explainer *e, const nn_explain_seeds *s, nn_walk *w, bool by_value)
{
    for (int i = 0; i < s->count; i++) {
        const nn_tensor *v = nn_plan_value(e->plan, s->from[i]);
        float *to = nn_tensor_f32(nn_walk_start(w, i));
        const int64_t n = nn_shape_count(&v->shape);
        for (int64_t k = 0; k < n; k++)
            to[k] = by_value && s->weight[i][k] != 0 ? s->weight[i][k] * nn_tensor_f32(v)[k]
                                                     : s->weight[i][k];
    }
}
