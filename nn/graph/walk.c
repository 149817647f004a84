// SPDX-License-Identifier: MIT
// Walks back through a part of a network: which nodes lie on the way, and the run over them.
//
// Gradients lie where the plan put them for its own walk (backward.c): that of a value is in use
// from the step of its last reader to the step of its producer. A walk that begins at the producer
// of one value, or at the outputs, and leaves nodes out uses them no longer than that.
#include "nn/graph/walk_convs.h"

#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"

#include <string.h>

typedef struct walk_step {
    nn_op_call call; // in, grad_in: of the step, dense
    nn_backward_fn *run;
    nn_walk_conv *conv;                // instead of run: the input gradient of a convolution
    uint64_t fresh[NN_OP_MAX_IN / 64]; // bit k: grad_in[k] holds nothing yet
} walk_step;

struct nn_walk {
    nn_plan *plan;
    nn_value from[NN_WALK_STARTS], to;
    int from_count, step_count;
    double macs;
    walk_step *steps;
    nn_tensor *tensors;      // in and grad_in of all steps
    bool *behind, *in_front; // of values: depends on `to`; some of `from` depends on it
    bool *started;           // of values: the gradient holds a first term
};

static nn_node_info node_at(const nn_walk *w, int i)
{
    return nn_graph_node_at(w->plan->model->graph, i);
}

static bool goes_back(const nn_walk *w, const nn_node_info *node, int k)
{
    return node->in[k] >= 0 && w->behind[node->in[k]] && nn_plan_takes_gradient(node->op, k);
}

static void mark(nn_walk *w)
{
    w->behind[w->to] = true;
    for (int i = 0; i < w->plan->node_count; i++) {
        const nn_node_info node = node_at(w, i);
        for (int k = 0; k < node.n_in; k++)
            if (goes_back(w, &node, k))
                w->behind[node.out] = true;
    }
    for (int i = 0; i < w->from_count; i++)
        w->in_front[w->from[i]] = true;
    for (int i = w->plan->node_count - 1; i >= 0; i--) {
        const nn_node_info node = node_at(w, i);
        for (int k = 0; k < node.n_in && w->in_front[node.out]; k++)
            if (goes_back(w, &node, k))
                w->in_front[node.in[k]] = true;
    }
}

// Whether a node hands a gradient to a value on the way.
static bool is_on_way(const nn_walk *w, const nn_node_info *node)
{
    bool found = false;
    for (int k = 0; k < node->n_in && w->in_front[node->out] && node->out != w->to; k++)
        found |= goes_back(w, node, k);
    return found;
}

// Gradients are dense, and so is all that goes with them.
static void fill_call(walk_step *s, const nn_plan *plan, int i, nn_tensor *in)
{
    const nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    s->call = plan->nodes[i].call;
    for (int k = 0; k < node.n_in; k++)
        in[k] = node.in[k] >= 0 ? *nn_plan_dense(plan, node.in[k]) : (nn_tensor){.shape.rank = -1};
    s->call.in = in;
    s->call.out = &((nn_plan *)plan)->slots[node.out].tensor;
    s->call.packed = s->call.lanes = NULL;
}

static nn_status add_step(nn_walk *w, int i, nn_walk_rule *rule, nn_walk_convs *convs,
                          nn_tensor *in, nn_error *err)
{
    const nn_node_info node = node_at(w, i);
    walk_step *s = &w->steps[w->step_count++];
    nn_tensor *grad_in = in + node.n_in;
    fill_call(s, w->plan, i, in);
    s->call.grad_out = &w->plan->grads[node.out];
    s->call.grad_in = grad_in;
    s->run = rule ? rule(&node) : NULL;
    if (!s->run && convs && nn_walk_convs_take(convs, i, &s->conv, err) != NN_OK)
        return NN_ENOMEM;
    s->run = s->run ? s->run : node.op->backward;
    if (!s->run || !s->call.grad_out->data)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "no gradient passes the node '%s': its operator %s has none", node.name,
                       node.op->name);
    w->macs += w->plan->nodes[i].macs;
    for (int k = 0; k < node.n_in; k++) {
        grad_in[k] = (nn_tensor){.shape = in[k].shape};
        if (!goes_back(w, &node, k))
            continue;
        const nn_value v = node.in[k];
        grad_in[k] = w->plan->grads[v];
        if (!grad_in[k].data)
            return nn_fail(err, NN_EUNSUPPORTED, "no gradient comes to the value in front of '%s'",
                           node.name);
        if (!w->started[v])
            s->fresh[k / 64] |= 1ull << k % 64;
        w->started[v] = true;
    }
    return NN_OK;
}

static nn_status list_steps(nn_walk *w, nn_walk_rule *rule, nn_walk_convs *convs, nn_error *err)
{
    nn_tensor *next = w->tensors;
    nn_status status = NN_OK;
    for (int i = 0; i < w->from_count; i++)
        w->started[w->from[i]] = true;
    for (int i = w->plan->node_count - 1; i >= 0 && status == NN_OK; i--) {
        const nn_node_info node = node_at(w, i);
        if (!is_on_way(w, &node))
            continue;
        status = add_step(w, i, rule, convs, next, err);
        next += 2 * node.n_in;
    }
    return status;
}

