// SPDX-License-Identifier: MIT
// Copies of graphs, whole or in part, that can be trained where the original was for inference.
#include "nn/graph/rebuild.h"

#include "nn/base/memory.h"
#include "nn/graph/model_internal.h"
#include "nn/ops/ops.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 256, WEIGHT = 1, MEAN = 3 }; // inputs of layers

// Where the picture's number is in a value, from where it is in the value's input: shapes for one
// picture do not show it.
static int axis_after(const nn_node_info *node, const nn_shape *in, const nn_shape *out, int axis)
{
    if (axis < 0)
        return axis;
    if (node->op == &nn_op_transpose) {
        const nn_transpose_params *p = node->params;
        for (int i = 0; i < out->rank; i++)
            if (p->perm[i] == axis)
                return i;
    }
    if (node->op == &nn_op_reshape) {
        const int64_t outer = nn_shape_span(in, 0, axis);
        for (int i = 0; i < out->rank; i++)
            if (nn_shape_span(out, 0, i) == outer)
                return i;
        return -1;
    }
    return axis < out->rank ? axis : -1;
}

static void find_batch_axes(nn_rebuild *r)
{
    const nn_graph *g = r->source->graph;
    for (int v = 0; v < nn_graph_value_count(g); v++)
        r->batch_axis[v] = nn_graph_value(g, v).kind == NN_VALUE_INPUT ? 0 : -1;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in && r->batch_axis[node.out] < 0; k++)
            if (node.in[k] >= 0)
                r->batch_axis[node.out] = axis_after(
                    &node, &r->shapes[node.in[k]], &r->shapes[node.out], r->batch_axis[node.in[k]]);
    }
}

// Graphs for one picture: their shapes. Others are taken as they are.
static nn_status find_shapes(nn_rebuild *r, nn_error *err)
{
    const nn_graph *g = r->source->graph;
    const nn_shape *inputs = r->source->fixed_inputs;
    const size_t values = (size_t)nn_graph_value_count(g);
    if (!inputs || nn_graph_input_count(g) != 1 || inputs[0].rank != 4 || inputs[0].dim[0] != 1)
        return NN_OK;
    r->shapes = nn_calloc(values, sizeof *r->shapes);
    r->batch_axis = nn_calloc(values, sizeof *r->batch_axis);
    if (!r->shapes || !r->batch_axis)
        return nn_fail(err, NN_ENOMEM, "no memory to copy the graph");
    nn_status status = nn_graph_infer(g, inputs, 1, r->shapes, NULL, err);
    if (status == NN_OK)
        find_batch_axes(r);
    return status;
}

nn_status nn_rebuild_begin(nn_rebuild *r, const nn_model *source, bool trainable, nn_error *err)
{
    const nn_graph *g = source->graph;
    const size_t values = (size_t)nn_graph_value_count(g), nodes = (size_t)nn_graph_node_count(g);
    *r = (nn_rebuild){.source = source,
                      .trainable = trainable,
                      .graph = nn_graph_new(),
                      .map = nn_calloc(values, sizeof *r->map),
                      .wanted = nn_calloc(nodes, sizeof *r->wanted)};
    if (!r->graph || !r->map || (nodes > 0 && !r->wanted))
        return nn_fail(err, NN_ENOMEM, "no memory to copy the graph");
    for (size_t v = 0; v < values; v++)
        r->map[v] = NN_NO_VALUE;
    for (int i = 0; i < nn_graph_input_count(g); i++) {
        const nn_value v = nn_graph_input_at(g, i);
        r->map[v] = nn_graph_input(r->graph, nn_graph_value(g, v).name);
    }
    return trainable ? find_shapes(r, err) : NN_OK;
}

static bool is_layer(const nn_op *op)
{
    return op == &nn_op_conv2d || op == &nn_op_linear || op == &nn_op_conv_transpose ||
           op == &nn_op_batch_norm || op == &nn_op_layer_norm;
}

