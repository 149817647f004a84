// SPDX-License-Identifier: MIT
// Where the values of a program lie in its arena.
#include "nn/base/memory.h"
#include "nn/export_c/writer.h"
#include "nn/graph/arena.h"

static void find_lives(nn_c_writer *w)
{
    for (nn_value v = 0; v < w->value_count; v++)
        w->values[v].first = w->node_count, w->values[v].last = -1;
    w->values[w->input].first = 0;
    for (int i = 0; i < w->node_count; i++) {
        const nn_c_node *n = &w->nodes[i];
        if (!n->runs)
            continue;
        nn_c_value *out = &w->values[w->values[n->out].root];
        out->first = i < out->first ? i : out->first;
        out->last = i > out->last ? i : out->last;
        for (int k = 0; k < n->info.n_in; k++)
            if (n->in[k] >= 0 && !w->values[n->in[k]].constant)
                w->values[w->values[n->in[k]].root].last = i;
    }
    for (int i = 0; i < nn_graph_output_count(w->graph); i++)
        w->values[w->values[nn_graph_output_at(w->graph, i)].root].last = w->node_count;
    if (w->values[w->input].last < 0)
        w->values[w->input].last = 0;
}

nn_status nn_c_place(nn_c_writer *w, nn_error *err)
{
    nn_arena_block *blocks = nn_calloc((size_t)w->value_count + 1, sizeof *blocks);
    if (!blocks)
        return nn_fail(err, NN_ENOMEM, "no memory to write a program");
    find_lives(w);
    for (nn_value v = 0; v < w->value_count; v++) {
        const nn_c_value *value = &w->values[v];
        const size_t size = value->bytes ? 1 : sizeof(float);
        const bool lies = value->root == v && !value->constant;
        blocks[v] = (nn_arena_block){.bytes = (size_t)nn_shape_count(&value->shape) * size,
                                     .first = lies ? value->first : 1,
                                     .last = lies ? value->last : 0};
    }
    const nn_status status = nn_arena_place(blocks, w->value_count, &w->arena, err);
    for (nn_value v = 0; v < w->value_count && !status; v++)
        w->values[v].offset = blocks[v].offset;
    nn_free(blocks);
    return status;
}
