// SPDX-License-Identifier: MIT
// Counts the nodes of each operator.
#include "nn/io/onnx/onnx_operators.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/json.h"
#include "nn/io/onnx/onnx_check.h"
#include "nn/io/onnx/onnx_ops.h"
#include "nn/io/onnx/onnx_proto.h"
#include "onnx.pb-c.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 256 }; // operators

typedef struct operators {
    const Onnx__ModelProto *model;
    nn_graph_operator *list; // MOST
    int count;
} operators;

static void name_operator(const Onnx__NodeProto *n, char *name, size_t size)
{
    const bool own = nn_onnx_is_default_domain(n->domain);
    snprintf(name, size, "%s%s%s", own ? "" : n->domain, own ? "" : ".",
             n->op_type ? n->op_type : "");
    if (!nn_json_plain_text(name) || !*name)
        snprintf(name, size, "?");
}

static void count_node(operators *o, const Onnx__NodeProto *n)
{
    char name[sizeof o->list->name];
    int i = 0;
    name_operator(n, name, sizeof name);
    while (i < o->count && strcmp(o->list[i].name, name) != 0)
        i++;
    if (i == MOST)
        return;
    nn_graph_operator *at = &o->list[i];
    if (i == o->count) {
        o->count++;
        memcpy(at->name, name, sizeof name);
        snprintf(at->node, sizeof at->node, "%s", nn_onnx_node_name(n));
        if (!nn_json_plain_text(at->node))
            snprintf(at->node, sizeof at->node, "?");
        at->supported = nn_onnx_is_supported(o->model, n);
    }
    at->nodes++;
}

// Graphs are nested as deep as messages may be.
static void count_nodes(operators *o, Onnx__NodeProto *const *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        count_node(o, nodes[i]);
        for (size_t k = 0; k < nodes[i]->n_attribute; k++)
            if (nodes[i]->attribute[k]->g)
                count_nodes(o, nodes[i]->attribute[k]->g->node, nodes[i]->attribute[k]->g->n_node);
    }
}

nn_status nn_onnx_operators(nn_graph_operator **out, int *count, const char *path, nn_error *err)
{
    nn_file file;
    Onnx__ModelProto *model = NULL;
    *out = NULL;
    *count = 0;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    status = nn_onnx_read_proto(&model, file.bytes, file.size, err);
    operators o = {.model = model};
    if (status == NN_OK && !(o.list = nn_calloc(MOST, sizeof *o.list)))
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK && model->graph) {
        count_nodes(&o, model->graph->node, model->graph->n_node);
        for (size_t i = 0; i < model->n_functions; i++)
            count_nodes(&o, model->functions[i]->node, model->functions[i]->n_node);
    }
    *out = o.list;
    *count = o.count;
    if (model)
        nn_onnx_free_proto(model);
    nn_file_unmap(&file);
    return status;
}
