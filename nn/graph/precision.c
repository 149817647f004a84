// SPDX-License-Identifier: MIT
// Estimates what each layer of a quantised model takes on bytes and in float32, and cuts the graph
// where that costs least.
#include "nn/graph/precision.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/graph/min_cut.h"
#include "nn/graph/plan.h"
#include "nn/graph/quantized.h"
#include "nn/graph/rebuild.h"
#include "nn/graph/tuning_cache.h"
#include "nn/graph/unquantize.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <string.h>

enum { X, SCALE, ZERO }; // inputs of both quantisers

// Nanoseconds a number, with vectors. A core of 2022 at 3.6 GHz, as in nn_conv_cost.
static const double to_bytes = 0.15, from_bytes = 0.12, single = 15; // `single`: without vectors
static const double act_real[NN_ACT_COUNT] = {
    [NN_ACT_GELU] = 0.8, [NN_ACT_SILU] = 0.5, [NN_ACT_MISH] = 0.9, [NN_ACT_SIGMOID] = 0.5};

typedef struct chooser {
    const nn_model *m;
    const nn_graph *g;
    const nn_plan_options *options;
    nn_shape *shapes;
    int *uses, *place; // of each node: its place in the cut; 0: it is always float32
    int places, edges;
    double *narrow, *real; // seconds of each node
    nn_min_cut *cut;
} chooser;

static const nn_kernels *kernels_of(const chooser *c)
{
    return c->options->kernels ? c->options->kernels : nn_kernels_best();
}

static double numbers_of(const chooser *c, nn_value v)
{
    const double scalar = kernels_of(c)->microkernel.pixels > 1 ? 1 : single;
    return 1e-9 * scalar * (double)nn_shape_count(&c->shapes[v]);
}

// --- what a node reads and writes ---

static const nn_tensor *param_of(const chooser *c, nn_value v)
{
    if (v < 0)
        return NULL;
    const nn_value_info info = nn_graph_value(c->g, v);
    return info.kind == NN_VALUE_PARAM ? &c->m->params[info.index] : NULL;
}

static bool find_made(const chooser *c, nn_value v, const nn_op *op, nn_node_info *node)
{
    if (v < 0 || nn_graph_value(c->g, v).kind != NN_VALUE_NODE)
        return false;
    *node = nn_graph_node_at(c->g, nn_graph_value(c->g, v).index);
    return node->op == op;
}

static bool find_mapping(const chooser *c, const nn_node_info *node, nn_op_quantized *q)
{
    const nn_tensor *scale = param_of(c, node->in[SCALE]);
    const nn_tensor *zero = node->n_in > ZERO ? param_of(c, node->in[ZERO]) : NULL;
    if (!scale)
        return false;
    *q = (nn_op_quantized){.scale = nn_tensor_f32(scale), .scales = nn_shape_count(&scale->shape)};
    return nn_quantized_zero(zero, &q->zero);
}

// The node that alone reads v; -1: there are others, or none.
static int sole_reader(const chooser *c, nn_value v)
{
    for (int i = 0; i < nn_graph_node_count(c->g) && c->uses[v] == 1; i++) {
        const nn_node_info node = nn_graph_node_at(c->g, i);
        if (node.n_in > 0 && node.in[X] == v)
            return i;
    }
    return -1;
}

static bool find_output(const chooser *c, nn_value v, nn_op_quantized *q)
{
    const int i = sole_reader(c, v);
    if (i < 0 || nn_graph_node_at(c->g, i).op != &nn_op_quantize_linear)
        return false;
    const nn_node_info node = nn_graph_node_at(c->g, i);
    return find_mapping(c, &node, q);
}

