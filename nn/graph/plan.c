// SPDX-License-Identifier: MIT
// Plans: memory laid out once, then run as often as wanted.
#include "nn/graph/plan.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/plan_internal.h"

#include <string.h>
#include <time.h>

static nn_status no_memory(nn_error *err, size_t bytes)
{
    return nn_fail(err, NN_ENOMEM, "no memory for a plan of %zu bytes", bytes);
}

static bool keeps_all(const nn_plan *plan)
{
    return plan->options.training || plan->options.keep_values;
}

static nn_status make_tables(nn_plan *plan, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    size_t inputs = 0;
    for (int i = 0; i < plan->node_count; i++)
        inputs += (size_t)nn_graph_node_at(g, i).n_in;
    plan->values = nn_calloc((size_t)plan->value_count, sizeof *plan->values);
    plan->grads = nn_calloc((size_t)plan->value_count, sizeof *plan->grads);
    plan->readable = nn_calloc((size_t)plan->value_count, sizeof *plan->readable);
    plan->started = nn_calloc((size_t)plan->value_count, sizeof *plan->started);
    plan->nodes = nn_calloc((size_t)plan->node_count, sizeof *plan->nodes);
    plan->tensors = nn_calloc(2 * inputs, sizeof *plan->tensors);
    if (!plan->values || !plan->grads || !plan->readable || !plan->started || !plan->nodes ||
        !plan->tensors)
        return no_memory(err, inputs * sizeof *plan->tensors);
    nn_tensor *next = plan->tensors;
    for (int i = 0; i < plan->node_count; i++) {
        plan->nodes[i].in = next;
        plan->nodes[i].grad_in = next + inputs;
        next += nn_graph_node_at(g, i).n_in;
    }
    return NN_OK;
}

// Fills plan->values[] but for the data of what nodes compute, and the nodes' macs.
static nn_status infer_values(nn_plan *plan, const nn_shape *inputs, int n_inputs, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    nn_shape *shapes = nn_calloc((size_t)plan->value_count, sizeof *shapes);
    double *macs = nn_calloc((size_t)plan->node_count, sizeof *macs);
    nn_status status;
    if (shapes && macs)
        status = nn_graph_infer(g, inputs, n_inputs, shapes, macs, err);
    else
        status = no_memory(err, (size_t)plan->value_count * sizeof *shapes);
    for (int v = 0; v < plan->value_count && !status; v++) {
        nn_value_info info = nn_graph_value(g, v);
        if (info.kind == NN_VALUE_PARAM)
            plan->values[v] = plan->model->params[info.index];
        else
            plan->values[v].shape = shapes[v];
    }
    for (int i = 0; i < plan->node_count && !status; i++)
        plan->nodes[i].macs = macs[i];
    nn_free(shapes);
    nn_free(macs);
    return status;
}

// Step of the last node that reads the data of each value; outputs live to the end.
static void find_last_use(const nn_plan *plan, int *last)
{
    const nn_graph *g = plan->model->graph;
    for (int v = 0; v < plan->value_count; v++)
        last[v] = -1;
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        if (last[node.out] < i)
            last[node.out] = i; // even an unused output is written
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0 && !(k < 64 && node.op->shape_only >> k & 1))
                last[node.in[k]] = i;
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        last[nn_graph_output_at(g, i)] = plan->node_count;
    for (int i = 0; i < nn_graph_input_count(g); i++)
        last[nn_graph_input_at(g, i)] =
            plan->node_count; // a caller may run again without refilling
    if (keeps_all(plan))
        for (int v = 0; v < plan->value_count; v++)
            last[v] = plan->node_count;
}

// An in-place node takes over the block of its first input when nobody reads that afterwards.
static bool shares_input(const nn_plan *plan, int i, const int *last)
{
    const nn_graph *g = plan->model->graph;
    nn_node_info node = nn_graph_node_at(g, i);
    if (!(node.op->flags & NN_OP_INPLACE) || keeps_all(plan) || node.in[0] < 0)
        return false;
    if (nn_graph_value(g, node.in[0]).kind != NN_VALUE_NODE || last[node.in[0]] != i)
        return false;
    for (int k = 1; k < node.n_in; k++)
        if (node.in[k] == node.in[0])
            return false;
    return nn_shape_count(&plan->values[node.in[0]].shape) ==
           nn_shape_count(&plan->values[node.out].shape);
}

