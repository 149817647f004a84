// SPDX-License-Identifier: MIT
// Rewrites a model for inference: norms, sums and activations move into the node before them,
// dropout goes.
#include "nn/base/memory.h"
#include "nn/graph/fuse_act.h"
#include "nn/graph/fuse_norm.h"
#include "nn/graph/model_internal.h"
#include "nn/graph/pass.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MADE_NAME = 4352 }; // bytes of a name with a suffix of ours; names in files have up to 4096

// A parameter whose value is computed, not copied: weight * scale[row], or shift + scale * bias.
typedef struct folded {
    nn_tensor *weight;        // of the source model, which gives it to the new one
    const nn_tensor *bias;    // of the source model, or NULL
    const nn_tensor *norm[4]; // scale, shift, mean, variance
    float eps;
    int bias_param; // in the new graph
} folded;

typedef struct fuser {
    nn_model *source;
    const nn_graph *old;
    unsigned disabled_passes; // nn_pass bits of rewrites to leave out
    nn_shape *shapes;         // of the old values at the model's usual input size; NULL: unknown
    nn_graph *graph;
    nn_value *map;        // old value -> new value
    int *uses;            // readers of each old value, outputs included
    int *reader;          // a node that reads each old value
    bool *done;           // the old node is merged into another one, or not needed
    nn_fused_norm *norms; // layer norms spelled out in several nodes
    int norm_count;
    int *norm_of; // old node -> the norm that it ends, -1: none
    int *copy_of; // new parameter -> old parameter, -1 when its value is computed (`folded`)
    folded *folds;
    int fold_count;
} fuser;

static bool is_auxiliary(const fuser *f, int output)
{
    return !(f->disabled_passes & NN_PASS_AUXILIARY) &&
           strncmp(nn_graph_output_name(f->old, output), "aux", 3) == 0;
}

// Marks nodes that only auxiliary outputs need as done.
static void skip_auxiliary(fuser *f)
{
    for (int i = 0; i < nn_graph_output_count(f->old); i++)
        if (!is_auxiliary(f, i))
            f->uses[nn_graph_output_at(f->old, i)] = 1;
    for (int i = nn_graph_node_count(f->old) - 1; i >= 0; i--) {
        nn_node_info node = nn_graph_node_at(f->old, i);
        f->done[i] = !f->uses[node.out];
        for (int k = 0; k < node.n_in && !f->done[i]; k++)
            if (node.in[k] >= 0)
                f->uses[node.in[k]] = 1;
    }
    memset(f->uses, 0, (size_t)nn_graph_value_count(f->old) * sizeof *f->uses);
}

static void count_uses(fuser *f)
{
    for (int i = 0; i < nn_graph_node_count(f->old); i++) {
        if (f->done[i])
            continue;
        nn_node_info node = nn_graph_node_at(f->old, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0) {
                f->uses[node.in[k]]++;
                f->reader[node.in[k]] = i;
            }
    }
    for (int i = 0; i < nn_graph_output_count(f->old); i++)
        f->uses[nn_graph_output_at(f->old, i)] += 2; // outputs are never merged away
}

// Finds layer norms in several nodes. Their inner nodes are done, and their inputs read once.
static void find_norms(fuser *f)
{
    const nn_uses uses = {f->source, f->uses, f->reader, f->shapes};
    for (int i = 0; i < nn_graph_node_count(f->old); i++) {
        nn_fused_norm *norm = &f->norms[f->norm_count];
        f->norm_of[i] = -1;
        if (f->done[i] || f->disabled_passes & NN_PASS_NORM ||
            !nn_fuse_find_norm(&uses, f->shapes, i, norm))
            continue;
        f->norm_of[i] = f->norm_count++;
        for (int k = 0; k < norm->inner_count; k++)
            f->done[norm->inner[k]] = true;
        f->uses[norm->x]--;
        if (f->uses[norm->x] == 1)
            f->reader[norm->x] = i;
    }
}

