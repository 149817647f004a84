// SPDX-License-Identifier: MIT
// Finds layers of a training that tell its network nothing about the pictures.
#include "nn/train/health.h"

#include "nn/train/trainer_internal.h"

#include <math.h>
#include <string.h>

#define SAME 1e-6f // of the largest number of two pictures: as good as equal

// Of `n` numbers, all 0.
static bool is_zero(const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (x[i] != 0)
            return false;
    return true;
}

// Whether all pictures of a batch have the same numbers. Those that differ do so early.
static bool is_constant(const nn_tensor *v)
{
    const int64_t batch = v->shape.dim[0], each = nn_shape_count(&v->shape) / batch;
    const float *first = nn_tensor_f32(v);
    for (int64_t n = 1; n < batch; n++)
        for (int64_t i = 0; i < each; i++) {
            const float a = first[i], b = first[n * each + i];
            if (!(fabsf(a - b) <= SAME * fmaxf(fabsf(a), fabsf(b))))
                return false;
        }
    return true;
}

// Whether the op has weights of its own: constants are none.
static bool has_weights(const nn_graph *g, const nn_node_info *node)
{
    for (int i = 1; i < node->n_in; i++)
        if (node->in[i] >= 0) {
            const nn_value_info in = nn_graph_value(g, node->in[i]);
            if (in.kind == NN_VALUE_PARAM && in.param != NN_PARAM_BUFFER)
                return true;
        }
    return false;
}

// Whether a value has room for what differs between pictures: not the one number a channel of a
// gate, which may rightly be open for all of them.
static bool is_layer(const nn_tensor *v, int64_t batch)
{
    const nn_shape *s = &v->shape;
    return v->data && v->dtype == NN_F32 && s->rank >= 2 && s->dim[0] == batch &&
           !(s->rank == 4 && s->dim[2] * s->dim[3] == 1);
}

nn_dead_layers nn_trainer_dead_layers(const nn_trainer *t)
{
    nn_dead_layers dead = {0};
    const nn_plan *plan = t->last_plan;
    const nn_tensor *input = plan ? nn_plan_input(plan, 0) : NULL;
    if (!input || input->shape.dim[0] < 2 || is_constant(input))
        return dead;
    const nn_graph *g = t->model->graph;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        const nn_tensor *v = nn_plan_value(plan, node.out);
        if (!v || !is_layer(v, input->shape.dim[0]))
            continue;
        const bool zero = is_zero(nn_tensor_f32(v), nn_shape_count(&v->shape));
        dead.layers++;
        if (!zero && !(has_weights(g, &node) && is_constant(v)))
            continue;
        if (dead.count++ == 0) {
            dead.first = node.name;
            dead.zero = zero;
        }
    }
    return dead;
}
