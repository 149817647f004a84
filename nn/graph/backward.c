// SPDX-License-Identifier: MIT
// The backward walk: which gradients are wanted, where they lie, and the reverse run over the
// nodes.
#include "nn/graph/backward.h"

#include "nn/base/arith.h"
#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"

#include <string.h>

bool nn_plan_takes_gradient(const nn_op *op, int k)
{
    return !(k < 64 && (op->no_grad | op->shape_only) >> k & 1);
}

static bool takes_gradient(const nn_op *op, int k)
{
    return op->backward && nn_plan_takes_gradient(op, k);
}

// Whether a parameter gets a gradient.
static bool is_trained(const nn_plan *plan, const nn_value_info *param)
{
    return param->param != NN_PARAM_BUFFER && !plan->train.fixed &&
           !(plan->train.frozen && plan->train.frozen[param->index]);
}

// wanted[v]: something trained (or an input that was asked for) lies behind v.
static void mark_wanted(const nn_plan *plan, bool *wanted)
{
    const nn_graph *g = plan->model->graph;
    for (int v = 0; v < plan->value_count; v++) {
        nn_value_info info = nn_graph_value(g, v);
        wanted[v] = (info.kind == NN_VALUE_PARAM && is_trained(plan, &info)) ||
                    (info.kind == NN_VALUE_INPUT && plan->train.input_grads);
    }
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0 && takes_gradient(node.op, k) && wanted[node.in[k]])
                wanted[node.out] = true;
    }
}

// Backward runs node i at step node_count - 1 - i. A gradient is in use from the step of its last
// reader (or from the start, for outputs) to the step of its producer, for inputs to the end.
static void lay_out_gradients(const nn_plan *plan, const bool *wanted, nn_arena_block *blocks)
{
    const nn_graph *g = plan->model->graph;
    int end = plan->node_count;
    for (int v = 0; v < plan->value_count; v++) {
        nn_value_info info = nn_graph_value(g, v);
        blocks[v] = (nn_arena_block){.first = 0, .last = -1};
        if (!wanted[v] || info.kind == NN_VALUE_PARAM)
            continue;
        blocks[v].bytes = nn_tensor_bytes(nn_plan_dense(plan, v));
        blocks[v].last = info.kind == NN_VALUE_NODE ? end - 1 - info.index : end;
        blocks[v].first = blocks[v].last;
    }
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0 && blocks[node.in[k]].bytes &&
                end - 1 - i < blocks[node.in[k]].first)
                blocks[node.in[k]].first = end - 1 - i;
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        blocks[nn_graph_output_at(g, i)].first = -1;
}

static size_t aligned_bytes(const nn_tensor *t)
{
    return nn_align_up(nn_tensor_bytes(t));
}

static nn_status place_param_grads(nn_plan *plan, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    const nn_plan *shared = plan->train.shared;
    for (int i = 0; i < nn_graph_param_count(g); i++) {
        const nn_value_info info = nn_graph_value(g, nn_graph_param_at(g, i));
        plan->param_grad_bytes +=
            is_trained(plan, &info) ? aligned_bytes(&plan->model->params[i]) : 0;
    }
    if (shared && shared->param_grad_bytes != plan->param_grad_bytes)
        return nn_fail(err, NN_EINVAL, "the plan to share gradients with is of another model");
    char *next = plan->param_grads =
        shared ? shared->param_grads : nn_calloc(1, plan->param_grad_bytes);
    if (!next)
        return nn_fail(err, NN_ENOMEM, "no memory for %zu bytes of gradients",
                       plan->param_grad_bytes);
    for (int i = 0; i < nn_graph_param_count(g); i++) {
        nn_value v = nn_graph_param_at(g, i);
        const nn_value_info info = nn_graph_value(g, v);
        plan->grads[v] = nn_tensor_dense(NN_F32, nn_plan_dense(plan, v)->shape, NULL);
        if (!is_trained(plan, &info))
            continue;
        plan->grads[v].data = next;
        next += aligned_bytes(nn_plan_dense(plan, v));
    }
    return NN_OK;
}

static nn_status find_first_uses(nn_plan *plan, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    const int params = nn_graph_param_count(g);
    plan->first_use = nn_calloc((size_t)params + 1, sizeof *plan->first_use);
    if (!plan->first_use)
        return nn_fail(err, NN_ENOMEM, "no memory to plan the backward walk");
    for (int i = 0; i < params; i++)
        plan->first_use[i] = plan->node_count;
    for (int n = plan->node_count - 1; n >= 0; n--) {
        const nn_node_info node = nn_graph_node_at(g, n);
        for (int k = 0; k < node.n_in; k++) {
            const nn_value v = node.in[k];
            if (v >= 0 && nn_graph_value(g, v).kind == NN_VALUE_PARAM)
                plan->first_use[nn_graph_value(g, v).index] = n;
        }
    }
    return NN_OK;
}

static void fill_calls(nn_plan *plan, const bool *wanted)
{
    const nn_graph *g = plan->model->graph;
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        plan_node *n = &plan->nodes[i];
        n->call.grad_out = &plan->grads[node.out];
        n->call.grad_in = n->grad_in;
        for (int k = 0; k < node.n_in; k++) {
            bool want = node.in[k] >= 0 && takes_gradient(node.op, k) && wanted[node.in[k]];
            n->grad_in[k] = want ? plan->grads[node.in[k]] : (nn_tensor){.shape = n->in[k].shape};
            n->backward |= want;
        }
    }
}

