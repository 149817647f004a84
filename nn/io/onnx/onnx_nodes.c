// SPDX-License-Identifier: MIT
// Builds the nodes of ONNX graphs, of the subgraphs in their attributes and of functions.
#include "nn/base/clock.h"
#include "nn/io/onnx/import/whole.h"
#include "nn/io/onnx/onnx_check.h"
#include "nn/io/onnx/onnx_external.h"
#include "nn/io/onnx/onnx_ops.h"
#include "nn/io/onnx/onnx_proto.h"
#include "nn/io/onnx/onnx_reader.h"
#include "onnx.pb-c.h"

#include <string.h>

typedef nn_onnx_reader reader;

enum { MAX_FUNCTION_DEPTH = 32 };

bool nn_onnx_has_value(const reader *r, const char *name)
{
    return nn_onnx_import_find(r->import, name) != NULL;
}

nn_status nn_onnx_add_initializers(const reader *r, const Onnx__GraphProto *g)
{
    for (size_t i = 0; i < g->n_initializer; i++) {
        const Onnx__TensorProto *t = g->initializer[i];
        Onnx__TensorProto whole;
        nn_shape shape;
        const nn_onnx_value *v;
        nn_status status = nn_onnx_external_find(r->external, t, &whole, r->import, r->err);
        if (status == NN_OK)
            status = nn_onnx_tensor_shape(&whole, &shape, r->err);
        if (status != NN_OK)
            return nn_fail_prefix(r->err, status, "initialiser '%s'", t->name);
        float *data =
            nn_onnx_import_constant(r->import, &shape, nn_onnx_type_is_integer(t->data_type), &v);
        if (data)
            nn_onnx_tensor_data(&whole, data);
        nn_onnx_set_type(v, t->data_type);
        nn_onnx_import_bind(r->import, t->name, v);
    }
    return NN_OK;
}

// Of nodes within nodes the innermost are named, as long as there is room.
static nn_status fail_node(const reader *r, const Onnx__NodeProto *n)
{
    enum { LONG = 240 };
    const nn_error *e = nn_onnx_import_error(r->import);
    if (strlen(e->text) > LONG)
        return nn_fail(r->err, e->status, "%s", e->text);
    return nn_fail(r->err, e->status, "%.40s (node '%.60s'): %.360s", n->op_type,
                   nn_onnx_node_name(n), e->text);
}

// Whether a name that nothing made is an input that the caller of a function left out.
static bool is_left_out(const reader *r, const char *name)
{
    for (size_t i = 0; r->function && i < r->function->n_input; i++)
        if (strcmp(r->function->input[i], name) == 0)
            return true;
    return false;
}

static void take_inputs(const reader *r, nn_onnx_node *n, bool sequences)
{
    const Onnx__NodeProto *proto = n->proto;
    while (n->n_in > 0 && !proto->input[n->n_in - 1][0])
        n->n_in--;
    for (int i = 0; i < n->n_in && i < NN_ONNX_MAX_IN && !nn_onnx_failed(n); i++) {
        if (!proto->input[i][0])
            continue;
        n->in[i] = nn_onnx_import_find(r->import, proto->input[i]);
        if (n->in[i] == &nn_onnx_deferred)
            nn_onnx_wait(n, "its input '%.80s' has a size that depends on data", proto->input[i]);
        else if (!n->in[i] && !is_left_out(r, proto->input[i]))
            nn_onnx_fail(n, NN_EFORMAT, "its input '%.80s' is made by no node before it",
                         proto->input[i]);
        else if (n->in[i] && n->in[i]->items && !sequences)
            nn_onnx_fail(n, NN_EFORMAT, "its input '%.80s' is a sequence", proto->input[i]);
    }
    while (n->n_in > 0 && n->n_in <= NN_ONNX_MAX_IN && !n->in[n->n_in - 1])
        n->n_in--;
}

static void build_operator(const reader *r, nn_onnx_node *n, const nn_onnx_op *op)
{
    take_inputs(r, n, op->arg & NN_ONNX_SEQUENCES);
    if (n->n_in < op->min_in || n->n_in > op->max_in)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "%d inputs, supported are %d to %d", n->n_in, op->min_in,
                     op->max_in);
    for (int i = op->max_out; i < n->n_out; i++)
        if (nn_onnx_wants(n, i))
            nn_onnx_fail(n, NN_EUNSUPPORTED, "its output %d is not supported", i);
    for (int i = 0; i < op->min_in && !nn_onnx_failed(n); i++)
        if (!n->in[i])
            nn_onnx_fail(n, NN_EFORMAT, "input %d is missing", i);
    if (!nn_onnx_failed(n))
        op->build(n);
    nn_onnx_keep_type(n, op->name);
}

// --- functions of the model ---

static int function_opset(const Onnx__FunctionProto *f, int otherwise)
{
    for (size_t i = 0; i < f->n_opset_import; i++)
        if (nn_onnx_is_default_domain(f->opset_import[i]->domain))
            return (int)f->opset_import[i]->version;
    return otherwise;
}

static void build_body(reader *r, nn_onnx_node *n, const Onnx__FunctionProto *f,
                       const nn_onnx_value **out)
{
    const int mark = nn_onnx_import_enter(n->import);
    for (size_t i = 0; i < f->n_input; i++)
        if (i < (size_t)n->n_in && n->in[i])
            nn_onnx_import_bind(n->import, f->input[i], n->in[i]);
        else
            nn_onnx_import_hide(n->import, f->input[i]);
    for (size_t i = 0; i < f->n_node && !nn_onnx_failed(n); i++)
        if (nn_onnx_build_node(r, f->node[i]) != NN_OK) // says which node it was
            nn_fail(nn_onnx_import_error(n->import), r->err->status, "%s", r->err->text);
    for (size_t i = 0; i < f->n_output && !nn_onnx_failed(n); i++) {
        out[i] = nn_onnx_import_find(n->import, f->output[i]);
        if (out[i] == &nn_onnx_deferred)
            nn_onnx_wait(n, "'%.80s' has a size that depends on data", f->output[i]);
    }
    nn_onnx_import_leave(n->import, mark);
}

