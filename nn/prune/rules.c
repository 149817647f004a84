// SPDX-License-Identifier: MIT
// The rules of the operators: which channels of inputs and output depend on each other.
#include "nn/prune/rules.h"

#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"
#include "nn/prune/rules_shape.h"

enum { X, WEIGHT, BIAS, SKIP };                  // inputs of layers
enum { ROWS, COLUMNS, CHANNELS = 1, IMAGE = 4 }; // axes of weights, and of images

static bool has(const nn_node_info *node, int k)
{
    return k < node->n_in && node->in[k] >= 0;
}

// Every axis of input 0 that the output has, too, but those in the bit mask, which stay whole.
static void pass(nn_channels *c, const nn_node_info *node, unsigned whole)
{
    for (int axis = 0; axis < c->shapes[node->out].rank; axis++) {
        nn_channel_list *list = nn_channels_ask(c, node->in[X], axis);
        if (list && (whole >> axis & 1 || c->shapes[node->out].dim[axis] != list->count)) {
            nn_channels_fix(c, list);
            list = NULL;
        }
        nn_channels_set(c, node->out, axis, list);
    }
}

// Element by element, or sample by sample: activations, dropout.
static void find_same(nn_channels *c, int i, const nn_node_info *node)
{
    (void)i;
    pass(c, node, 0);
}

// Works on planes: pooling, resizing, perhaps to the size of another image.
static void find_planes(nn_channels *c, int i, const nn_node_info *node)
{
    (void)i;
    pass(c, node, 1u << 2 | 1u << 3);
    for (int axis = 2; axis < IMAGE && has(node, 1); axis++)
        nn_channels_fix(c, nn_channels_ask(c, node->in[1], axis));
}

static void find_softmax(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_softmax_params *p = node->params;
    (void)i;
    pass(c, node, 1u << nn_op_axis_of(p->axis, &c->shapes[node->in[X]]));
}

static void find_layer_norm(nn_channels *c, int i, const nn_node_info *node)
{
    (void)i;
    pass(c, node, 1u << (c->shapes[node->out].rank - 1));
    for (int k = WEIGHT; k < node->n_in; k++)
        if (has(node, k))
            nn_channels_fix_all(c, node->in[k]);
}

// The taps of each channel's kernel.
static void find_elastic(nn_channels *c, int i, const nn_node_info *node)
{
    (void)i;
    pass(c, node, 1u << 2 | 1u << 3);
    nn_channels_fix_all(c, node->in[1]);
    nn_channels_fix_all(c, node->in[2]);
}

static void find_norm(nn_channels *c, int i, const nn_node_info *node)
{
    (void)i;
    for (int k = WEIGHT; k < node->n_in; k++)
        nn_channels_unite(c, nn_channels_ask(c, node->in[X], CHANNELS),
                          nn_channels_ask(c, node->in[k], 0));
    pass(c, node, 0);
}

// --- sums and products, with numpy's broadcasting ---

static void find_broadcast(nn_channels *c, int i, const nn_node_info *node)
{
    const int rank = c->shapes[node->out].rank;
    (void)i;
    for (int axis = 0; axis < rank; axis++) {
        nn_channel_list *out = NULL;
        bool first = true;
        for (int k = 0; k < node->n_in; k++) {
            const nn_shape *s = &c->shapes[node->in[k]];
            const int at = axis - (rank - s->rank);
            if (at < 0 || s->dim[at] != c->shapes[node->out].dim[axis])
                continue; // one element for all
            nn_channel_list *list = nn_channels_ask(c, node->in[k], at);
            if (!first)
                nn_channels_unite(c, out, list);
            out = first || list ? list : out;
            first = false;
        }
        nn_channels_set(c, node->out, axis, out);
    }
}

// --- layers ---

static void fix_but(nn_channels *c, nn_value v, unsigned axes)
{
    for (int axis = 0; axis < c->shapes[v].rank; axis++)
        if (!(axes >> axis & 1))
            nn_channels_fix(c, nn_channels_ask(c, v, axis));
}

static bool is_depthwise(const nn_channels *c, const nn_node_info *node, int groups, int axis)
{
    return c->shapes[node->in[WEIGHT]].dim[axis] == 1 && groups > 1 &&
           groups == c->shapes[node->in[X]].dim[CHANNELS];
}

