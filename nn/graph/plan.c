// SPDX-License-Identifier: MIT
// Plans: memory laid out once, then run as often as wanted.
#include "nn/graph/plan.h"

#include "nn/base/arith.h"
#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/plan_parts.h"
#include "nn/ops/common/blocked_rows.h"

#include <string.h>

static nn_status no_memory(nn_error *err, size_t bytes)
{
    return nn_fail(err, NN_ENOMEM, "no memory for a plan of %zu bytes", bytes);
}

static nn_status make_tables(nn_plan *plan, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    size_t inputs = 0, values = (size_t)plan->value_count;
    for (int i = 0; i < plan->node_count; i++) // and what nn_op_call.gated adds
        inputs += (size_t)nn_graph_node_at(g, i).n_in + 1;
    plan->slots = nn_calloc(2 * values, sizeof *plan->slots);
    plan->blocked = nn_calloc(values, sizeof *plan->blocked);
    plan->constant = nn_calloc(values, sizeof *plan->constant);
    plan->grads = nn_calloc(values, sizeof *plan->grads);
    plan->started = nn_calloc(values, sizeof *plan->started);
    plan->nodes = nn_calloc((size_t)plan->node_count, sizeof *plan->nodes);
    plan->tensors = nn_calloc(2 * inputs, sizeof *plan->tensors);
    if (!plan->slots || !plan->blocked || !plan->constant || !plan->grads || !plan->started ||
        !plan->nodes || !plan->tensors)
        return no_memory(err, inputs * sizeof *plan->tensors);
    nn_tensor *next = plan->tensors;
    for (int i = 0; i < plan->node_count; i++) {
        plan->nodes[i].in = next;
        plan->nodes[i].grad_in = next + inputs;
        next += nn_graph_node_at(g, i).n_in + 1;
    }
    return NN_OK;
}

// Fills the shapes of all values, the data of parameters and the nodes' macs.
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
        plan->constant[v] = info.kind == NN_VALUE_PARAM;
        plan->slots[v].tensor = plan->slots[plan->value_count + v].tensor =
            nn_tensor_dense(NN_F32, shapes[v], NULL);
        if (!plan->constant[v])
            continue;
        plan->slots[v].tensor = plan->model->params[info.index];
        if (!plan->slots[v].tensor.data)
            status = nn_fail(err, NN_EINVAL,
                             "the data of parameter '%s' was freed for another plan: load the "
                             "model again",
                             info.name);
    }
    for (int i = 0; i < plan->node_count && !status; i++)
        plan->nodes[i].macs = macs[i];
    nn_free(shapes);
    nn_free(macs);
    return status;
}

static size_t scratch_of(const nn_plan *plan, const nn_node_info *node, bool backward, nn_shape *in)
{
    for (int k = 0; k < node->n_in; k++)
        in[k] = node->in[k] < 0 ? (nn_shape){.rank = -1} : nn_plan_dense(plan, node->in[k])->shape;
    return node->op->scratch(node->params, in, node->n_in, &nn_plan_dense(plan, node->out)->shape,
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
        const plan_node *n = &plan->nodes[i];
        if (n->kind == PLAN_IMPL && n->impl.scratch_bytes > plan->scratch_bytes)
            plan->scratch_bytes = n->impl.scratch_bytes;
        for (int pass = 0; node.op->scratch && pass <= plan->training; pass++) {
            if (n->kind != PLAN_FORWARD && !(pass && node.op->backward))
                continue;
            size_t bytes = scratch_of(plan, &node, pass, in);
            plan->scratch_bytes = bytes > plan->scratch_bytes ? bytes : plan->scratch_bytes;
        }
        if (node.op->saved && plan->training) {
            for (int k = 0; k < node.n_in; k++)
                in[k] = node.in[k] < 0 ? (nn_shape){.rank = -1}
                                       : nn_plan_dense(plan, node.in[k])->shape;
            size_t bytes =
                node.op->saved(node.params, in, node.n_in, &nn_plan_dense(plan, node.out)->shape);
            plan->nodes[i].saved_bytes = nn_align_up(bytes);
            plan->saved_bytes += plan->nodes[i].saved_bytes;
        }
    }
    nn_free(in);
    plan->scratch = plan->options.workspace
                        ? nn_workspace_scratch(plan->options.workspace, plan->scratch_bytes)
                        : nn_alloc(plan->scratch_bytes);
    plan->saved = nn_alloc(plan->saved_bytes);
    if (!plan->scratch || !plan->saved)
        return no_memory(err, plan->scratch_bytes + plan->saved_bytes);
    return NN_OK;
}