// The problem of node i: fills `shapes` and `q`, of n_in and n_in + 1. False: it reads no bytes.
static bool find_problem(const chooser *c, const nn_node_info *node, nn_op_problem *p,
                         nn_shape *shapes, nn_op_quantized *q)
{
    bool any = false;
    *p = (nn_op_problem){.params = node->params,
                         .in = shapes,
                         .n_in = node->n_in,
                         .out = &c->shapes[node->out],
                         .threads = nn_pool_threads(c->options->pool),
                         .half = c->options->half,
                         .kernels = kernels_of(c)};
    memset(q, 0, ((size_t)node->n_in + 1) * sizeof *q);
    for (int k = 0; k < node->n_in; k++) {
        nn_node_info from;
        const nn_value v = node->in[k];
        shapes[k] = v < 0 ? (nn_shape){.rank = -1} : c->shapes[v];
        const bool whole = find_made(c, v, &nn_op_dequantize_linear, &from);
        const bool constant = param_of(c, v) || (whole && param_of(c, from.in[X]));
        if (whole && !find_mapping(c, &from, &q[k]))
            return false;
        q[k].small = whole && constant && kernels_of(c)->int8conv.small &&
                     nn_int8_weights_are_small(param_of(c, from.in[X]));
        any = any || (whole && !constant);
        if (k < 64) {
            p->constant |= (uint64_t)constant << k;
            p->blocked |= (uint64_t)(shapes[k].rank == 4 && !constant) << k;
        }
    }
    return any;
}

// --- what a node takes ---

// On bytes: as bytes, as bytes behind an activation, or as float32. False: not at all.
static bool find_narrow(const chooser *c, const nn_node_info *node, nn_op_problem *p,
                        nn_op_quantized *q, nn_op_impl *impl)
{
    const int after = sole_reader(c, node->out);
    p->quantized = q;
    if (find_output(c, node->out, &q[node->n_in]) && node->op->int8(p, impl))
        return true;
    if (after >= 0) {
        const nn_node_info act = nn_graph_node_at(c->g, after);
        p->act = nn_act_of_node(act.op, act.params);
        if (p->act != NN_ACT_NONE && find_output(c, act.out, &q[node->n_in]) &&
            node->op->int8(p, impl))
            return true;
    }
    p->act = NN_ACT_NONE;
    q[node->n_in] = (nn_op_quantized){0};
    return node->op->int8(p, impl);
}

// A sum becomes a part of the convolution before it in float32, a concatenation is no work at all.
static double find_real(const chooser *c, const nn_node_info *node, nn_op_problem *p)
{
    nn_op_impl found[NN_OP_MAX_IMPLS];
    nn_act act = NN_ACT_NONE;
    p->quantized = NULL;
    if (node->op == &nn_op_conv2d)
        act = (nn_act)((const nn_conv2d_params *)node->params)->act;
    else if (p->act != NN_ACT_NONE)
        act = p->act;
    p->act = NN_ACT_NONE;
    const int count = node->op->impls ? node->op->impls(p, found) : 0;
    return (count > 0 ? found[0].cost : 0) + act_real[act] * numbers_of(c, node->out);
}

static bool estimate(chooser *c, int i)
{
    const nn_node_info node = nn_graph_node_at(c->g, i);
    nn_shape shapes[NN_OP_MAX_IN];
    nn_op_quantized q[NN_OP_MAX_IN + 1];
    nn_op_problem p;
    nn_op_impl impl = {0};
    if (!node.op->int8 || nn_node_is_quantizer(c->g, i) || !find_problem(c, &node, &p, shapes, q) ||
        !find_narrow(c, &node, &p, q, &impl))
        return false;
    c->narrow[i] = impl.cost;
    c->real[i] = find_real(c, &node, &p);
    return true;
}

// --- the cut: layers on bytes are on the side of the source ---

static void count(chooser *c)
{
    c->places = NN_CUT_FIRST;
    c->edges = 0;
    for (int i = 0; i < nn_graph_node_count(c->g); i++) {
        const nn_node_info node = nn_graph_node_at(c->g, i);
        c->place[i] = estimate(c, i) ? c->places++ : 0;
        c->edges += 2 * node.n_in + 4;
    }
    for (int i = 0; i < nn_graph_node_count(c->g); i++)
        if (nn_graph_node_at(c->g, i).op == &nn_op_quantize_linear)
            c->places += 2;
}