static bool reads(const nn_node_info *node, int k, const bool *marked)
{
    return node->in[k] >= 0 && marked[node->in[k]] && !(k < 64 && node->op->shape_only >> k & 1);
}

// The first node that stops the gradient between `to` and from[0]; -1: they have nothing to do with
// each other. `marked` becomes what depends on it.
static int find_barrier(const nn_walk *w, bool *marked)
{
    int found = -1;
    for (int i = 0; i < w->plan->node_count; i++) {
        const nn_node_info node = node_at(w, i);
        for (int k = 0; k < node.n_in; k++) {
            const bool stopped = reads(&node, k, w->behind) && !w->behind[node.out];
            if (stopped && found < 0)
                found = i;
            if ((stopped && found == i) || reads(&node, k, marked))
                marked[node.out] = true;
        }
    }
    return found >= 0 && marked[w->from[0]] ? found : -1;
}

static nn_status check(nn_walk *w, nn_error *err)
{
    const nn_graph *g = w->plan->model->graph;
    const int barrier = w->in_front[w->to] ? -1 : find_barrier(w, w->started);
    if (barrier >= 0)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "no gradient passes the node '%s': its operator %s has none",
                       node_at(w, barrier).name, node_at(w, barrier).op->name);
    if (!w->in_front[w->to])
        return nn_fail(err, NN_EINVAL, "'%s' does not depend on '%s'",
                       nn_graph_value(g, w->from[0]).name, nn_graph_value(g, w->to).name);
    for (int i = 0; i < w->from_count; i++)
        if (!w->plan->grads[w->from[i]].data)
            return nn_fail(err, NN_EUNSUPPORTED, "no gradient comes to '%s'",
                           nn_graph_value(g, w->from[i]).name);
    if (!w->plan->grads[w->to].data)
        return nn_fail(err, NN_EUNSUPPORTED, "no gradient comes to '%s'",
                       nn_graph_value(g, w->to).name);
    return NN_OK;
}

nn_status nn_walk_new(nn_walk **out, nn_plan *plan, const nn_value *from, int from_count,
                      nn_value to, nn_walk_rule *rule, nn_walk_convs *convs, nn_error *err)
{
    const size_t values = (size_t)plan->value_count, nodes = (size_t)plan->node_count;
    size_t inputs = 0;
    *out = NULL;
    nn_walk *w = from_count <= NN_WALK_STARTS ? nn_calloc(1, sizeof *w) : NULL;
    if (!w)
        return nn_fail(err, NN_ENOMEM, "no memory for a walk from %d values", from_count);
    w->plan = plan;
    w->to = to;
    w->from_count = from_count;
    memcpy(w->from, from, (size_t)from_count * sizeof *from);
    for (int i = 0; i < plan->node_count; i++)
        inputs += (size_t)node_at(w, i).n_in;
    w->steps = nn_calloc(nodes + 1, sizeof *w->steps);
    w->tensors = nn_calloc(2 * inputs + 1, sizeof *w->tensors);
    w->behind = nn_calloc(values, sizeof *w->behind);
    w->in_front = nn_calloc(values, sizeof *w->in_front);
    w->started = nn_calloc(values, sizeof *w->started);
    nn_status status = NN_OK;
    if (!w->steps || !w->tensors || !w->behind || !w->in_front || !w->started)
        status = nn_fail(err, NN_ENOMEM, "no memory for a walk over %zu nodes", nodes);
    if (status == NN_OK) {
        mark(w);
        status = check(w, err);
    }
    if (status == NN_OK)
        status = list_steps(w, rule, convs, err);
    if (status == NN_OK)
        *out = w;
    else
        nn_walk_free(w);
    return status;
}

void nn_walk_free(nn_walk *w)
{
    if (!w)
        return;
    nn_free(w->steps);
    nn_free(w->tensors);
    nn_free(w->behind);
    nn_free(w->in_front);
    nn_free(w->started);
    nn_free(w);
}

const nn_tensor *nn_walk_start(const nn_walk *w, int i)
{
    return &w->plan->grads[w->from[i]];
}

const nn_tensor *nn_walk_result(const nn_walk *w)
{
    return &w->plan->grads[w->to];
}

double nn_walk_macs(const nn_walk *w)
{
    return w->macs;
}

void nn_walk_run(nn_walk *w)
{
    for (int i = 0; i < w->step_count; i++) {
        walk_step *s = &w->steps[i];
        if (s->conv) {
            nn_walk_conv_run(s->conv, &s->call, s->fresh[0] & 1);
            continue;
        }
        for (int k = 0; k < s->call.n_in; k++)
            if (s->fresh[k / 64] >> k % 64 & 1)
                memset(s->call.grad_in[k].data, 0, nn_tensor_bytes(&s->call.grad_in[k]));
        s->run(&s->call);
    }
}