// Maps an old value to the new graph. Parameters are added when something first reads them.
static nn_value map_value(fuser *f, nn_value v)
{
    if (v < 0 || f->map[v] >= 0)
        return v < 0 ? v : f->map[v];
    nn_value_info info = nn_graph_value(f->old, v);
    if (info.kind == NN_VALUE_PARAM) {
        f->copy_of[nn_graph_param_count(f->graph)] = info.index;
        f->map[v] = nn_graph_param(f->graph, info.name, info.param, info.shape);
    }
    return f->map[v];
}

// The sum that is the only reader of v, when its other input has the same shape and exists already;
// *other gets that input.
static int following_add(const fuser *f, nn_value v, nn_value *other)
{
    if (f->uses[v] != 1 || !f->shapes || f->disabled_passes & NN_PASS_ADD)
        return -1;
    nn_node_info node = nn_graph_node_at(f->old, f->reader[v]);
    if (node.op != &nn_op_add || node.in[0] == node.in[1])
        return -1;
    *other = node.in[0] == v ? node.in[1] : node.in[0];
    const nn_shape *shape = &f->shapes[v];
    bool same = nn_shape_equal(shape, &f->shapes[*other]);
    // One pixel may be broadcast over an image of another size.
    return same && nn_shape_span(shape, 2, 4) > 1 && f->map[*other] >= 0 ? f->reader[v] : -1;
}

// The sum that is the only reader of v and adds a parameter with an element for each feature: the
// bias of a linear layer. *bias gets that.
static int following_bias(const fuser *f, nn_value v, int64_t features, nn_value *bias)
{
    if (f->uses[v] != 1 || f->disabled_passes & NN_PASS_ADD)
        return -1;
    const nn_node_info node = nn_graph_node_at(f->old, f->reader[v]);
    if (node.op != &nn_op_add || f->norm_of[f->reader[v]] >= 0)
        return -1;
    *bias = node.in[0] == v ? node.in[1] : node.in[0];
    const nn_value_info info = nn_graph_value(f->old, *bias);
    return info.kind == NN_VALUE_PARAM && info.shape->rank == 1 && info.shape->dim[0] == features
               ? f->reader[v]
               : -1;
}

// The only reader of v, when it runs `op` with v as input 0; else -1.
static int sole_reader(const fuser *f, nn_value v, const nn_op *op)
{
    if (f->uses[v] != 1)
        return -1;
    nn_node_info node = nn_graph_node_at(f->old, f->reader[v]);
    return node.op == op && node.in[0] == v ? f->reader[v] : -1;
}

// The last node of the activation behind v, when nothing else reads v or the values between; the
// activation then moves into the node before. -1: no activation follows.
static int following_act(fuser *f, nn_value v, nn_act *act)
{
    const nn_uses uses = {f->source, f->uses, f->reader, f->shapes};
    const nn_fused_act found =
        f->disabled_passes & NN_PASS_ACT ? (nn_fused_act){.last = -1} : nn_fuse_find_act(&uses, v);
    *act = found.act;
    for (int i = 0; i < found.inner_count; i++)
        f->done[found.inner[i]] = true;
    return found.last;
}

static bool is_param(const fuser *f, nn_value v)
{
    return v >= 0 && nn_graph_value(f->old, v).kind == NN_VALUE_PARAM;
}

static const nn_tensor *param_of(const fuser *f, nn_value v)
{
    return v < 0 ? NULL : &f->source->params[nn_graph_value(f->old, v).index];
}

static bool can_fold(const fuser *f, const nn_node_info *producer, const nn_node_info *norm)
{
    if (!is_param(f, producer->in[1]) || f->uses[producer->in[1]] != 1)
        return false;
    if (producer->n_in > 2 && producer->in[2] >= 0 && !is_param(f, producer->in[2]))
        return false;
    for (int k = 1; k < 5; k++)
        if (!is_param(f, norm->in[k]))
            return false;
    // A linear layer's features are the last axis, a norm's channels the second.
    if (producer->op == &nn_op_linear && (!f->shapes || f->shapes[producer->out].rank != 2))
        return false;
    return param_of(f, producer->in[1])->shape.dim[0] == param_of(f, norm->in[1])->shape.dim[0];
}