// Row r of the weight reads channel r / times alone.
static void unite_depthwise(nn_channels *c, const nn_channel_list *x, const nn_channel_list *rows)
{
    const int times = x && rows && x->count > 0 ? rows->count / x->count : 0;
    if (times < 1 || times * x->count != rows->count) {
        nn_channels_unite(c, x, NULL);
        nn_channels_unite(c, rows, NULL);
        return;
    }
    for (int r = 0; r < rows->count; r++)
        nn_channels_unite_atoms(c, x->atom[r / times], rows->atom[r]);
}

// Groups stay as many: the same channels of each go together.
static void unite_groups(nn_channels *c, const nn_channel_list *x, const nn_channel_list *rows,
                         const nn_channel_list *columns, int groups)
{
    for (int k = 0; rows && k < rows->count; k++)
        nn_channels_unite_atoms(c, rows->atom[k % (rows->count / groups)], rows->atom[k]);
    if (!x || !columns || columns->count * groups != x->count) {
        nn_channels_fix(c, x);
        nn_channels_fix(c, columns);
        return;
    }
    for (int k = 0; k < x->count; k++)
        nn_channels_unite_atoms(c, columns->atom[k % columns->count], x->atom[k]);
}

static void find_conv(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_conv2d_params *p = node->params;
    const nn_value weight = node->in[WEIGHT];
    nn_channel_list *x = nn_channels_ask(c, node->in[X], CHANNELS),
                    *rows = nn_channels_ask(c, weight, ROWS),
                    *columns = nn_channels_ask(c, weight, COLUMNS);
    fix_but(c, node->in[X], 1u << CHANNELS);
    fix_but(c, weight, 1u << ROWS | 1u << COLUMNS);
    if (is_depthwise(c, node, p->groups, COLUMNS))
        unite_depthwise(c, x, rows);
    else if (p->groups == 1)
        nn_channels_unite(c, x, columns);
    else
        unite_groups(c, x, rows, columns, p->groups);
    if (has(node, BIAS))
        nn_channels_unite(c, rows, nn_channels_ask(c, node->in[BIAS], 0));
    if (has(node, SKIP)) {
        nn_channels_unite(c, rows, nn_channels_ask(c, node->in[SKIP], CHANNELS));
        fix_but(c, node->in[SKIP], 1u << CHANNELS);
    }
    nn_channels_set(c, node->out, CHANNELS, rows);
    nn_channels_layer(c, i, ROWS, rows);
}

static void rewrite_conv(const nn_channels *c, const nn_node_info *node, const bool *removed,
                         void *params)
{
    nn_conv2d_params *p = params;
    const nn_channel_list *x = nn_channels_at(c, node->in[X], CHANNELS);
    if (x && is_depthwise(c, node, p->groups, COLUMNS))
        p->groups = nn_channels_kept(c, x, removed);
}

static void find_conv_transpose(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_conv_transpose_params *p = node->params;
    const nn_value weight = node->in[WEIGHT];
    nn_channel_list *x = nn_channels_ask(c, node->in[X], CHANNELS),
                    *made = nn_channels_ask(c, weight, COLUMNS),
                    *read = nn_channels_ask(c, weight, ROWS);
    const bool depthwise = is_depthwise(c, node, p->groups, COLUMNS);
    fix_but(c, node->in[X], 1u << CHANNELS);
    fix_but(c, weight, 1u << ROWS | 1u << COLUMNS);
    nn_channels_unite(c, x, read);
    if (p->groups != 1 && !depthwise) {
        nn_channels_fix(c, x);
        nn_channels_fix(c, read);
        nn_channels_fix(c, made);
        made = NULL;
    }
    made = depthwise ? read : made;
    if (has(node, BIAS))
        nn_channels_unite(c, made, nn_channels_ask(c, node->in[BIAS], 0));
    nn_channels_set(c, node->out, CHANNELS, made);
    nn_channels_layer(c, i, depthwise ? ROWS : COLUMNS, made);
}

static void rewrite_conv_transpose(const nn_channels *c, const nn_node_info *node,
                                   const bool *removed, void *params)
{
    nn_conv_transpose_params *p = params;
    const nn_channel_list *x = nn_channels_at(c, node->in[X], CHANNELS);
    if (x && is_depthwise(c, node, p->groups, COLUMNS))
        p->groups = nn_channels_kept(c, x, removed);
}