static void lay_out_blocks(const nn_plan *plan, const int *last, nn_block *blocks, int *owner)
{
    const nn_graph *g = plan->model->graph;
    for (int v = 0; v < plan->value_count; v++) {
        nn_value_info info = nn_graph_value(g, v);
        owner[v] = v;
        blocks[v] = (nn_block){.first = 0, .last = -1};
        if (info.kind == NN_VALUE_PARAM)
            continue;
        blocks[v].bytes = nn_tensor_bytes(&plan->values[v]);
        blocks[v].first = info.kind == NN_VALUE_INPUT ? -1 : info.index;
        blocks[v].last = last[v];
        if (info.kind == NN_VALUE_NODE && shares_input(plan, info.index, last)) {
            owner[v] = owner[nn_graph_node_at(g, info.index).in[0]];
            blocks[owner[v]].last = last[v];
            blocks[v].last = blocks[v].first - 1;
        }
    }
}

static nn_status place_values(nn_plan *plan, nn_error *err)
{
    size_t n = (size_t)plan->value_count;
    int *last = nn_calloc(n, sizeof *last), *owner = nn_calloc(n, sizeof *owner);
    nn_block *blocks = nn_calloc(n, sizeof *blocks);
    nn_status status = NN_OK;
    if (!last || !owner || !blocks) {
        status = no_memory(err, n * sizeof *blocks);
        goto done;
    }
    find_last_use(plan, last);
    lay_out_blocks(plan, last, blocks, owner);
    status = nn_arena_place(blocks, plan->value_count, &plan->arena_bytes, err);
    if (status)
        goto done;
    plan->arena = nn_calloc(1, plan->arena_bytes);
    if (!plan->arena) {
        status = no_memory(err, plan->arena_bytes);
        goto done;
    }
    for (int v = 0; v < plan->value_count; v++) {
        bool param = nn_graph_value(plan->model->graph, v).kind == NN_VALUE_PARAM;
        if (!param)
            plan->values[v].data = (char *)plan->arena + blocks[owner[v]].offset;
        plan->readable[v] = param || last[v] == plan->node_count;
    }
done:
    nn_free(last);
    nn_free(owner);
    nn_free(blocks);
    return status;
}

static size_t scratch_of(const nn_plan *plan, const nn_node_info *node, bool backward, nn_shape *in)
{
    for (int k = 0; k < node->n_in; k++)
        in[k] = node->in[k] < 0 ? (nn_shape){.rank = -1} : plan->values[node->in[k]].shape;
    return node->op->scratch(node->params, in, node->n_in, &plan->values[node->out].shape,
                             nn_pool_threads(plan->options.pool), backward);
}

static nn_status place_scratch(nn_plan *plan, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    nn_shape *in = nn_calloc(NN_OP_MAX_IN, sizeof *in);
    if (!in)
        return no_memory(err, NN_OP_MAX_IN * sizeof *in);
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        for (int pass = 0; node.op->scratch && pass <= plan->options.training; pass++) {
            size_t bytes = scratch_of(plan, &node, pass, in);
            plan->scratch_bytes = bytes > plan->scratch_bytes ? bytes : plan->scratch_bytes;
        }
        if (node.op->saved && plan->options.training) {
            for (int k = 0; k < node.n_in; k++)
                in[k] = node.in[k] < 0 ? (nn_shape){.rank = -1} : plan->values[node.in[k]].shape;
            size_t bytes =
                node.op->saved(node.params, in, node.n_in, &plan->values[node.out].shape);
            plan->nodes[i].saved_bytes = (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
            plan->saved_bytes += plan->nodes[i].saved_bytes;
        }
    }
    nn_free(in);
    plan->scratch = nn_alloc(plan->scratch_bytes);
    plan->saved = nn_alloc(plan->saved_bytes);
    if (!plan->scratch || !plan->saved)
        return no_memory(err, plan->scratch_bytes + plan->saved_bytes);
    return NN_OK;
}