// New weight and bias parameters for `producer` followed by `norm`.
static void fold_norm(fuser *f, const nn_node_info *producer, const nn_node_info *norm,
                      nn_value in[3])
{
    folded *d = &f->folds[f->fold_count++];
    *d = (folded){.weight = &f->source->params[nn_graph_value(f->old, producer->in[1]).index],
                  .bias = producer->n_in > 2 ? param_of(f, producer->in[2]) : NULL,
                  .eps = ((const nn_batch_norm_params *)norm->params)->eps};
    for (int k = 0; k < 4; k++)
        d->norm[k] = param_of(f, norm->in[1 + k]);
    nn_value_info weight = nn_graph_value(f->old, producer->in[1]);
    // Scaled in place, because nobody else reads it.
    f->copy_of[nn_graph_param_count(f->graph)] = weight.index;
    in[1] = nn_graph_param(f->graph, weight.name, NN_PARAM_WEIGHT, weight.shape);
    char name[MADE_NAME];
    snprintf(name, sizeof name, "%s.folded_bias", producer->name);
    nn_shape shape = nn_shape_1d(weight.shape->dim[0]);
    d->bias_param = nn_graph_param_count(f->graph);
    f->copy_of[d->bias_param] = -1;
    in[2] = nn_graph_param(f->graph, name, NN_PARAM_BIAS, &shape);
}

// Emits a convolution or linear layer together with the norm, bias, sum and activation behind it.
static void emit_fused(fuser *f, int i)
{
    nn_node_info node = nn_graph_node_at(f->old, i), last = node;
    nn_value in[4] = {map_value(f, node.in[0]), NN_NO_VALUE, NN_NO_VALUE, NN_NO_VALUE}, other;
    int norm = f->disabled_passes & NN_PASS_NORM ? -1 : sole_reader(f, node.out, &nn_op_batch_norm);
    nn_node_info norm_node = norm >= 0 ? nn_graph_node_at(f->old, norm) : node;
    union {
        nn_conv2d_params conv;
        nn_linear_params linear;
    } params;
    memcpy(&params, node.params, node.op->params_size);
    int32_t *act_field = node.op == &nn_op_conv2d ? &params.conv.act : &params.linear.act;
    if (norm >= 0 && *act_field == NN_ACT_NONE && can_fold(f, &node, &norm_node)) {
        fold_norm(f, &node, &norm_node, in);
        f->done[norm] = true;
        last = norm_node;
    } else {
        in[1] = map_value(f, node.in[1]);
        in[2] = node.n_in > 2 ? map_value(f, node.in[2]) : NN_NO_VALUE;
    }
    nn_value bias;
    const bool bare = node.op == &nn_op_linear && in[2] < 0 && *act_field == NN_ACT_NONE;
    const nn_shape *weight = nn_graph_value(f->old, node.in[1]).shape; // NULL: made by a node
    const int shift = bare && weight ? following_bias(f, last.out, weight->dim[0], &bias) : -1;
    if (shift >= 0) {
        in[2] = map_value(f, bias);
        f->done[shift] = true;
        last = nn_graph_node_at(f->old, shift);
    }
    int add = node.op == &nn_op_conv2d && *act_field == NN_ACT_NONE && node.n_in <= 3
                  ? following_add(f, last.out, &other)
                  : -1;
    if (add >= 0) {
        in[3] = f->map[other];
        f->done[add] = true;
        last = nn_graph_node_at(f->old, add);
    }
    nn_act act = NN_ACT_NONE;
    int next = *act_field == NN_ACT_NONE ? following_act(f, last.out, &act) : -1;
    if (next >= 0) {
        *act_field = act;
        f->done[next] = true;
        last = nn_graph_node_at(f->old, next);
    }
    // Readers see the value of the last node, so the new node keeps that node's name.
    f->map[last.out] = nn_graph_node(f->graph, node.op, last.name, &params, in,
                                     in[3] >= 0   ? 4
                                     : in[2] >= 0 ? 3
                                                  : 2);
}