nn_status nn_plan_make_backward(nn_plan *plan, nn_error *err)
{
    size_t n = (size_t)plan->value_count;
    bool *wanted = nn_calloc(n, sizeof *wanted);
    nn_arena_block *blocks = nn_calloc(n, sizeof *blocks);
    nn_status status = NN_OK;
    if (!wanted || !blocks) {
        status = nn_fail(err, NN_ENOMEM, "no memory to plan the backward walk");
        goto done;
    }
    mark_wanted(plan, wanted);
    lay_out_gradients(plan, wanted, blocks);
    status = nn_arena_place(blocks, plan->value_count, &plan->grad_arena_bytes, err);
    if (!status)
        status = place_param_grads(plan, err);
    if (!status)
        status = find_first_uses(plan, err);
    if (status)
        goto done;
    plan->grad_arena = nn_alloc(plan->grad_arena_bytes);
    if (!plan->grad_arena) {
        status =
            nn_fail(err, NN_ENOMEM, "no memory for %zu bytes of gradients", plan->grad_arena_bytes);
        goto done;
    }
    for (int v = 0; v < plan->value_count; v++)
        if (blocks[v].bytes && blocks[v].last >= blocks[v].first)
            plan->grads[v] = nn_tensor_dense(NN_F32, nn_plan_dense(plan, v)->shape,
                                             (char *)plan->grad_arena + blocks[v].offset);
    fill_calls(plan, wanted);
done:
    nn_free(wanted);
    nn_free(blocks);
    return status;
}

const nn_tensor *nn_plan_output_grad(const nn_plan *plan, int i)
{
    return &plan->grads[nn_graph_output_at(plan->model->graph, i)];
}

const nn_tensor *nn_plan_param_grad(const nn_plan *plan, int i)
{
    return &plan->grads[nn_graph_param_at(plan->model->graph, i)];
}

double nn_plan_node_backward_seconds(const nn_plan *plan, int node)
{
    return plan->nodes[node].backward_seconds;
}

const nn_tensor *nn_plan_input_grad(const nn_plan *plan, int i)
{
    if (!plan->training || !plan->train.input_grads)
        return NULL;
    return &plan->grads[nn_graph_input_at(plan->model->graph, i)];
}

float *nn_plan_param_grads(const nn_plan *plan, int64_t *count)
{
    *count = (int64_t)(plan->param_grad_bytes / sizeof(float));
    return plan->param_grads;
}

void nn_plan_on_grads(nn_plan *plan, nn_grads_ready *ready, void *ctx)
{
    plan->on_grads = ready;
    plan->on_grads_ctx = ctx;
}

// After node i of the walk: parameters that no node before it reads are complete. `complete` is the
// first of those that were, the new first is returned.
static int report_grads(nn_plan *plan, int i, int complete)
{
    float *from = NULL;
    for (; complete > 0 && plan->first_use[complete - 1] >= i; complete--) {
        float *data = nn_plan_param_grad(plan, complete - 1)->data;
        from = data ? data : from;
    }
    if (from)
        plan->on_grads(plan->on_grads_ctx, from);
    return complete;
}

static void zero_bytes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    memset((char *)ctx + begin, 0, (size_t)(end - begin));
}

static void zero(nn_plan *plan, void *data, size_t bytes)
{
    enum { GRAIN = 1 << 18 };
    nn_pool_run(plan->options.pool, (int64_t)bytes, GRAIN, zero_bytes, data);
}

void nn_plan_zero_grads(nn_plan *plan)
{
    zero(plan, plan->param_grads, plan->param_grad_bytes);
}

// Whether backward of a node may write the gradient of its first input, because no other input is
// the same value.
static bool may_write(const nn_node_info *node)
{
    for (int k = 1; k < node->n_in; k++)
        if (node->in[k] == node->in[0])
            return false;
    return node->op->flags & NN_OP_WRITES_GRADIENT;
}

// A gradient starts when its first reader comes: that writes it, or it is set to zero. Outputs were
// written by the caller.
static void start_gradients(nn_plan *plan, int i, bool *started)
{
    const nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    plan_node *n = &plan->nodes[i];
    const bool runs = n->backward && started[node.out];
    for (int k = 0; k < node.n_in; k++) {
        const nn_value v = node.in[k];
        if (v < 0 || started[v] || !plan->grads[v].data)
            continue;
        started[v] = true;
        if (k == 0 && runs && n->grad_in[0].data && may_write(&node))
            n->call.unset = true;
        else
            zero(plan, plan->grads[v].data, nn_tensor_bytes(&plan->grads[v]));
    }
}

void nn_plan_backward(nn_plan *plan)
{
    const nn_graph *g = plan->model->graph;
    bool *started = plan->started;
    for (int v = 0; v < plan->value_count; v++)
        started[v] = nn_graph_value(g, v).kind == NN_VALUE_PARAM; // those accumulate
    for (int i = 0; i < nn_graph_output_count(g); i++)
        started[nn_graph_output_at(g, i)] = true;
    int complete = nn_graph_param_count(g);
    for (int i = plan->node_count - 1; i >= 0; i--) {
        plan_node *n = &plan->nodes[i];
        nn_node_info node = nn_graph_node_at(g, i);
        const double start = plan->timing ? nn_clock_seconds() : 0;
        start_gradients(plan, i, started);
        // A node whose output is not used has no gradient to pass on.
        if (n->backward && started[node.out])
            node.op->backward(&n->call);
        n->call.unset = false; // of walks that copy the call, too
        if (plan->timing)
            n->backward_seconds = nn_clock_seconds() - start;
        if (plan->on_grads)
            complete = report_grads(plan, i, complete);
    }
}