static void fill_calls(nn_plan *plan)
{
    char *saved = plan->saved;
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(plan->model->graph, i);
        plan_node *n = &plan->nodes[i];
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0)
                n->in[k] = plan->values[node.in[k]];
            else
                n->in[k] = (nn_tensor){.shape.rank = -1};
        n->call = (nn_op_call){
            .params = node.params,
            .in = n->in,
            .n_in = node.n_in,
            .out = &plan->values[node.out],
            .saved = plan->options.training && node.op->saved ? saved : NULL,
            .scratch = plan->scratch,
            .pool = plan->options.pool,
            .kernels = plan->options.kernels,
            .training = plan->options.training,
        };
        saved += n->saved_bytes;
    }
}

nn_status nn_plan_new(nn_plan **out, const nn_model *model, const nn_shape *inputs, int n_inputs,
                      const nn_plan_options *options, nn_error *err)
{
    *out = NULL;
    nn_plan *plan = nn_calloc(1, sizeof *plan);
    if (!plan)
        return no_memory(err, sizeof *plan);
    plan->model = model;
    if (options)
        plan->options = *options;
    if (!plan->options.kernels)
        plan->options.kernels = nn_kernels_best();
    plan->value_count = nn_graph_value_count(model->graph);
    plan->node_count = nn_graph_node_count(model->graph);
    nn_status status = make_tables(plan, err);
    if (!status)
        status = infer_values(plan, inputs, n_inputs, err);
    if (!status)
        status = place_values(plan, err);
    if (!status)
        status = place_scratch(plan, err);
    if (!status)
        fill_calls(plan);
    if (!status && plan->options.training)
        status = nn_plan_make_backward(plan, err);
    if (status) {
        nn_plan_free(plan);
        return status;
    }
    *out = plan;
    return NN_OK;
}

void nn_plan_free(nn_plan *plan)
{
    if (!plan)
        return;
    nn_free(plan->values);
    nn_free(plan->grads);
    nn_free(plan->readable);
    nn_free(plan->started);
    nn_free(plan->nodes);
    nn_free(plan->tensors);
    nn_free(plan->arena);
    nn_free(plan->grad_arena);
    nn_free(plan->saved);
    nn_free(plan->scratch);
    nn_free(plan->param_grads);
    nn_free(plan);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void nn_plan_run(nn_plan *plan)
{
    for (int i = 0; i < plan->node_count; i++) {
        plan_node *n = &plan->nodes[i];
        n->call.seed = nn_hash_mix(plan->step ^ nn_hash_mix((uint64_t)i));
        double start = plan->timing ? now() : 0;
        nn_graph_node_at(plan->model->graph, i).op->forward(&n->call);
        if (plan->timing)
            n->seconds = now() - start;
    }
}

const nn_tensor *nn_plan_input(const nn_plan *plan, int i)
{
    return &plan->values[nn_graph_input_at(plan->model->graph, i)];
}

const nn_tensor *nn_plan_output(const nn_plan *plan, int i)
{
    return &plan->values[nn_graph_output_at(plan->model->graph, i)];
}

const nn_tensor *nn_plan_value(const nn_plan *plan, nn_value v)
{
    return plan->readable[v] ? &plan->values[v] : NULL;
}

const nn_shape *nn_plan_shape(const nn_plan *plan, nn_value v)
{
    return &plan->values[v].shape;
}

void nn_plan_set_step(nn_plan *plan, uint64_t step)
{
    plan->step = step;
}

size_t nn_plan_bytes(const nn_plan *plan)
{
    return plan->arena_bytes + plan->grad_arena_bytes + plan->saved_bytes + plan->scratch_bytes +
           plan->param_grad_bytes;
}

double nn_plan_node_macs(const nn_plan *plan, int node)
{
    return plan->nodes[node].macs;
}

double nn_plan_macs(const nn_plan *plan)
{
    double macs = 0;
    for (int i = 0; i < plan->node_count; i++)
        macs += plan->nodes[i].macs;
    return macs;
}

void nn_plan_set_timing(nn_plan *plan, bool on)
{
    plan->timing = on;
}

double nn_plan_node_seconds(const nn_plan *plan, int node)
{
    return plan->nodes[node].seconds;
}
