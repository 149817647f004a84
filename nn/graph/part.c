// SPDX-License-Identifier: MIT
// Cuts a model down to what one of its outputs needs.
#include "nn/graph/part.h"

#include "nn/base/memory.h"

// Marks the values that `v` is computed from.
static void mark(const nn_graph *g, nn_value v, bool *needed)
{
    needed[v] = true;
    for (int i = nn_graph_node_count(g) - 1; i >= 0; i--) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in && needed[node.out]; k++)
            if (node.in[k] >= 0)
                needed[node.in[k]] = true;
    }
}

// Gives the copy the inputs that are needed, and *fixed their shapes where the model has them.
static nn_status choose_inputs(nn_rebuild *r, const nn_model *m, const bool *needed,
                               nn_shape **fixed, nn_error *err)
{
    const int count = nn_graph_input_count(m->graph);
    nn_graph_free(r->graph);
    r->graph = nn_graph_new();
    *fixed = m->fixed_inputs ? nn_calloc((size_t)count, sizeof **fixed) : NULL;
    if (!r->graph || (m->fixed_inputs && !*fixed))
        return nn_fail(err, NN_ENOMEM, "no memory to copy the graph");
    for (int i = 0, n = 0; i < count; i++) {
        const nn_value v = nn_graph_input_at(m->graph, i);
        r->map[v] = NN_NO_VALUE;
        if (!needed[v])
            continue;
        r->map[v] = nn_graph_input(r->graph, nn_graph_value(m->graph, v).name);
        if (*fixed)
            (*fixed)[n++] = m->fixed_inputs[i];
    }
    return NN_OK;
}

nn_status nn_model_part(nn_model **out, const nn_model *m, int output, nn_rebuild_add *add,
                        void *ctx, nn_error *err)
{
    nn_rebuild r;
    nn_shape *fixed = NULL;
    const nn_value v = nn_graph_output_at(m->graph, output);
    bool *needed = nn_calloc((size_t)nn_graph_value_count(m->graph), sizeof *needed);
    *out = NULL;
    nn_status status = nn_rebuild_begin(&r, m, false, err);
    if (status == NN_OK && !needed)
        status = nn_fail(err, NN_ENOMEM, "no memory to copy the graph");
    if (status == NN_OK) {
        mark(m->graph, v, needed);
        status = choose_inputs(&r, m, needed, &fixed, err);
    }
    if (status == NN_OK) {
        const nn_value copy = nn_rebuild_value(&r, v);
        if (add)
            add(&r, ctx);
        else
            nn_graph_output(r.graph, nn_graph_output_name(m->graph, output), copy);
        status = nn_graph_check(r.graph, err);
    }
    if (status == NN_OK)
        status = nn_rebuild_finish(&r, out, err);
    nn_rebuild_release(&r);
    nn_free(needed);
    if (status != NN_OK) {
        nn_free(fixed);
        return status;
    }
    (*out)->half = m->half;
    (*out)->fixed_inputs = fixed;
    return NN_OK;
}
