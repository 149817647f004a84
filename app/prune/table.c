// SPDX-License-Identifier: MIT
// Tables of a pruning: layers before and after.
#include "app/bench/time_models.h"
#include "app/prune/prune.h"
#include "nn/base/memory.h"
#include "nn/ops/op.h"

#include <stdio.h>
#include <string.h>

// A graph with the shapes and the multiply-adds at the size of its model.
typedef struct facts {
    const nn_graph *graph;
    nn_shape *shapes;
    double *macs, all;
} facts;

static void close_facts(facts *f)
{
    nn_free(f->shapes);
    nn_free(f->macs);
}

static nn_status open_facts(facts *f, const nn_model *m, nn_error *err)
{
    nn_shape input;
    nn_status status = app_model_image(m, &input, err);
    if (status != NN_OK)
        return status;
    *f = (facts){.graph = m->graph,
                 .shapes = nn_calloc((size_t)nn_graph_value_count(m->graph), sizeof *f->shapes),
                 .macs = nn_calloc((size_t)nn_graph_node_count(m->graph) + 1, sizeof *f->macs)};
    status = f->shapes && f->macs ? nn_graph_infer(m->graph, &input, 1, f->shapes, f->macs, err)
                                  : nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < nn_graph_node_count(m->graph) && status == NN_OK; i++)
        f->all += f->macs[i];
    return status;
}

// Channels of images; of rows, the numbers in one.
static long long channels_of(const facts *f, int node)
{
    const nn_shape *s = &f->shapes[nn_graph_node_at(f->graph, node).out];
    return s->rank == 4 ? s->dim[1] : s->rank > 0 ? s->dim[s->rank - 1] : 1;
}

static bool is_layer(const nn_node_info *node)
{
    static const char *const ops[] = {"conv2d", "conv_transpose", "linear", "matmul"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (strcmp(node->op->name, ops[i]) == 0)
            return true;
    return false;
}

nn_status prune_print_layers(const nn_model *before, const nn_model *after, nn_error *err)
{
    facts a = {0}, b = {0};
    nn_status status = open_facts(&a, before, err);
    if (status == NN_OK)
        status = open_facts(&b, after, err);
    if (status == NN_OK)
        printf("%-36s %17s %23s\n", "layer", "channels", "M multiply-adds");
    // Both have the same nodes.
    for (int i = 0; status == NN_OK && i < nn_graph_node_count(a.graph); i++) {
        const nn_node_info node = nn_graph_node_at(a.graph, i);
        if (is_layer(&node))
            printf("%-36s %7lld -> %6lld %10.2f -> %8.2f %4.0f%%\n", node.name, channels_of(&a, i),
                   channels_of(&b, i), a.macs[i] / 1e6, b.macs[i] / 1e6,
                   a.macs[i] > 0 ? 100 * b.macs[i] / a.macs[i] : 100);
    }
    if (status == NN_OK)
        printf("%-36s %7s    %6s %10.2f -> %8.2f %4.0f%%\n", "all", "", "", a.all / 1e6,
               b.all / 1e6, 100 * b.all / a.all);
    close_facts(&a);
    close_facts(&b);
    return status;
}
