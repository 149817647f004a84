// SPDX-License-Identifier: MIT
// Receptive fields: boxes of elements, walked back from a cell to the input.
#include "nn/explain/receptive_field.h"

#include "nn/base/memory.h"
#include "nn/explain/receptive_rules.h"
#include "nn/ops/ops.h"

#include <string.h>

struct nn_receptive_field {
    const nn_model *model;
    nn_shape *shapes;   // of all values
    nn_cell_box *boxes; // of all values: what the cell depends on
    int values;
};

nn_status nn_receptive_field_new(nn_receptive_field **out, const nn_model *model,
                                 const nn_shape *shapes, nn_error *err)
{
    *out = NULL;
    const nn_graph *g = model->graph;
    const int values = nn_graph_value_count(g);
    if (nn_graph_input_count(g) < 1 || shapes[nn_graph_input_at(g, 0)].rank != 4)
        return nn_fail(err, NN_EUNSUPPORTED, "the network's input is no picture (N,C,H,W)");
    nn_receptive_field *r = nn_calloc(1, sizeof *r);
    if (r) {
        *r = (nn_receptive_field){.model = model, .values = values};
        r->shapes = nn_calloc((size_t)values, sizeof *r->shapes);
        r->boxes = nn_calloc((size_t)values, sizeof *r->boxes);
    }
    if (!r || !r->shapes || !r->boxes) {
        nn_receptive_field_free(r);
        return nn_fail(err, NN_ENOMEM, "no memory for receptive fields");
    }
    memcpy(r->shapes, shapes, (size_t)values * sizeof *shapes);
    *out = r;
    return NN_OK;
}

void nn_receptive_field_free(nn_receptive_field *r)
{
    if (!r)
        return;
    nn_free(r->shapes);
    nn_free(r->boxes);
    nn_free(r);
}

static void take_index(nn_cell_box *box, int axis, int at)
{
    if (at < 0)
        return;
    box->begin[axis] = at;
    box->end[axis] = at + 1;
}

static void unite(nn_cell_box *box, const nn_cell_box *with, int rank)
{
    if (nn_cell_box_is_empty(box)) {
        *box = *with;
        return;
    }
    for (int i = 0; i < rank; i++) {
        box->begin[i] = nn_min(box->begin[i], with->begin[i]);
        box->end[i] = nn_max(box->end[i], with->end[i]);
    }
}

// Whether an input of a sum or product of maps is one number for all places.
static bool is_gate(const nn_node_info *node, const nn_shape *in, const nn_shape *out)
{
    const bool joins =
        node->op == &nn_op_add || node->op == &nn_op_mul || node->op == &nn_op_arithmetic;
    return joins && out->rank == 4 && out->dim[2] * out->dim[3] > 1 &&
           (in->rank < 2 || in->dim[in->rank - 1] * in->dim[in->rank - 2] == 1);
}

// Passes the box of a node's output on to its inputs.
static void walk_node(nn_receptive_field *r, const nn_node_info *node, bool local)
{
    for (int k = 0; k < node->n_in; k++) {
        const nn_value v = node->in[k];
        if (v < 0 || (k < 64 && node->op->shape_only >> k & 1) ||
            nn_graph_value(r->model->graph, v).kind == NN_VALUE_PARAM ||
            (local && is_gate(node, &r->shapes[v], &r->shapes[node->out])))
            continue;
        const nn_cell_query q = {.model = r->model,
                                 .node = node,
                                 .shapes = r->shapes,
                                 .in = &r->shapes[v],
                                 .out = &r->shapes[node->out],
                                 .k = k};
        const nn_cell_box box = nn_cell_box_behind(&q, &r->boxes[node->out]);
        if (!nn_cell_box_is_empty(&box))
            unite(&r->boxes[v], &box, q.in->rank);
    }
}

static nn_patch find_field(nn_receptive_field *r, nn_value v, int channel, int y, int x, bool local)
{
    const nn_graph *g = r->model->graph;
    const nn_shape *s = &r->shapes[v];
    if (s->rank != 4 && s->rank != 2)
        return (nn_patch){0};
    memset(r->boxes, 0, (size_t)r->values * sizeof *r->boxes);
    r->boxes[v] = nn_cell_box_whole(s);
    take_index(&r->boxes[v], 1, channel);
    if (s->rank == 4) {
        take_index(&r->boxes[v], 2, y);
        take_index(&r->boxes[v], 3, x);
    }
    const nn_value_info info = nn_graph_value(g, v);
    for (int i = info.kind == NN_VALUE_NODE ? info.index : -1; i >= 0; i--) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (!nn_cell_box_is_empty(&r->boxes[node.out]))
            walk_node(r, &node, local);
    }
    const nn_cell_box *box = &r->boxes[nn_graph_input_at(g, 0)];
    if (nn_cell_box_is_empty(box))
        return (nn_patch){0};
    return (nn_patch){.x0 = (int)box->begin[3],
                      .y0 = (int)box->begin[2],
                      .x1 = (int)box->end[3],
                      .y1 = (int)box->end[2]};
}

nn_patch nn_receptive_field_of(nn_receptive_field *r, nn_value v, int channel, int y, int x)
{
    return find_field(r, v, channel, y, x, false);
}

nn_patch nn_receptive_field_local(nn_receptive_field *r, nn_value v, int channel, int y, int x)
{
    return find_field(r, v, channel, y, x, true);
}