// Emits a batch norm that could not be folded, with the activation behind it.
static void emit_norm(fuser *f, int i)
{
    nn_node_info node = nn_graph_node_at(f->old, i), last = node;
    nn_batch_norm_params params = *(const nn_batch_norm_params *)node.params;
    nn_value in[5];
    nn_act act;
    for (int k = 0; k < node.n_in; k++)
        in[k] = map_value(f, node.in[k]);
    int next = params.act == NN_ACT_NONE ? following_act(f, node.out, &act) : -1;
    if (next >= 0) {
        params.act = act;
        f->done[next] = true;
        last = nn_graph_node_at(f->old, next);
    }
    f->map[last.out] = nn_graph_node(f->graph, node.op, last.name, &params, in, node.n_in);
}

// Emits a layer norm in the place of its last node.
static void emit_layer_norm(fuser *f, int i)
{
    const nn_node_info node = nn_graph_node_at(f->old, i);
    const nn_fused_norm *norm = &f->norms[f->norm_of[i]];
    const nn_value in[] = {map_value(f, norm->x), map_value(f, norm->weight),
                           map_value(f, norm->bias)};
    f->map[node.out] = nn_graph_node(f->graph, &nn_op_layer_norm, node.name,
                                     &(nn_layer_norm_params){norm->eps}, in, 3);
}

static void emit_node(fuser *f, int i, nn_value *in)
{
    nn_node_info node = nn_graph_node_at(f->old, i);
    if (f->norm_of[i] >= 0) {
        emit_layer_norm(f, i);
    } else if (node.op == &nn_op_conv2d || node.op == &nn_op_linear) {
        emit_fused(f, i);
    } else if (node.op == &nn_op_batch_norm) {
        emit_norm(f, i);
    } else if (node.op->flags & NN_OP_RANDOM && !(f->disabled_passes & NN_PASS_DROPOUT)) {
        f->map[node.out] = map_value(f, node.in[0]);
    } else {
        for (int k = 0; k < node.n_in; k++)
            in[k] = map_value(f, node.in[k]);
        f->map[node.out] = nn_graph_node(f->graph, node.op, node.name, node.params, in, node.n_in);
    }
}

static void write_folded(nn_model *m, const folded *d)
{
    nn_tensor *weight = d->weight, *bias = &m->params[d->bias_param];
    int64_t rows = weight->shape.dim[0], row = rows ? nn_shape_count(&weight->shape) / rows : 0;
    for (int64_t o = 0; o < rows; o++) {
        double scale =
            nn_tensor_f32(d->norm[0])[o] / sqrt((double)nn_tensor_f32(d->norm[3])[o] + d->eps);
        double old_bias = d->bias ? nn_tensor_f32(d->bias)[o] : 0;
        for (int64_t k = 0; k < row; k++)
            nn_tensor_f32(weight)[o * row + k] =
                (float)(scale * nn_tensor_f32(weight)[o * row + k]);
        nn_tensor_f32(bias)[o] = (float)((old_bias - nn_tensor_f32(d->norm[2])[o]) * scale +
                                         nn_tensor_f32(d->norm[1])[o]);
    }
}

