// SPDX-License-Identifier: MIT
// Rewrites a quantised graph: without quantize_linear and dequantize_linear between layers that
// become float32, and with float32 weights for them.
#include "nn/graph/unquantize.h"

#include "nn/base/memory.h"
#include "nn/graph/model_internal.h"
#include "nn/graph/quantized.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { X, SCALE, ZERO }; // inputs of both operators

typedef struct stripper {
    const nn_model *m;
    const nn_graph *g;
    const bool *real;
    int *uses;
    bool *dropped;   // of each value: a quantize_linear whose value is no longer rounded
    bool *narrow;    // of each value: some layer on bytes reads or makes it
    nn_value *plain; // of each value: the parameter in the new graph that takes its place
    nn_rebuild r;
} stripper;

int *nn_graph_uses(const nn_graph *g)
{
    int *uses = nn_calloc((size_t)nn_graph_value_count(g) + 1, sizeof *uses);
    for (int i = 0; uses && i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0)
                uses[node.in[k]]++;
    }
    for (int i = 0; uses && i < nn_graph_output_count(g); i++)
        uses[nn_graph_output_at(g, i)]++;
    return uses;
}

int nn_quantized_owner(const nn_graph *g, const int *uses, int node)
{
    const nn_node_info n = nn_graph_node_at(g, node);
    if (nn_act_of_node(n.op, n.params) == NN_ACT_NONE || n.n_in < 1 || n.in[X] < 0)
        return node;
    const nn_value_info info = nn_graph_value(g, n.in[X]);
    return info.kind == NN_VALUE_NODE && uses[n.in[X]] == 1 ? info.index : node;
}

static const nn_op *op_of(const stripper *s, nn_value v, nn_node_info *node)
{
    if (v < 0 || nn_graph_value(s->g, v).kind != NN_VALUE_NODE)
        return NULL;
    *node = nn_graph_node_at(s->g, nn_graph_value(s->g, v).index);
    return node->op;
}

static bool is_real(const stripper *s, int node)
{
    return !s->real || s->real[nn_quantized_owner(s->g, s->uses, node)];
}

static float zero_of(const stripper *s, const nn_node_info *node)
{
    if (node->n_in <= ZERO || node->in[ZERO] < 0)
        return 0;
    const nn_value_info info = nn_graph_value(s->g, node->in[ZERO]);
    return info.kind == NN_VALUE_PARAM ? nn_tensor_f32(&s->m->params[info.index])[0] : 0;
}

// A bound of v from below. Looks at `left` nodes at most: sums may double them at each step.
static double least_of(const stripper *s, nn_value v, int *left)
{
    static const double least_act[NN_ACT_COUNT] = {[NN_ACT_GELU] = -0.18,
                                                   [NN_ACT_SILU] = -0.28,
                                                   [NN_ACT_MISH] = -0.31,
                                                   [NN_ACT_HARD_SWISH] = -0.38};
    nn_node_info node;
    const nn_op *op = op_of(s, v, &node);
    if (!op || --*left < 0)
        return -INFINITY;
    nn_act act = nn_act_of_node(op, node.params);
    if (op == &nn_op_conv2d)
        act = (nn_act)((const nn_conv2d_params *)node.params)->act;
    if (op == &nn_op_batch_norm)
        act = (nn_act)((const nn_batch_norm_params *)node.params)->act;
    if (op == &nn_op_linear)
        act = (nn_act)((const nn_linear_params *)node.params)->act;
    if (act != NN_ACT_NONE && nn_act_slope(act) == 0)
        return least_act[act];
    if (op == &nn_op_dequantize_linear || op == &nn_op_quantize_linear) {
        const bool whole = ((const nn_quantize_params *)node.params)->type == NN_QUANTIZED_U8;
        return whole && zero_of(s, &node) == 0 ? 0 : least_of(s, node.in[X], left);
    }
    const bool sum = op == &nn_op_add;
    if (op != &nn_op_max_pool && op != &nn_op_avg_pool && op != &nn_op_concat && !sum &&
        op != &nn_op_adaptive_avg_pool && op != &nn_op_flatten && op != &nn_op_resize)
        return -INFINITY;
    double least = 0;
    for (int k = 0; k < node.n_in; k++) {
        const bool read = node.in[k] >= 0 && !(k < 64 && op->shape_only >> k & 1);
        const double other = read ? least_of(s, node.in[k], left) : 0;
        least = sum ? least + other : fmin(least, other);
    }
    return least;
}