// The kind of a parameter of the source in training, from the nodes that read it.
static nn_param_kind kind_of(const nn_graph *g, nn_value v)
{
    const nn_value_info info = nn_graph_value(g, v);
    const bool single = nn_shape_count(info.shape) <= 1;
    nn_param_kind kind = NN_PARAM_BUFFER;
    for (int i = 0; i < nn_graph_node_count(g) && info.param != NN_PARAM_BUFFER; i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++) {
            if (node.in[k] != v)
                continue;
            if (node.op == &nn_op_batch_norm && k >= MEAN)
                return NN_PARAM_BUFFER;
            if (is_layer(node.op) || node.op == &nn_op_elastic_kernel ||
                (node.op == &nn_op_matmul && !single))
                return info.param;
            // Scales and shifts of channels written as plain arithmetic.
            if (!single &&
                (node.op == &nn_op_add || node.op == &nn_op_mul || node.op == &nn_op_arithmetic))
                kind = NN_PARAM_BIAS;
        }
    }
    return kind;
}

static nn_value copy_param(nn_rebuild *r, nn_value v)
{
    const nn_value_info info = nn_graph_value(r->source->graph, v);
    const nn_param_kind kind = r->trainable ? kind_of(r->source->graph, v) : info.param;
    return nn_graph_param(r->graph, info.name, kind, info.shape);
}

// The parameters of a node whose activation is taken out; it comes back.
typedef union node_params {
    nn_conv2d_params conv;
    nn_linear_params linear;
    nn_batch_norm_params norm;
} node_params;

static int32_t take_act(const nn_node_info *node, node_params *params)
{
    int32_t *act = node->op == &nn_op_conv2d       ? &params->conv.act
                   : node->op == &nn_op_linear     ? &params->linear.act
                   : node->op == &nn_op_batch_norm ? &params->norm.act
                                                   : NULL;
    if (!act)
        return NN_ACT_NONE;
    memcpy(params, node->params, node->op->params_size);
    const int32_t had = *act;
    *act = NN_ACT_NONE;
    return had;
}

// A node whose sum and activation become nodes of their own; the last one keeps the name.
static nn_value copy_apart(nn_rebuild *r, const nn_node_info *node, const node_params *params,
                           nn_act act, nn_value *in)
{
    enum { SKIP = 3 };
    char name[MAX_NAME];
    const bool sum = node->op == &nn_op_conv2d && node->n_in > SKIP && in[SKIP] >= 0;
    const nn_value skip = sum ? in[SKIP] : NN_NO_VALUE;
    const nn_act_node *apart = nn_act_node_of(act); // op NULL: none
    snprintf(name, sizeof name, "%s.%s", node->name, node->op->name);
    nn_value x = nn_graph_node(r->graph, node->op, name, params, in, sum ? SKIP : node->n_in);
    if (sum) {
        snprintf(name, sizeof name, "%s.add", node->name);
        x = nn_graph_node(r->graph, &nn_op_add, apart->op ? name : node->name, NULL,
                          (const nn_value[]){x, skip}, 2);
    }
    return apart->op ? nn_graph_node(r->graph, apart->op, node->name, apart->params, &x, 1) : x;
}

// A reshape to dims for one picture, for any number of them: one dim follows from the others.
static nn_value copy_reshape(nn_rebuild *r, const nn_node_info *node, const nn_value *in)
{
    nn_reshape_params p = *(const nn_reshape_params *)node->params;
    const nn_value from = node->in[0];
    const int axis = r->batch_axis ? r->batch_axis[node->out] : -1;
    const bool kept = axis >= 0 && p.dim[axis] == 0 && r->batch_axis[from] == axis;
    for (int i = 0; i < p.rank && axis >= 0 && !kept && node->n_in == 1; i++)
        p.dim[i] = i == axis ? -1
                   : p.dim[i] == -1 || r->batch_axis[from] == i
                       ? (int32_t)r->shapes[node->out].dim[i]
                       : p.dim[i];
    return nn_graph_node(r->graph, node->op, node->name, &p, in, node->n_in);
}

static nn_value copy_node(nn_rebuild *r, const nn_node_info *node)
{
    nn_value in[NN_OP_MAX_IN];
    node_params params;
    for (int k = 0; k < node->n_in; k++) {
        const nn_value v = node->in[k];
        if (v >= 0 && r->map[v] == NN_NO_VALUE)
            r->map[v] = copy_param(r, v);
        in[k] = v >= 0 ? r->map[v] : v;
    }
    if (r->trainable && node->op == &nn_op_reshape)
        return copy_reshape(r, node, in);
    const int32_t act = r->trainable ? take_act(node, &params) : NN_ACT_NONE;
    const bool sum = r->trainable && node->op == &nn_op_conv2d && node->n_in > 3 && in[3] >= 0;
    if (act != NN_ACT_NONE || sum)
        return copy_apart(r, node, &params, (nn_act)act, in);
    return nn_graph_node(r->graph, node->op, node->name, node->params, in, node->n_in);
}