static void build_function(const reader *r, nn_onnx_node *n, const Onnx__FunctionProto *f)
{
    const nn_onnx_value *out[NN_ONNX_MAX_IN] = {NULL};
    nn_error local = {0};
    take_inputs(r, n, true);
    if ((size_t)n->n_in > f->n_input || n->n_in > NN_ONNX_MAX_IN || f->n_output > NN_ONNX_MAX_IN ||
        (size_t)n->n_out > f->n_output)
        nn_onnx_fail(n, NN_EFORMAT, "the function has %zu inputs and %zu outputs", f->n_input,
                     f->n_output);
    if (r->depth >= MAX_FUNCTION_DEPTH || f->n_node + 1 > (size_t)n->import->nodes_left)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "functions make too many nodes, or call themselves");
    if (nn_onnx_failed(n))
        return;
    n->import->nodes_left -= (int)f->n_node + 1;
    reader inner = *r;
    inner.function = f;
    inner.caller = n;
    inner.depth++;
    inner.opset = function_opset(f, r->opset);
    inner.err = &local;
    build_body(&inner, n, f, out);
    for (int i = 0; i < n->n_out; i++)
        nn_onnx_output(n, i, out[i]);
}

static void check_time(nn_onnx_node *n)
{
    if (n->import->deadline > 0 && nn_clock_seconds() > n->import->deadline)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "the run takes longer than its limit of time");
}

nn_status nn_onnx_build_node(const reader *r, const Onnx__NodeProto *proto)
{
    // One of them is there: that was checked.
    const Onnx__FunctionProto *f = nn_onnx_find_function(r->model, proto);
    const nn_onnx_op *op = f ? NULL : nn_onnx_find_op(proto->domain, proto->op_type);
    nn_onnx_node n = {.import = r->import,
                      .proto = proto,
                      .n_in = proto->n_input < INT32_MAX ? (int)proto->n_input : INT32_MAX,
                      .n_out = (int)proto->n_output,
                      .opset = r->opset,
                      .arg = op ? op->arg : 0,
                      .reader = r,
                      .caller = r->caller};
    check_time(&n);
    if (f)
        build_function(r, &n, f);
    else
        build_operator(r, &n, op);
    for (int i = 0; i < n.n_out && !nn_onnx_failed(&n); i++)
        if (nn_onnx_wants(&n, i) && !nn_onnx_has_value(r, proto->output[i]))
            nn_onnx_fail(&n, NN_EUNSUPPORTED, "its output %d is not supported", i);
    return nn_onnx_failed(&n) ? fail_node(r, proto) : NN_OK;
}

// --- subgraphs ---

static const Onnx__GraphProto *find_subgraph(const nn_onnx_node *n, const char *name)
{
    for (size_t i = 0; i < n->proto->n_attribute; i++)
        if (n->proto->attribute[i]->name && strcmp(n->proto->attribute[i]->name, name) == 0)
            return n->proto->attribute[i]->g;
    return NULL;
}

static void build_subgraph(nn_onnx_node *n, const Onnx__GraphProto *g)
{
    nn_error local = {0};
    reader r = *n->reader;
    r.err = &local;
    nn_status status = nn_onnx_add_initializers(&r, g);
    if (status != NN_OK)
        nn_onnx_fail(n, status, "%s", local.text);
    for (size_t i = 0; i < g->n_node && !nn_onnx_failed(n); i++)
        if (nn_onnx_build_node(&r, g->node[i]) != NN_OK) // says which node it was
            nn_fail(nn_onnx_import_error(n->import), local.status, "%s", local.text);
}

int nn_onnx_subgraph(nn_onnx_node *n, const char *name, const nn_onnx_value *const *in, int n_in,
                     const nn_onnx_value **out, int max)
{
    const Onnx__GraphProto *g = find_subgraph(n, name);
    if (!g || g->n_input != (size_t)n_in || g->n_output > (size_t)max)
        nn_onnx_fail(n, NN_EFORMAT, "the graph '%s' is missing or has other inputs or outputs",
                     name);
    check_time(n); // a graph may have no node
    if (nn_onnx_failed(n))
        return 0;
    if (g->n_node + 1 > (size_t)n->import->nodes_left) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "loops and branches make too many nodes");
        return 0;
    }
    n->import->nodes_left -= (int)g->n_node + 1;
    const int mark = nn_onnx_import_enter(n->import);
    for (int i = 0; i < n_in; i++)
        nn_onnx_import_bind(n->import, g->input[i]->name, in[i]);
    build_subgraph(n, g);
    for (size_t i = 0; i < g->n_output && !nn_onnx_failed(n); i++) {
        out[i] = nn_onnx_import_find(n->import, g->output[i]->name);
        if (out[i] == &nn_onnx_deferred)
            nn_onnx_wait(n, "'%.80s' has a size that depends on data", g->output[i]->name);
        else if (!out[i])
            nn_onnx_fail(n, NN_EFORMAT, "the output '%.80s' is made by no node",
                         g->output[i]->name);
    }
    nn_onnx_import_leave(n->import, mark);
    return nn_onnx_failed(n) ? 0 : (int)g->n_output;
}