// Marks the values of u8 that layers on bytes read or make.
static void find_narrow(stripper *s)
{
    for (int i = 0; i < nn_graph_node_count(s->g); i++) {
        nn_node_info node = nn_graph_node_at(s->g, i), from;
        if (nn_node_is_quantizer(s->g, i)) {
            const bool to = node.op == &nn_op_quantize_linear;
            const nn_value_info info = nn_graph_value(s->g, node.in[X]);
            if (to && info.kind == NN_VALUE_NODE && !is_real(s, info.index))
                s->narrow[node.out] = true;
            continue;
        }
        for (int k = 0; k < node.n_in && !is_real(s, i); k++)
            if (op_of(s, node.in[k], &from) == &nn_op_dequantize_linear)
                s->narrow[from.in[X]] = true;
    }
}

static float scale_of(const stripper *s, const nn_node_info *node)
{
    const nn_value_info info = nn_graph_value(s->g, node->in[SCALE]);
    return info.kind == NN_VALUE_PARAM ? nn_tensor_f32(&s->m->params[info.index])[0] : 0;
}

// A range that ends at zero cuts off what lies more than a step below it.
static bool may_drop(const stripper *s, const nn_node_info *quantize)
{
    const nn_quantize_params *p = quantize->params;
    const float zero = zero_of(s, quantize);
    int left = 256;
    return (zero > nn_quantized_low(p->type) && zero < nn_quantized_high(p->type)) ||
           (zero == nn_quantized_low(p->type) &&
            least_of(s, quantize->in[X], &left) >= -(double)scale_of(s, quantize));
}

static bool reads_weight(const stripper *s, const nn_node_info *node)
{
    return node->op == &nn_op_dequantize_linear && node->in[X] >= 0 &&
           nn_graph_value(s->g, node->in[X]).kind == NN_VALUE_PARAM;
}

// A weight whose layers all become float32.
static bool is_plain_weight(const stripper *s, const nn_node_info *weight)
{
    for (int i = 0; i < nn_graph_node_count(s->g); i++) {
        const nn_node_info node = nn_graph_node_at(s->g, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] == weight->out && !is_real(s, i))
                return false;
    }
    return true;
}

static nn_status infer_weight(const stripper *s, const nn_node_info *node, nn_shape *out,
                              nn_error *err)
{
    nn_shape in[ZERO + 1];
    for (int k = 0; k < node->n_in && k <= ZERO; k++) {
        const nn_value_info info = node->in[k] >= 0 ? nn_graph_value(s->g, node->in[k])
                                                    : (nn_value_info){.kind = NN_VALUE_NODE};
        in[k] = info.kind == NN_VALUE_PARAM ? *info.shape : (nn_shape){.rank = -1};
    }
    return node->op->shape(node->params, in, node->n_in, out, err);
}

// Copies a node; a float32 layer reads what a float32 layer made as it was before it was rounded.
static void copy(stripper *s, int i)
{
    nn_value before[NN_OP_MAX_IN];
    const nn_node_info node = nn_graph_node_at(s->g, i);
    nn_node_info from, made;
    for (int k = 0; k < node.n_in; k++) {
        before[k] = node.in[k] >= 0 ? s->r.map[node.in[k]] : NN_NO_VALUE;
        if (!is_real(s, i) || op_of(s, node.in[k], &from) != &nn_op_dequantize_linear ||
            op_of(s, from.in[X], &made) != &nn_op_quantize_linear || !may_drop(s, &made))
            continue;
        const nn_value_info info = nn_graph_value(s->g, made.in[X]);
        if (info.kind != NN_VALUE_NODE || is_real(s, info.index))
            s->r.map[node.in[k]] = nn_rebuild_value(&s->r, made.in[X]);
    }
    nn_rebuild_value(&s->r, node.out);
    for (int k = node.n_in - 1; k >= 0; k--) // backwards: an input may be there twice
        if (node.in[k] >= 0 && before[k] != NN_NO_VALUE)
            s->r.map[node.in[k]] = before[k];
}

