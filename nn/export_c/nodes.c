// SPDX-License-Identifier: MIT
// Finds what has to be computed: the nodes of the plan that run, with what they read and write.
#include "nn/base/memory.h"
#include "nn/export_c/walk.h"

#include <math.h>
#include <string.h>

#define NN_C_OP(word) extern const nn_c_op nn_c_op_##word;
#include "nn/export_c/ops.inc"
#undef NN_C_OP

static const nn_c_op *const ops[] = {
#define NN_C_OP(word) &nn_c_op_##word,
#include "nn/export_c/ops.inc"
#undef NN_C_OP
    NULL,
};

const nn_c_op *nn_c_op_find(const nn_node_info *node)
{
    if (nn_act_of_node(node->op, node->params) != NN_ACT_NONE)
        return &nn_c_op_activations;
    for (int i = 0; ops[i]; i++)
        if (ops[i]->op == node->op)
            return ops[i];
    return NULL;
}

static nn_status make_tables(nn_c_writer *w, nn_error *err)
{
    size_t inputs = 0;
    w->node_count = nn_graph_node_count(w->graph);
    w->value_count = nn_graph_value_count(w->graph);
    for (int i = 0; i < w->node_count; i++)
        inputs += (size_t)nn_graph_node_at(w->graph, i).n_in;
    w->nodes = nn_calloc((size_t)w->node_count + 1, sizeof *w->nodes);
    w->values = nn_calloc((size_t)w->value_count + 1, sizeof *w->values);
    w->places = nn_calloc(inputs + 1, sizeof *w->places);
    w->scales = nn_calloc(inputs + (size_t)w->node_count + 1, sizeof *w->scales);
    return w->nodes && w->values && w->places && w->scales
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory to write a program");
}

static void fill_nodes(nn_c_writer *w)
{
    nn_value *place = w->places;
    nn_op_quantized *scale = w->scales;
    for (int i = 0; i < w->node_count; i++) {
        nn_c_node *n = &w->nodes[i];
        const nn_op_quantized *q = nn_plan_node_quantized(w->plan, i);
        n->info = nn_graph_node_at(w->graph, i);
        n->op = nn_c_op_find(&n->info);
        n->runs = nn_plan_node_runs(w->plan, i);
        n->in = place;
        n->quantized = scale;
        n->act = nn_plan_node_act(w->plan, i);
        n->out = nn_plan_node_writes(w->plan, i);
        for (int k = 0; k < n->info.n_in; k++)
            n->in[k] = nn_plan_node_reads(w->plan, i, k);
        if (q)
            memcpy(scale, q, ((size_t)n->info.n_in + 1) * sizeof *scale);
        place += n->info.n_in;
        scale += n->info.n_in + 1;
    }
    for (nn_value v = 0; v < w->value_count; v++)
        w->values[v] = (nn_c_value){.shape = *nn_plan_shape(w->plan, v),
                                    .bytes = nn_plan_value_is_bytes(w->plan, v),
                                    .constant = nn_plan_value_is_constant(w->plan, v),
                                    .root = v};
}

static bool is_output(const nn_c_writer *w, nn_value v)
{
    for (int i = 0; i < nn_graph_output_count(w->graph); i++)
        if (nn_graph_output_at(w->graph, i) == v)
            return true;
    return false;
}

// The node that runs and writes v; NULL: none.
static nn_c_node *writer_of(const nn_c_writer *w, nn_value v)
{
    for (int i = 0; i < w->node_count; i++)
        if (w->nodes[i].runs && w->nodes[i].out == v)
            return &w->nodes[i];
    return NULL;
}

// The only node that reads v, which is no output; NULL: there are others, or none.
static nn_c_node *sole_reader(const nn_c_writer *w, nn_value v)
{
    nn_c_node *reader = NULL;
    if (is_output(w, v))
        return NULL;
    for (int i = 0; i < w->node_count; i++)
        for (int k = 0; w->nodes[i].runs && k < w->nodes[i].info.n_in; k++)
            if (w->nodes[i].in[k] == v) {
                if (reader)
                    return NULL;
                reader = &w->nodes[i];
            }
    return reader;
}