nn_value nn_rebuild_value(nn_rebuild *r, nn_value v)
{
    const nn_graph *g = r->source->graph;
    const nn_value_info info = nn_graph_value(g, v);
    if (r->map[v] != NN_NO_VALUE)
        return r->map[v];
    if (info.kind == NN_VALUE_PARAM)
        return r->map[v] = copy_param(r, v);
    memset(r->wanted, 0, (size_t)nn_graph_node_count(g) * sizeof *r->wanted);
    r->wanted[info.index] = true;
    for (int i = info.index; i >= 0; i--) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in && r->wanted[i]; k++)
            if (node.in[k] >= 0 && r->map[node.in[k]] == NN_NO_VALUE) {
                const nn_value_info in = nn_graph_value(g, node.in[k]);
                if (in.kind == NN_VALUE_NODE)
                    r->wanted[in.index] = true;
            }
    }
    for (int i = 0; i <= info.index; i++)
        if (r->wanted[i]) {
            const nn_node_info node = nn_graph_node_at(g, i);
            r->map[node.out] = copy_node(r, &node);
        }
    return r->map[v];
}

nn_status nn_rebuild_finish(nn_rebuild *r, nn_model **out, nn_error *err)
{
    nn_graph *graph = r->graph;
    r->graph = NULL;
    nn_status status = nn_model_new(out, graph, err);
    if (status == NN_OK)
        status = nn_card_copy(&(*out)->card, &r->source->card, err);
    for (int v = 0; v < nn_graph_value_count(r->source->graph) && status == NN_OK; v++) {
        const nn_value_info from = nn_graph_value(r->source->graph, v);
        if (from.kind == NN_VALUE_PARAM && r->map[v] >= 0)
            memcpy((*out)->params[nn_graph_value(graph, r->map[v]).index].data,
                   r->source->params[from.index].data,
                   nn_tensor_bytes(&r->source->params[from.index]));
    }
    if (status == NN_OK)
        return NN_OK;
    nn_model_free(*out);
    *out = NULL;
    return status;
}

void nn_rebuild_release(nn_rebuild *r)
{
    nn_graph_free(r->graph);
    nn_free(r->map);
    nn_free(r->shapes);
    nn_free(r->batch_axis);
    nn_free(r->wanted);
    *r = (nn_rebuild){0};
}

nn_status nn_model_copy(nn_model **out, const nn_model *m, nn_error *err)
{
    return nn_model_copy_with(out, m, NULL, NULL, err);
}

nn_status nn_model_copy_with(nn_model **out, const nn_model *m, nn_rebuild_add *add, void *ctx,
                             nn_error *err)
{
    nn_rebuild r;
    *out = NULL;
    nn_status status = nn_rebuild_begin(&r, m, false, err);
    for (int i = 0; i < nn_graph_param_count(m->graph) && status == NN_OK; i++)
        nn_rebuild_value(&r, nn_graph_param_at(m->graph, i)); // keeps their order
    for (int i = 0; i < nn_graph_node_count(m->graph) && status == NN_OK; i++) {
        const nn_node_info node = nn_graph_node_at(m->graph, i);
        r.map[node.out] = copy_node(&r, &node);
    }
    for (int i = 0; i < nn_graph_output_count(m->graph) && status == NN_OK; i++) {
        const nn_value v = nn_graph_output_at(m->graph, i);
        nn_graph_output(r.graph, nn_graph_output_name(m->graph, i), nn_rebuild_value(&r, v));
    }
    if (add && status == NN_OK)
        add(&r, ctx);
    if (status == NN_OK)
        status = nn_rebuild_finish(&r, out, err);
    nn_rebuild_release(&r);
    if (status == NN_OK) {
        (*out)->half = m->half;
        status = nn_model_copy_bounds(*out, m, err);
    }
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}