static nn_status write_nodes(stripper *s, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < nn_graph_node_count(s->g) && status == NN_OK; i++) {
        const nn_node_info node = nn_graph_node_at(s->g, i);
        nn_node_info made;
        const bool from = node.op == &nn_op_dequantize_linear;
        if (node.op == &nn_op_quantize_linear && !s->narrow[node.out] && may_drop(s, &node)) {
            s->dropped[node.out] = true;
        } else if (from && op_of(s, node.in[X], &made) == &nn_op_quantize_linear &&
                   s->dropped[made.out]) {
            s->r.map[node.out] = nn_rebuild_value(&s->r, made.in[X]);
        } else if (reads_weight(s, &node) && is_plain_weight(s, &node)) {
            nn_shape shape;
            status = infer_weight(s, &node, &shape, err);
            if (status == NN_OK)
                s->r.map[node.out] = s->plain[node.out] =
                    nn_graph_param(s->r.graph, node.name, NN_PARAM_WEIGHT, &shape);
        } else {
            copy(s, i);
        }
    }
    for (int i = 0; i < nn_graph_output_count(s->g); i++)
        nn_graph_output(s->r.graph, nn_graph_output_name(s->g, i),
                        nn_rebuild_value(&s->r, nn_graph_output_at(s->g, i)));
    return status;
}

static void write_weight(const stripper *s, const nn_node_info *node, nn_tensor *out)
{
    nn_tensor in[ZERO + 1] = {{.data = NULL}};
    for (int k = 0; k < node->n_in && k <= ZERO; k++)
        if (node->in[k] >= 0)
            in[k] = s->m->params[nn_graph_value(s->g, node->in[k]).index];
    const nn_op_call call = {.params = node->params,
                             .in = in,
                             .n_in = node->n_in,
                             .out = out,
                             .kernels = nn_kernels_best()};
    node->op->forward(&call);
}

static nn_status strip(stripper *s, nn_model **out, nn_error *err)
{
    nn_status status = nn_rebuild_begin(&s->r, s->m, false, err);
    if (status == NN_OK)
        status = write_nodes(s, err);
    const nn_graph *made = s->r.graph; // the model's from now on
    if (status == NN_OK)
        status = nn_rebuild_finish(&s->r, out, err);
    if (status == NN_OK)
        status = nn_model_copy_bounds(*out, s->m, err);
    for (int i = 0; i < nn_graph_node_count(s->g) && status == NN_OK; i++) {
        const nn_node_info node = nn_graph_node_at(s->g, i);
        if (s->plain[node.out] != NN_NO_VALUE)
            write_weight(s, &node, &(*out)->params[nn_graph_value(made, s->plain[node.out]).index]);
    }
    if (status == NN_OK) {
        (*out)->half = s->m->half;
        status = nn_model_fuse(out, 0, err);
    }
    return status;
}

nn_status nn_model_unquantize(nn_model **m, const bool *real, nn_error *err)
{
    const nn_graph *g = (*m)->graph;
    const size_t values = (size_t)nn_graph_value_count(g) + 1;
    nn_model *out = NULL;
    stripper s = {.m = *m,
                  .g = g,
                  .real = real,
                  .uses = nn_graph_uses(g),
                  .dropped = nn_calloc(values, sizeof *s.dropped),
                  .narrow = nn_calloc(values, sizeof *s.narrow),
                  .plain = nn_calloc(values, sizeof *s.plain)};
    nn_status status = s.uses && s.dropped && s.narrow && s.plain
                           ? NN_OK
                           : nn_fail(err, NN_ENOMEM, "no memory to copy the graph");
    if (status == NN_OK) {
        for (size_t v = 0; v < values; v++)
            s.plain[v] = NN_NO_VALUE;
        find_narrow(&s);
        status = strip(&s, &out, err);
    }
    nn_rebuild_release(&s.r);
    nn_free(s.uses);
    nn_free(s.dropped);
    nn_free(s.narrow);
    nn_free(s.plain);
    if (status == NN_OK) {
        nn_model_free(*m);
        *m = out;
    } else {
        nn_model_free(out);
    }
    return status;
}
