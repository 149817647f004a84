// SPDX-License-Identifier: MIT
// Walks back through a part of a network: which nodes lie on the way, and the run over them.
//
// Gradients lie where the plan put them for its own walk (backward.c): that of a value is in use
// from the step of its last reader to the step of its producer. A walk that begins at the producer
// of one value, or at the outputs, and leaves nodes out uses them no longer than that.
#include "nn/graph/walk.h"

#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"

#include <string.h>

typedef struct walk_step {
    nn_op_call call; // grad_in: of the step
    nn_backward_fn *run;
    uint64_t fresh[NN_OP_MAX_IN / 64]; // bit k: grad_in[k] holds nothing yet
} walk_step;

struct nn_walk {
    nn_plan *plan;
    nn_value from[NN_WALK_STARTS], to;
    int from_count, step_count;
    double macs;
    walk_step *steps;
    nn_tensor *grads;        // grad_in of all steps
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

static nn_status add_step(nn_walk *w, int i, nn_walk_rule *rule, nn_tensor *grad_in, nn_error *err)
{
    const nn_node_info node = node_at(w, i);
    walk_step *s = &w->steps[w->step_count++];
    s->call = w->plan->nodes[i].call;
    s->call.grad_out = &w->plan->grads[node.out];
    s->call.grad_in = grad_in;
    s->run = rule ? rule(&node) : NULL;
    s->run = s->run ? s->run : node.op->backward;
    if (!s->run || !s->call.grad_out->data)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "no gradient passes the node '%s': its operator %s has none", node.name,
                       node.op->name);
    w->macs += w->plan->nodes[i].macs;
    for (int k = 0; k < node.n_in; k++) {
        grad_in[k] = (nn_tensor){.shape = w->plan->nodes[i].in[k].shape};
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

static nn_status list_steps(nn_walk *w, nn_walk_rule *rule, nn_error *err)
{
    nn_tensor *next = w->grads;
    nn_status status = NN_OK;
    for (int i = 0; i < w->from_count; i++)
        w->started[w->from[i]] = true;
    for (int i = w->plan->node_count - 1; i >= 0 && status == NN_OK; i--) {
        const nn_node_info node = node_at(w, i);
        if (!is_on_way(w, &node))
            continue;
        status = add_step(w, i, rule, next, err);
        next += node.n_in;
    }
    return status;
}

static nn_status check(const nn_walk *w, nn_error *err)
{
    const nn_graph *g = w->plan->model->graph;
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
                      nn_value to, nn_walk_rule *rule, nn_error *err)
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
    w->grads = nn_calloc(inputs + 1, sizeof *w->grads);
    w->behind = nn_calloc(values, sizeof *w->behind);
    w->in_front = nn_calloc(values, sizeof *w->in_front);
    w->started = nn_calloc(values, sizeof *w->started);
    nn_status status = NN_OK;
    if (!w->steps || !w->grads || !w->behind || !w->in_front || !w->started)
        status = nn_fail(err, NN_ENOMEM, "no memory for a walk over %zu nodes", nodes);
    if (status == NN_OK) {
        mark(w);
        status = check(w, err);
    }
    if (status == NN_OK)
        status = list_steps(w, rule, err);
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
    nn_free(w->grads);
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
        for (int k = 0; k < s->call.n_in; k++)
            if (s->fresh[k / 64] >> k % 64 & 1)
                memset(s->call.grad_in[k].data, 0, nn_tensor_bytes(&s->call.grad_in[k]));
        s->run(&s->call);
    }
}