// A product of the last axis of x with axis `from` of the weight, which makes axis `to`.
static nn_channel_list *find_product(nn_channels *c, const nn_node_info *node, int from, int to)
{
    const int last = c->shapes[node->in[X]].rank - 1;
    nn_channel_list *made = nn_channels_ask(c, node->in[WEIGHT], to);
    for (int axis = 0; axis < last; axis++)
        nn_channels_set(c, node->out, axis, nn_channels_ask(c, node->in[X], axis));
    nn_channels_unite(c, nn_channels_ask(c, node->in[X], last),
                      nn_channels_ask(c, node->in[WEIGHT], from));
    nn_channels_set(c, node->out, last, made);
    return made;
}

static void find_linear(nn_channels *c, int i, const nn_node_info *node)
{
    nn_channel_list *made = find_product(c, node, COLUMNS, ROWS);
    if (has(node, BIAS))
        nn_channels_unite(c, made, nn_channels_ask(c, node->in[BIAS], 0));
    nn_channels_layer(c, i, ROWS, made);
}

// A weight of two axes is that of a dense layer. Other products, as of attention, stay whole.
static void find_matmul(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_matmul_params *p = node->params;
    const bool weight = nn_graph_value(c->graph, node->in[WEIGHT]).kind == NN_VALUE_PARAM;
    if (!weight || p->trans_a || c->shapes[node->in[WEIGHT]].rank != 2 ||
        c->shapes[node->in[X]].rank < 2) {
        nn_channels_fix_all(c, node->in[X]);
        nn_channels_fix_all(c, node->in[WEIGHT]);
        return;
    }
    const int from = p->trans_b ? 1 : 0;
    nn_channels_layer(c, i, 1 - from, find_product(c, node, from, 1 - from));
}

// --- the table ---

#define SAME(word, ...) {&nn_op_##word, find_same, NULL},
static const nn_channel_rule rules[] = {
    NN_ACT_OPS(SAME) // clang-format off
    {&nn_op_pointwise, find_same, NULL},
    {&nn_op_dropout, find_same, NULL},
    {&nn_op_softmax, find_softmax, NULL},
    {&nn_op_layer_norm, find_layer_norm, NULL},
    {&nn_op_elastic_kernel, find_elastic, NULL},
    {&nn_op_batch_norm, find_norm, NULL},
    {&nn_op_max_pool, find_planes, NULL},
    {&nn_op_avg_pool, find_planes, NULL},
    {&nn_op_adaptive_avg_pool, find_planes, NULL},
    {&nn_op_resize, find_planes, NULL},
    {&nn_op_resample, find_planes, NULL},
    {&nn_op_add, find_broadcast, NULL},
    {&nn_op_mul, find_broadcast, NULL},
    {&nn_op_arithmetic, find_broadcast, NULL},
    {&nn_op_conv2d, find_conv, rewrite_conv},
    {&nn_op_conv_transpose, find_conv_transpose, rewrite_conv_transpose},
    {&nn_op_linear, find_linear, NULL},
    {&nn_op_matmul, find_matmul, NULL},
    {&nn_op_concat, nn_channels_concat, NULL},
    {&nn_op_slice, nn_channels_slice, nn_channels_rewrite_slice},
    {&nn_op_reshape, nn_channels_reshape, nn_channels_rewrite_reshape},
    {&nn_op_flatten, nn_channels_reshape, NULL},
    {&nn_op_transpose, nn_channels_transpose, NULL},
    {&nn_op_reduce, nn_channels_reduce, NULL},
    {&nn_op_pad, nn_channels_pad, NULL},
    {&nn_op_tile, nn_channels_tile, NULL},
}; // clang-format on

const nn_channel_rule *nn_channel_rule_of(const nn_op *op)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].op == op)
            return &rules[i];
    return NULL;
}

nn_status nn_channels_find(nn_channels *c, const nn_graph *g, const nn_shape *shapes, nn_error *err)
{
    const nn_status status = nn_channels_init(c, g, shapes, err);
    for (int i = 0; i < nn_graph_node_count(g) && !c->failed; i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        const nn_channel_rule *rule = nn_channel_rule_of(node.op);
        if (rule)
            rule->find(c, i, &node);
        for (int k = 0; k < node.n_in && !rule; k++)
            if (node.in[k] >= 0)
                nn_channels_fix_all(c, node.in[k]);
    }
    for (int i = 0; i < nn_graph_output_count(g) && !c->failed; i++)
        nn_channels_fix_all(c, nn_graph_output_at(g, i));
    return status == NN_OK && c->failed
               ? nn_fail(err, NN_ENOMEM, "no memory for the channels of the graph")
               : status;
}
