// SPDX-License-Identifier: MIT
// Makes models for one input size accept any, node by node, and proves that they compute the same.
#include "nn/graph/dynamic_size.h"

#include "nn/base/memory.h"
#include "nn/graph/dynamic_parts.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <string.h>

enum { STEP = 64, SIZES = NN_DYNAMIC_SIZES };

static nn_status refuse(const nn_dynamic_work *u, const char *what, const char *name)
{
    return nn_fail(u->err, NN_EUNSUPPORTED, "%s '%.80s' depends on the input size", what, name);
}

static bool is_variable(const nn_dynamic_work *u, nn_value v, int axis)
{
    const int64_t dim = u->shapes[0][v].dim[axis];
    return u->shapes[1][v].dim[axis] != dim || u->shapes[2][v].dim[axis] != dim;
}

// --- nodes that say a size ---

// Dims of a reshape: those of the input and of the result are walked side by side in the smallest
// groups of equal products. What no side of a group depends on is constant; one dim for one or
// several others is open. False when a dim that varies is split.
static bool find_dims(const nn_dynamic_work *u, const nn_node_info *node, nn_reshape_params *p,
                      int *open)
{
    const nn_shape *x = &u->shapes[0][node->in[0]], *y = &u->shapes[0][node->out];
    int i = 0, j = 0;
    *open = 0;
    p->rank = y->rank;
    while (i < x->rank || j < y->rank) {
        const int from = i, to = j;
        int64_t left = i < x->rank ? x->dim[i++] : 1, right = j < y->rank ? y->dim[j++] : 1;
        while (left != right) {
            if (left < right && i < x->rank)
                left *= x->dim[i++];
            else if (right < left && j < y->rank)
                right *= y->dim[j++];
            else
                return false; // an empty dim
        }
        bool varies = false;
        for (int k = from; k < i; k++)
            varies = varies || is_variable(u, node->in[0], k);
        for (int k = to; k < j; k++)
            p->dim[k] = (int32_t)y->dim[k];
        if (!varies)
            continue;
        if (j - to != 1)
            return false;
        const bool copied = i - from == 1 && from == to;
        p->dim[to] = copied ? 0 : -1;
        *open += !copied;
    }
    return true;
}

// For a reshape that undoes one shortly before it: what that one had as its input.
static nn_value find_like(const nn_dynamic_work *u, const nn_node_info *node)
{
    enum { STEPS = 4 };
    nn_value v = node->in[0];
    for (int step = 0; step < STEPS; step++) {
        const nn_value_info info = nn_graph_value(u->m->graph, v);
        if (info.kind != NN_VALUE_NODE || nn_graph_node_at(u->m->graph, info.index).n_in != 1)
            return NN_NO_VALUE;
        v = nn_graph_node_at(u->m->graph, info.index).in[0];
        bool like = nn_shape_equal(&u->shapes[0][v], &u->shapes[0][node->out]) && u->map[v] >= 0;
        for (int k = 1; k < SIZES && like; k++)
            like = nn_shape_count(&u->shapes[k][v]) == nn_shape_count(&u->shapes[k][node->in[0]]);
        if (like)
            return v;
    }
    return NN_NO_VALUE;
}

static nn_value emit_reshape(nn_dynamic_work *u, int i)
{
    const nn_node_info node = nn_graph_node_at(u->m->graph, i);
    nn_reshape_params p = {0};
    int between, open;
    const int last = nn_dynamic_find_shuffle(u, i, &between);
    if (last >= 0)
        return nn_dynamic_shuffle(u, i, between, last);
    if (find_dims(u, &node, &p, &open) && open <= 1)
        return nn_graph_node(u->graph, node.op, node.name, &p, &u->map[node.in[0]], 1);
    const nn_value like = find_like(u, &node);
    if (like < 0)
        return NN_NO_VALUE;
    u->like = like;
    p = (nn_reshape_params){0};
    return nn_graph_node(u->graph, node.op, node.name, &p,
                         (const nn_value[]){u->map[node.in[0]], u->map[like]}, 2);
}