// A node that takes statistics of the batch runs as in inference when its scale is frozen; all that
// do anything else in training do when the network is fixed.
static bool is_fixed(const nn_plan *plan, const nn_node_info *node)
{
    if (plan->train.fixed)
        return node->op->flags & (NN_OP_BATCH_STATISTICS | NN_OP_RANDOM);
    if (!plan->train.frozen || !(node->op->flags & NN_OP_BATCH_STATISTICS))
        return false;
    const nn_value_info scale = nn_graph_value(plan->model->graph, node->in[1]);
    return scale.kind == NN_VALUE_PARAM && plan->train.frozen[scale.index];
}

static void fill_calls(nn_plan *plan)
{
    char *saved = plan->saved;
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(plan->model->graph, i);
        plan_node *n = &plan->nodes[i];
        n->call.params = node.params;
        n->call.n_in = node.n_in;
        n->call.saved = plan->training && node.op->saved ? saved : NULL;
        n->call.scratch = plan->scratch;
        n->call.pool = plan->options.pool;
        n->call.kernels = plan->options.kernels;
        n->call.training = plan->training && !is_fixed(plan, &node);
        n->call.exact = plan->options.exact;
        n->call.allreduce = plan->train.allreduce;
        n->call.batch_offset = plan->train.batch_offset;
        saved += n->saved_bytes;
    }
}

void nn_plan_options_init(nn_plan_options *o)
{
    *o = (nn_plan_options){.kernels = nn_kernels_best()};
}

void nn_training_plan_options_init(nn_training_plan_options *o)
{
    *o = (nn_training_plan_options){.kernels = nn_kernels_best()};
}

static void drop(nn_plan **plan)
{
    nn_plan_free(*plan);
    *plan = NULL;
}

// Fills a plan that has its model and options.
static nn_status make_plan(nn_plan *plan, const nn_shape *inputs, int n_inputs, nn_error *err)
{
    if (!plan->options.kernels)
        plan->options.kernels = nn_kernels_best();
    plan->value_count = nn_graph_value_count(plan->model->graph);
    plan->node_count = nn_graph_node_count(plan->model->graph);
    nn_status status = make_tables(plan, err);
    if (!status)
        status = infer_values(plan, inputs, n_inputs, err);
    if (!status && plan->options.compiled)
        status = nn_plan_choose(plan, err);
    if (!status)
        status = nn_plan_place(plan, err);
    if (!status)
        status = nn_plan_list_steps(plan, err);
    if (!status)
        status = place_scratch(plan, err);
    if (!status)
        fill_calls(plan);
    if (!status)
        status = plan->options.workspace ? nn_workspace_pack(plan->options.workspace, plan, err)
                                         : nn_plan_pack(plan, err);
    if (!status && plan->training)
        status = nn_plan_make_backward(plan, err);
    if (!status && plan->options.workspace)
        nn_workspace_enter(plan->options.workspace, plan);
    return status;
}

nn_status nn_plan_new(nn_plan **out, const nn_model *model, const nn_shape *inputs, int n_inputs,
                      const nn_plan_options *options, nn_error *err)
{
    nn_plan *plan = *out = nn_calloc(1, sizeof *plan);
    if (!plan)
        return no_memory(err, sizeof *plan);
    plan->model = model;
    if (options)
        plan->options = *options;
    const nn_status status = make_plan(plan, inputs, n_inputs, err);
    if (status)
        drop(out);
    return status;
}

nn_status nn_plan_new_training(nn_plan **out, const nn_model *model, const nn_shape *inputs,
                               int n_inputs, const nn_training_plan_options *options, nn_error *err)
{
    nn_plan *plan = *out = nn_calloc(1, sizeof *plan);
    if (!plan)
        return no_memory(err, sizeof *plan);
    plan->model = model;
    plan->training = true;
    if (options)
        plan->train = *options;
    plan->options = (nn_plan_options){
        .pool = plan->train.pool, .kernels = plan->train.kernels, .exact = plan->train.exact};
    plan->options.compiled = plan->options.keep_values = plan->train.fixed;
    const nn_status status = make_plan(plan, inputs, n_inputs, err);
    if (status)
        drop(out);
    return status;
}

void nn_plan_free(nn_plan *plan)
{
    if (!plan)
        return;
    if (plan->options.workspace) {
        nn_workspace_leave(plan->options.workspace, plan);
        plan->arena = plan->scratch = NULL;
    }
    nn_free(plan->slots);
    nn_free(plan->blocked);
    nn_free(plan->constant);
    nn_free(plan->grads);
    nn_free(plan->started);
    nn_free(plan->first_use);
    nn_free(plan->nodes);
    nn_free(plan->steps);
    nn_plan_free_bytes(&plan->bytes);
    nn_free(plan->tensors);
    nn_free(plan->views);
    nn_free(plan->view_lanes);
    nn_free(plan->view_roots);
    nn_free(plan->arena);
    nn_free(plan->grad_arena);
    nn_free(plan->saved);
    nn_free(plan->scratch);
    if (!plan->train.shared)
        nn_free(plan->param_grads);
    nn_free(plan->packed);
    nn_free(plan->folded);
    nn_free(plan);
}