static int place_of(const chooser *c, int node)
{
    const int place = c->place[nn_quantized_owner(c->g, c->uses, node)];
    return place ? place : NN_CUT_SINK;
}

// What the nodes read that read the value `narrow`, through dequantize_linear, pays `to` when one
// of them is float32 and its producer is not, and `back` the other way round.
static void link_readers(chooser *c, nn_value narrow, int producer, int from, int to)
{
    const nn_graph *g = c->g;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++) {
            nn_node_info read;
            if (nn_node_is_quantizer(g, i) ||
                !find_made(c, node.in[k], &nn_op_dequantize_linear, &read) || read.in[X] != narrow)
                continue;
            const int place = place_of(c, i);
            nn_min_cut_edge(c->cut, from, place, INFINITY);
            nn_min_cut_edge(c->cut, place, to, INFINITY);
        }
    }
    nn_min_cut_edge(c->cut, producer, from, from_bytes * numbers_of(c, narrow));
    nn_min_cut_edge(c->cut, to, producer, to_bytes * numbers_of(c, narrow));
}

static void link_values(chooser *c, int place)
{
    for (int i = 0; i < nn_graph_node_count(c->g); i++) {
        const nn_node_info node = nn_graph_node_at(c->g, i);
        if (node.op != &nn_op_quantize_linear)
            continue;
        const nn_value_info info = nn_graph_value(c->g, node.in[X]);
        const int producer =
            info.kind == NN_VALUE_NODE ? place_of(c, info.index) : (int)NN_CUT_SINK;
        link_readers(c, node.out, producer, place, place + 1);
        place += 2;
    }
}

// Float32 wins where both take about as long: it is the more accurate one.
static void link_nodes(chooser *c)
{
    const double margin = 1.05;
    for (int i = 0; i < nn_graph_node_count(c->g); i++)
        if (c->place[i]) {
            nn_min_cut_edge(c->cut, NN_CUT_SOURCE, c->place[i], c->real[i]);
            nn_min_cut_edge(c->cut, c->place[i], NN_CUT_SINK, margin * c->narrow[i]);
        }
}

// Fills real[i]; `changes`: whether any layer that can run on bytes is float32.
static nn_status cut(chooser *c, bool *real, bool *changes, nn_error *err)
{
    int values = NN_CUT_FIRST;
    count(c);
    for (int i = 0; i < nn_graph_node_count(c->g); i++)
        values += c->place[i] > 0;
    c->cut = nn_min_cut_new(c->places, c->edges);
    if (!c->cut)
        return nn_fail(err, NN_ENOMEM, "no memory to choose the precision of layers");
    link_nodes(c);
    link_values(c, values);
    nn_min_cut_solve(c->cut);
    for (int i = 0; i < nn_graph_node_count(c->g); i++) {
        real[i] = !c->place[i] || !nn_min_cut_at_source(c->cut, c->place[i]);
        *changes = *changes || (c->place[i] && real[i]);
    }
    return NN_OK;
}

static const char *const words[] = {"int8", "float32", "mixed"};
enum { ALL_INT8, ALL_FLOAT32, MIXED, WORDS };