// Result pixels for one of the input along an axis, when that is a whole number or one over one;
// else 0.
static float find_scale(const nn_dynamic_work *u, const nn_node_info *node, int axis)
{
    const int64_t x = u->shapes[0][node->in[0]].dim[axis], y = u->shapes[0][node->out].dim[axis];
    return y % x == 0 || x % y == 0 ? (float)y / (float)x : 0;
}

static nn_value emit_resize(nn_dynamic_work *u, int i)
{
    const nn_node_info node = nn_graph_node_at(u->m->graph, i);
    nn_resize_params p = *(const nn_resize_params *)node.params;
    for (int a = 0; a < 2; a++) {
        p.size[a] = 0;
        p.scale[a] = find_scale(u, &node, 2 + a);
        if (!(p.scale[a] > 0))
            return NN_NO_VALUE;
    }
    return nn_graph_node(u->graph, node.op, node.name, &p, &u->map[node.in[0]], 1);
}

static nn_value emit_resample(nn_dynamic_work *u, int i)
{
    const nn_node_info node = nn_graph_node_at(u->m->graph, i);
    nn_resample_params p = *(const nn_resample_params *)node.params;
    for (int a = 0; a < 2; a++) {
        p.size[a] = 0;
        if (find_scale(u, &node, 2 + a) != p.scale[a])
            return NN_NO_VALUE;
    }
    return nn_graph_node(u->graph, node.op, node.name, &p, &u->map[node.in[0]], 1);
}

// Up to the end of an axis whose length varies, or within one that has always the same.
static nn_value emit_slice(nn_dynamic_work *u, int i)
{
    const nn_node_info node = nn_graph_node_at(u->m->graph, i);
    nn_slice_params p = *(const nn_slice_params *)node.params;
    const nn_shape *x = &u->shapes[0][node.in[0]];
    const int axis = p.axis < 0 ? p.axis + x->rank : p.axis;
    if (is_variable(u, node.in[0], axis)) {
        if (p.end < x->dim[axis])
            return NN_NO_VALUE;
        p.end = INT32_MAX;
    }
    return nn_graph_node(u->graph, node.op, node.name, &p, &u->map[node.in[0]], 1);
}

// A pool over the whole image would see a part of a larger one.
static bool is_whole_pool(const nn_dynamic_work *u, const nn_node_info *node)
{
    if (node->op != &nn_op_avg_pool && node->op != &nn_op_max_pool)
        return false;
    const nn_pool2d_params *p = node->params;
    const nn_shape *x = &u->shapes[0][node->in[0]];
    return p->kernel[0] == x->dim[2] && p->kernel[1] == x->dim[3];
}

// Shape of the value that a new node makes instead of an old one, at the two other sizes.
static nn_status infer(nn_dynamic_work *u, nn_value first, const nn_node_info *old, nn_value out)
{
    const nn_node_info node = nn_graph_node_at(u->graph, nn_graph_value(u->graph, out).index);
    nn_shape in[NN_OP_MAX_IN];
    for (int k = 1; k < SIZES; k++) {
        for (int i = 0; i < node.n_in; i++) {
            in[i] = (nn_shape){.rank = -1};
            if (node.in[i] >= 0 && nn_graph_value(u->graph, node.in[i]).shape)
                in[i] = *nn_graph_value(u->graph, node.in[i]).shape;
            else if (node.in[i] >= 0)
                in[i] = u->shapes[k][i == 0 ? first : i < old->n_in ? old->in[i] : u->like];
        }
        nn_error why;
        if (node.op->shape(node.params, in, node.n_in, &u->shapes[k][old->out], &why) != NN_OK ||
            nn_shape_check(&u->shapes[k][old->out], NN_F32, &why) != NN_OK)
            return refuse(u, "node", old->name);
    }
    return NN_OK;
}