// A concatenation of bytes that become float before and bytes behind, because their channels are no
// whole blocks of the engine, moves bytes. Those are the same.
static void join_bytes(nn_c_writer *w, nn_c_node *n)
{
    nn_c_node *made[NN_OP_MAX_IN], *to = sole_reader(w, n->out);
    if (nn_c_out(n)->scale || !to || to->info.op != &nn_op_quantize_linear ||
        !w->values[to->out].bytes)
        return;
    for (int k = 0; k < n->info.n_in; k++) {
        made[k] = writer_of(w, n->in[k]);
        if (!made[k] || made[k]->info.op != &nn_op_dequantize_linear ||
            !w->values[made[k]->in[0]].bytes)
            return;
    }
    for (int k = 0; k < n->info.n_in; k++) {
        n->quantized[k] = made[k]->quantized[0];
        n->in[k] = made[k]->in[0];
    }
    n->quantized[n->info.n_in] = *nn_c_out(to);
    n->out = to->out;
    to->runs = false;
}

// What nobody needs is not computed.
static void drop_unread(nn_c_writer *w, bool *needed)
{
    for (nn_value v = 0; v < w->value_count; v++)
        needed[v] = is_output(w, v);
    for (int i = w->node_count - 1; i >= 0; i--) {
        nn_c_node *n = &w->nodes[i];
        n->runs = n->runs && needed[n->out];
        for (int k = 0; n->runs && k < n->info.n_in; k++)
            if (n->in[k] >= 0 && !(k < 64 && n->info.op->shape_only >> k & 1))
                needed[n->in[k]] = true;
    }
}

// A program takes the bytes that the model makes of its input, where nothing else reads that.
static void find_input(nn_c_writer *w)
{
    w->input = nn_graph_input_at(w->graph, 0);
    nn_c_node *reader = sole_reader(w, w->input);
    if (reader && reader->info.op == &nn_op_quantize_linear && w->values[reader->out].bytes) {
        w->input_quantized = *nn_c_out(reader);
        w->input = reader->out;
        reader->runs = false;
    }
}

static nn_status refuse(const nn_c_node *n, const char *why, nn_error *err)
{
    return nn_fail(err, NN_EUNSUPPORTED, "layer '%s': %s %s", n->info.name, n->info.op->name, why);
}

static bool is_finite(const nn_c_writer *w, const nn_c_node *n, int k)
{
    const float *x = nn_c_data(w, n, k);
    if (!x || !w->values[n->in[k]].constant)
        return true;
    for (int64_t i = 0; i < nn_shape_count(nn_c_shape(w, n->in[k])); i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

// Numbers that C constants and the indices of a program can hold.
static const char *check_numbers(const nn_c_writer *w, const nn_c_node *n)
{
    enum { MOST = INT32_MAX / (int)sizeof(float) };
    for (int k = 0; k < n->info.n_in; k++)
        if (!is_finite(w, n, k))
            return "has constants that are not finite, which have no form in C";
    return nn_shape_count(nn_c_shape(w, n->out)) > MOST ? "has too many results for a program"
                                                        : NULL;
}

static nn_status check_outputs(const nn_c_writer *w, nn_error *err)
{
    for (int i = 0; i < nn_graph_output_count(w->graph); i++)
        if (w->values[nn_graph_output_at(w->graph, i)].constant)
            return nn_fail(err, NN_EUNSUPPORTED,
                           "output '%s' does not depend on the input: it has no form in C",
                           nn_graph_output_name(w->graph, i));
    return NN_OK;
}

static nn_status check_nodes(nn_c_writer *w, nn_error *err)
{
    for (int i = 0; i < w->node_count; i++) {
        const nn_c_node *n = &w->nodes[i];
        if (!n->runs)
            continue;
        if (!n->op)
            return refuse(n, "has no form in C", err);
        if (nn_c_is_image(w, n->out) && nn_c_shape(w, n->out)->dim[0] != 1)
            return refuse(n, "has more than one image", err);
        if (!nn_c_order_fits(w, n))
            return refuse(n, "mixes images and other values of four dims: no form in C", err);
        const char *why = check_numbers(w, n);
        if (!why && n->op->walk)
            why = nn_c_check_walk(w, n);
        else if (!why && n->op->check)
            why = n->op->check(w, n);
        if (why)
            return refuse(n, why, err);
    }
    return check_outputs(w, err);
}

nn_status nn_c_find_nodes(nn_c_writer *w, nn_error *err)
{
    nn_status status = make_tables(w, err);
    if (status)
        return status;
    fill_nodes(w);
    for (int i = 0; i < w->node_count; i++)
        if (w->nodes[i].runs && w->nodes[i].info.op == &nn_op_concat)
            join_bytes(w, &w->nodes[i]);
    bool *needed = nn_calloc((size_t)w->value_count + 1, sizeof *needed);
    if (!needed)
        return nn_fail(err, NN_ENOMEM, "no memory to write a program");
    drop_unread(w, needed);
    nn_free(needed);
    find_input(w);
    status = nn_c_find_order(w, err);
    return status ? status : check_nodes(w, err);
}