static nn_status build(fuser *f, nn_model **out, nn_error *err)
{
    nn_value in[NN_OP_MAX_IN];
    for (int v = 0; v < nn_graph_value_count(f->old); v++)
        f->map[v] = NN_NO_VALUE;
    for (int i = 0; i < nn_graph_input_count(f->old); i++) {
        nn_value v = nn_graph_input_at(f->old, i);
        f->map[v] = nn_graph_input(f->graph, nn_graph_value(f->old, v).name);
    }
    for (int i = 0; i < nn_graph_node_count(f->old); i++)
        if (!f->done[i])
            emit_node(f, i, in);
    for (int i = 0; i < nn_graph_output_count(f->old); i++)
        if (!is_auxiliary(f, i))
            nn_graph_output(f->graph, nn_graph_output_name(f->old, i),
                            map_value(f, nn_graph_output_at(f->old, i)));
    nn_graph *graph = f->graph;
    f->graph = NULL;
    nn_status status = nn_model_new_part(out, graph, f->copy_of, err);
    if (!status)
        status = nn_card_copy(&(*out)->card, &f->source->card, err);
    if (!status)
        status = nn_model_copy_bounds(*out, f->source, err);
    if (status)
        return status;
    (*out)->half = f->source->half;
    for (int i = 0; i < f->fold_count; i++) // nothing fails from here on
        write_folded(*out, &f->folds[i]);
    for (int i = 0; i < nn_graph_param_count(graph); i++)
        if (f->copy_of[i] >= 0) {
            (*out)->params[i] = f->source->params[f->copy_of[i]];
            f->source->params[f->copy_of[i]].data = NULL;
        }
    return NN_OK;
}

// Finds the shapes at the model's input size; without them sums are not moved.
static void find_shapes(fuser *f)
{
    const nn_card *card = &f->source->card;
    nn_shape usual = nn_shape_4d(1, nn_card_channels(card), card->input_h, card->input_w);
    const nn_shape *inputs = f->source->fixed_inputs ? f->source->fixed_inputs : &usual;
    int count = nn_graph_input_count(f->old);
    if (!f->shapes || (!f->source->fixed_inputs && (count != 1 || card->input_h < 1)))
        goto unknown;
    if (nn_graph_infer(f->old, inputs, count, f->shapes, NULL, NULL) == NN_OK)
        return;
unknown:
    nn_free(f->shapes);
    f->shapes = NULL;
}

nn_status nn_model_fuse(nn_model **model, unsigned disabled_passes, nn_error *err)
{
    nn_model *m = *model, *fused = NULL;
    size_t values = (size_t)nn_graph_value_count(m->graph),
           nodes = (size_t)nn_graph_node_count(m->graph);
    fuser f = {
        .source = m,
        .old = m->graph,
        .disabled_passes = disabled_passes,
        .shapes = nn_calloc(values, sizeof *f.shapes),
        .graph = nn_graph_new(),
        .map = nn_calloc(values, sizeof *f.map),
        .uses = nn_calloc(values, sizeof *f.uses),
        .reader = nn_calloc(values, sizeof *f.reader),
        .done = nn_calloc(nodes, sizeof *f.done),
        .norms = nn_calloc(nodes + 1, sizeof *f.norms),
        .norm_of = nn_calloc(nodes, sizeof *f.norm_of),
        // folding adds at most one bias per node
        .copy_of = nn_calloc(values + nodes, sizeof *f.copy_of),
        .folds = nn_calloc(nodes, sizeof *f.folds),
    };
    nn_status status;
    if (f.graph && f.map && f.uses && f.reader && f.done && f.copy_of && f.folds && f.norms &&
        f.norm_of) {
        find_shapes(&f);
        skip_auxiliary(&f);
        count_uses(&f);
        find_norms(&f);
        status = build(&f, &fused, err);
    } else {
        status = nn_fail(err, NN_ENOMEM, "no memory to fuse the graph");
    }
    nn_model_free(status ? fused : m);
    if (!status)
        *model = fused;
    nn_graph_free(f.graph);
    nn_free(f.shapes);
    nn_free(f.map);
    nn_free(f.uses);
    nn_free(f.reader);
    nn_free(f.done);
    nn_free(f.norms);
    nn_free(f.norm_of);
    nn_free(f.copy_of);
    nn_free(f.folds);
    return status;
}