static void run_node(nn_plan *plan, int i)
{
    plan_node *n = &plan->nodes[i];
    n->call.seed = nn_hash_mix(plan->step ^ nn_hash_mix((uint64_t)i));
    if (n->kind == PLAN_IMPL)
        n->impl.run(&n->call);
    else
        nn_graph_node_at(plan->model->graph, i).op->forward(&n->call);
}

// Index: channel block of an image.
static void clear_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const plan_step *s = ctx;
    const int64_t blocks = nn_blocked_count(s->to.shape.dim[1]);
    nn_tensor plane = s->to;
    plane.shape.dim[0] = 1;
    plane.shape.dim[1] = NN_BLOCK;
    for (int64_t i = begin; i < end; i++) {
        plane.data = nn_blocked_at(&s->to, i / blocks, i % blocks, 0, 0);
        nn_blocked_clear_halo(&plane, &s->halo);
    }
}

static void clear_halo(plan_step *s, nn_pool *pool)
{
    enum { CHUNK = 8192 }; // floats
    const int64_t *dim = s->to.shape.dim;
    const int64_t halo = s->to.plane - dim[2] * dim[3] * NN_BLOCK;
    if (s->to.dtype == NN_U8)
        nn_byte_blocked_fill_halo(&s->to, &s->halo, s->byte);
    else
        nn_pool_run(pool, dim[0] * nn_blocked_count(dim[1]), nn_divide_up(CHUNK, nn_max(1, halo)),
                    clear_planes, s);
}

void nn_plan_run(nn_plan *plan)
{
    if (plan->timing)
        for (int i = 0; i < plan->node_count; i++)
            plan->nodes[i].seconds = 0;
    for (int i = 0; i < plan->step_count; i++) {
        plan_step *s = &plan->steps[i];
        double start = plan->timing ? nn_clock_seconds() : 0;
        if (s->kind == PLAN_RUN)
            run_node(plan, s->node);
        else if (s->kind == PLAN_COPY)
            nn_blocked_copy_run(&s->to, &s->from, plan->options.kernels, plan->options.pool);
        else
            clear_halo(s, plan->options.pool);
        if (plan->timing)
            plan->nodes[s->node].seconds += nn_clock_seconds() - start;
    }
}

const nn_tensor *nn_plan_input(const nn_plan *plan, int i)
{
    return nn_plan_dense(plan, nn_graph_input_at(plan->model->graph, i));
}

const nn_tensor *nn_plan_output(const nn_plan *plan, int i)
{
    return nn_plan_dense(plan, nn_graph_output_at(plan->model->graph, i));
}

const nn_tensor *nn_plan_value(const nn_plan *plan, nn_value v)
{
    bool kept = (plan->constant[v] && nn_plan_dense(plan, v)->data) ||
                (!plan->constant[v] && plan->slots[v].last == plan->node_count);
    return kept ? nn_plan_dense(plan, v) : NULL;
}

const nn_shape *nn_plan_shape(const nn_plan *plan, nn_value v)
{
    return &nn_plan_dense(plan, v)->shape;
}

int nn_plan_untuned(const nn_plan *plan)
{
    return plan->untuned;
}

int nn_plan_impl_count(const nn_plan *plan)
{
    return plan->impl_count;
}

const char *nn_plan_node_impl(const nn_plan *plan, int node)
{
    static const char *const kinds[] = {[PLAN_FORWARD] = "forward",
                                        [PLAN_JOIN] = "joined",
                                        [PLAN_VIEW] = "viewed",
                                        [PLAN_FOLDED] = "folded",
                                        [PLAN_MERGED] = "merged"};
    const plan_node *n = &plan->nodes[node];
    return n->kind == PLAN_IMPL ? n->impl.name : kinds[n->kind];
}

void nn_plan_set_step(nn_plan *plan, uint64_t step)
{
    plan->step = step;
}

size_t nn_plan_bytes(const nn_plan *plan)
{
    return plan->arena_bytes + plan->grad_arena_bytes + plan->saved_bytes + plan->scratch_bytes +
           plan->param_grad_bytes + plan->packed_bytes + plan->folded_bytes;
}

size_t nn_plan_packed_bytes(const nn_plan *plan)
{
    return plan->packed_bytes;
}

size_t nn_plan_peak_bytes(const nn_plan *plan)
{
    const size_t params = nn_plan_param_bytes(plan);
    const size_t running = params + plan->packed_bytes;
    return nn_plan_bytes(plan) - plan->packed_bytes +
           (plan->packing_bytes > running ? plan->packing_bytes : running);
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