static nn_status emit(nn_dynamic_work *u, int i)
{
    nn_node_info node = nn_graph_node_at(u->m->graph, i);
    nn_value in[NN_OP_MAX_IN], out = NN_NO_VALUE;
    const bool interleaved = node.n_in > 0 && node.in[0] >= 0 && u->interleaved[node.in[0]];
    const nn_value first = interleaved     ? u->interleaved[node.in[0]] - 1
                           : node.n_in > 0 ? node.in[0]
                                           : NN_NO_VALUE;
    if (node.op == &nn_op_reshape && node.n_in == 1 && nn_dynamic_find_channel_split(u, i))
        return NN_OK;
    for (int k = 0; k < node.n_in && !interleaved; k++) {
        if (node.in[k] >= 0 && u->map[node.in[k]] < 0) { // a parameter, when first read
            const nn_value_info info = nn_graph_value(u->m->graph, node.in[k]);
            u->map[node.in[k]] = nn_graph_param(u->graph, info.name, info.param, info.shape);
        }
        in[k] = node.in[k] < 0 ? node.in[k] : u->map[node.in[k]];
    }
    if (interleaved)
        out = nn_dynamic_channel_split(u, i);
    else if (node.op == &nn_op_reshape && node.n_in == 1)
        out = emit_reshape(u, i);
    else if (node.op == &nn_op_resize && node.n_in == 1)
        out = emit_resize(u, i);
    else if (node.op == &nn_op_resample)
        out = emit_resample(u, i);
    else if (node.op == &nn_op_slice)
        out = emit_slice(u, i);
    else if (!is_whole_pool(u, &node))
        out = nn_graph_node(u->graph, node.op, node.name, node.params, in, node.n_in);
    if (out == NN_NO_VALUE)
        return refuse(u, "node", node.name);
    const nn_status status =
        out >= 0 ? NN_OK : nn_fail(u->err, NN_ENOMEM, "no memory for the graph");
    if (status != NN_OK)
        return status;
    // The last of the nodes that became one.
    for (int k = i; k < nn_graph_node_count(u->m->graph); k++)
        if (u->map[nn_graph_node_at(u->m->graph, k).out] == out)
            node = nn_graph_node_at(u->m->graph, k);
    u->map[node.out] = out;
    return infer(u, first, &node, out);
}

// --- the new model ---

static nn_status build(nn_dynamic_work *u, nn_model **out)
{
    const nn_model *a = u->m;
    nn_status status = NN_OK;
    for (int v = 0; v < nn_graph_value_count(a->graph); v++)
        u->map[v] = NN_NO_VALUE;
    const nn_value image = nn_graph_input_at(a->graph, 0);
    u->map[image] = nn_graph_input(u->graph, nn_graph_value(a->graph, image).name);
    for (int i = 0; i < nn_graph_node_count(a->graph) && status == NN_OK; i++)
        if (!u->done[i])
            status = emit(u, i);
    for (int i = 0; i < nn_graph_output_count(a->graph) && status == NN_OK; i++)
        nn_graph_output(u->graph, nn_graph_output_name(a->graph, i),
                        u->map[nn_graph_output_at(a->graph, i)]);
    nn_graph *graph = u->graph;
    if (status != NN_OK)
        return status;
    u->graph = NULL;
    status = nn_model_new(out, graph, u->err);
    if (status == NN_OK)
        status = nn_card_copy(&(*out)->card, &a->card, u->err);
    if (status != NN_OK)
        return status;
    (*out)->half = a->half;
    (*out)->card.input_h = (int)a->fixed_inputs->dim[2];
    (*out)->card.input_w = (int)a->fixed_inputs->dim[3];
    for (int i = 0; i < nn_graph_param_count(graph); i++) {
        const char *name = nn_graph_value(graph, nn_graph_param_at(graph, i)).name;
        const int from = nn_graph_find_param(a->graph, name);
        if (from >= 0)
            memcpy((*out)->params[i].data, a->params[from].data, nn_tensor_bytes(&a->params[from]));
    }
    nn_dynamic_write_orders(u, *out);
    return NN_OK;
}

// Whether both give the same bits for the shape that `bound` is for.
static nn_status prove(const nn_dynamic_work *u, const nn_model *any, const nn_model *bound)
{
    nn_plan *a = NULL, *b = NULL;
    nn_status status = nn_plan_new(&a, any, bound->fixed_inputs, 1, NULL, u->err);
    if (status == NN_OK)
        status = nn_plan_new(&b, bound, bound->fixed_inputs, 1, NULL, u->err);
    if (status == NN_OK) {
        nn_fill_reference_input(nn_plan_input(a, 0));
        nn_fill_reference_input(nn_plan_input(b, 0));
        nn_plan_run(a);
        nn_plan_run(b);
    }
    for (int i = 0; status == NN_OK && i < nn_graph_output_count(bound->graph); i++) {
        const nn_tensor *x = nn_plan_output(a, i), *y = nn_plan_output(b, i);
        if (!nn_shape_equal(&x->shape, &y->shape) ||
            memcmp(x->data, y->data, nn_tensor_bytes(x)) != 0)
            status = refuse(u, "output", nn_graph_output_name(bound->graph, i));
    }
    nn_plan_free(a);
    nn_plan_free(b);
    return status;
}