nn_status nn_model_choose_precision(nn_model **m, const nn_shape *inputs, int n_inputs,
                                    const nn_plan_options *options, nn_error *err)
{
    const char *measured = options->tuning ? options->tuning->precision : "";
    const nn_graph *g = (*m)->graph;
    const size_t nodes = (size_t)nn_graph_node_count(g) + 1;
    if (!nn_graph_is_quantized(g) || options->exact ||
        options->knobs.disabled_passes & (NN_PASS_PRECISION | NN_PASS_INT8 | NN_PASS_IMPLS))
        return NN_OK;
    if (!strcmp(measured, words[ALL_INT8]))
        return NN_OK;
    if (!strcmp(measured, words[ALL_FLOAT32]))
        return nn_model_unquantize(m, NULL, err);
    chooser c = {.m = *m,
                 .g = g,
                 .options = options,
                 .shapes = nn_calloc((size_t)nn_graph_value_count(g), sizeof *c.shapes),
                 .uses = nn_graph_uses(g),
                 .place = nn_calloc(nodes, sizeof *c.place),
                 .narrow = nn_calloc(nodes, sizeof *c.narrow),
                 .real = nn_calloc(nodes, sizeof *c.real)};
    bool *real = nn_calloc(nodes, sizeof *real), changes = false;
    nn_status status = c.shapes && c.uses && c.place && c.narrow && c.real && real
                           ? nn_graph_infer(g, inputs, n_inputs, c.shapes, NULL, err)
                           : nn_fail(err, NN_ENOMEM, "no memory to choose the precision of layers");
    if (status == NN_OK)
        status = cut(&c, real, &changes, err);
    if (status == NN_OK && changes)
        status = nn_model_unquantize(m, real, err);
    nn_min_cut_free(c.cut);
    nn_free(c.shapes);
    nn_free(c.uses);
    nn_free(c.place);
    nn_free(c.narrow);
    nn_free(c.real);
    nn_free(real);
    return status;
}

// --- measured ---

typedef struct candidate {
    nn_model *model;
    nn_plan *plan;
    double seconds;
} candidate;

static nn_status make_candidate(candidate *c, int word, const nn_model *m, const nn_shape *inputs,
                                int n_inputs, const nn_plan_options *options, nn_error *err)
{
    nn_plan_options o = *options;
    o.compiled = true;
    o.tuning = NULL;
    o.release_weights_of = NULL;
    o.workspace = NULL;
    c->seconds = INFINITY;
    nn_status status = nn_model_copy(&c->model, m, err);
    if (status == NN_OK && word == ALL_FLOAT32)
        status = nn_model_unquantize(&c->model, NULL, err);
    if (status == NN_OK && word == MIXED)
        status = nn_model_choose_precision(&c->model, inputs, n_inputs, &o, err);
    if (status == NN_OK)
        status = nn_plan_new(&c->plan, c->model, inputs, n_inputs, &o, err);
    for (int i = 0; i < n_inputs && status == NN_OK; i++)
        nn_fill_reference_input(nn_plan_input(c->plan, i));
    if (status == NN_OK)
        nn_plan_run(c->plan);
    return status;
}

nn_status nn_model_tune_precision(nn_model **m, const nn_shape *inputs, int n_inputs,
                                  const nn_plan_options *options, int runs, char precision[12],
                                  nn_error *err)
{
    enum { RUNS = 7 };
    candidate c[WORDS] = {{.plan = NULL}};
    nn_status status = NN_OK;
    int best = 0;
    *precision = '\0';
    if (!nn_graph_is_quantized((*m)->graph) || options->exact)
        return NN_OK;
    for (int i = 0; i < WORDS && status == NN_OK; i++)
        status = make_candidate(&c[i], i, *m, inputs, n_inputs, options, err);
    for (int run = 0; run < WORDS * (runs ? runs : RUNS) && status == NN_OK; run++) {
        candidate *one = &c[run % WORDS];
        const double start = nn_clock_seconds();
        nn_plan_run(one->plan);
        one->seconds = fmin(one->seconds, nn_clock_seconds() - start);
    }
    for (int i = 0; i < WORDS; i++) {
        best = c[i].seconds < c[best].seconds ? i : best;
        nn_plan_free(c[i].plan);
    }
    if (status == NN_OK) {
        nn_model *taken = c[best].model;
        c[best].model = *m;
        *m = taken;
        memcpy(precision, words[best], strlen(words[best]) + 1);
    }
    for (int i = 0; i < WORDS; i++)
        nn_model_free(c[i].model);
    return status;
}