// A reading for another size, where the file allows it, must agree too.
static nn_status prove_at(const nn_dynamic_work *u, const nn_model *any, int k,
                          nn_dynamic_load *load, void *ctx)
{
    const nn_shape *s = &u->shapes[k][nn_graph_input_at(u->m->graph, 0)];
    nn_model *other = NULL;
    nn_status status = NN_OK;
    if (load && load(ctx, (int)s->dim[2], (int)s->dim[3], &other, NULL) == NN_OK)
        status = prove(u, any, other);
    nn_model_free(other);
    return status;
}

static nn_status prepare(nn_dynamic_work *u)
{
    const nn_graph *g = u->m->graph;
    const nn_shape *s = u->m->fixed_inputs;
    const size_t values = (size_t)nn_graph_value_count(g), nodes = (size_t)nn_graph_node_count(g);
    u->graph = nn_graph_new();
    u->map = nn_calloc(values, sizeof *u->map);
    u->done = nn_calloc(nodes, sizeof *u->done);
    u->orders = nn_calloc(nodes, sizeof *u->orders);
    u->interleaved = nn_calloc(values, sizeof *u->interleaved);
    if (!u->graph || !u->map || !u->done || !u->orders || !u->interleaved)
        return nn_fail(u->err, NN_ENOMEM, "no memory to make the input size dynamic");
    for (int k = 0; k < SIZES; k++) {
        u->shapes[k] = nn_calloc(values, sizeof *u->shapes[k]);
        if (!u->shapes[k])
            return nn_fail(u->err, NN_ENOMEM, "no memory for shapes");
        for (size_t v = 0; v < values; v++) {
            const nn_value_info info = nn_graph_value(g, (nn_value)v);
            if (info.kind == NN_VALUE_PARAM)
                u->shapes[k][v] = *info.shape;
        }
    }
    // Neither side as before, nor as the other.
    const nn_value image = nn_graph_input_at(g, 0);
    u->shapes[1][image] = nn_shape_4d(1, s->dim[1], s->dim[2] + STEP, s->dim[3] + 2 * STEP);
    u->shapes[2][image] = nn_shape_4d(1, s->dim[1], s->dim[2] + 3 * STEP, s->dim[3] + STEP);
    return nn_graph_infer(g, s, 1, u->shapes[0], NULL, u->err);
}

nn_status nn_model_make_dynamic(nn_model **m, nn_dynamic_load *load, void *ctx, nn_error *err)
{
    nn_error local;
    nn_model *out = NULL;
    nn_dynamic_work u = {.m = *m, .err = err ? err : &local};
    const nn_shape *s = (*m)->fixed_inputs;
    if (!s || nn_graph_input_count((*m)->graph) != 1 || s->rank != 4 || s->dim[0] != 1 ||
        s->dim[2] > INT16_MAX || s->dim[3] > INT16_MAX)
        return nn_fail(err, NN_EUNSUPPORTED, "its input is not one image of a fixed size");
    nn_status status = prepare(&u);
    if (status == NN_OK)
        status = build(&u, &out);
    if (status == NN_OK)
        status = prove(&u, out, *m);
    for (int k = 1; k < SIZES && status == NN_OK; k++)
        status = prove_at(&u, out, k, load, ctx);
    for (int k = 0; k < SIZES; k++)
        nn_free(u.shapes[k]);
    nn_graph_free(u.graph);
    nn_free(u.map);
    nn_free(u.done);
    nn_free(u.orders);
    nn_free(u.interleaved);
    if (status != NN_OK) {
        nn_model_free(out);
        return status;
    }
    nn_model_free(*m);
    *m = out;
    return NN_OK;
}
