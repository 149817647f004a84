// SPDX-License-Identifier: MIT
// Looks an ONNX graph over before anything is made of it, and names all that is not supported.
#include "nn/io/onnx/onnx_check.h"
#include "nn/io/format.h"

#include "nn/io/json.h"
#include "nn/io/onnx/onnx_ops.h"
#include "nn/io/onnx/onnx_proto.h"
#include "onnx.pb-c.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NODES = 20000, MAX_FUNCTIONS = 2000 };

static bool is_name(const char *s)
{
    return s && *s && strlen(s) <= NN_IO_MAX_NAME && nn_json_plain_text(s);
}

const char *nn_onnx_node_name(const Onnx__NodeProto *n)
{
    return n->name && *n->name ? n->name : n->n_output ? n->output[0] : "";
}

static nn_status check_names(const Onnx__GraphProto *g, bool whole, nn_error *err);

static bool are_names(const Onnx__NodeProto *n)
{
    bool good = is_name(n->op_type) && (!n->name || !*n->name || is_name(n->name));
    for (size_t k = 0; k < n->n_output; k++)
        good = good && (!n->output[k][0] || is_name(n->output[k]));
    return good;
}

// The graphs in attributes of a node.
static nn_status check_subgraphs(const Onnx__NodeProto *n, nn_error *err)
{
    nn_status status = NN_OK;
    for (size_t i = 0; i < n->n_attribute && status == NN_OK; i++) {
        if (n->attribute[i]->n_graphs)
            status = nn_fail(err, NN_EUNSUPPORTED, "lists of graphs are not supported");
        else if (n->attribute[i]->g)
            status = check_names(n->attribute[i]->g, false, err);
    }
    return status;
}

// Graphs are nested as deep as messages may be.
static nn_status check_names(const Onnx__GraphProto *g, bool whole, nn_error *err)
{
    if (g->n_node > MAX_NODES || g->n_input + g->n_initializer > MAX_NODES ||
        g->n_output > NN_ONNX_MAX_OUTPUTS || (whole && g->n_output < 1))
        return nn_fail(err, NN_EUNSUPPORTED,
                       "%zu nodes, %zu inputs and %zu outputs: 1 to %d outputs and %d nodes are "
                       "supported",
                       g->n_node, g->n_input, g->n_output, NN_ONNX_MAX_OUTPUTS, MAX_NODES);
    if (g->n_sparse_initializer)
        return nn_fail(err, NN_EUNSUPPORTED, "sparse initialisers are not supported");
    bool good = true;
    for (size_t i = 0; i < g->n_input; i++)
        good = good && is_name(g->input[i]->name);
    for (size_t i = 0; i < g->n_output; i++)
        good = good && is_name(g->output[i]->name);
    for (size_t i = 0; i < g->n_initializer; i++)
        good = good && is_name(g->initializer[i]->name);
    for (size_t i = 0; i < g->n_node; i++)
        good = good && are_names(g->node[i]);
    if (!good)
        return nn_fail(err, NN_EFORMAT, "a name is missing, unprintable or longer than %d bytes",
                       NN_IO_MAX_NAME);
    nn_status status = NN_OK;
    for (size_t i = 0; i < g->n_node && status == NN_OK; i++)
        status = check_subgraphs(g->node[i], err);
    return status;
}

// Everything that is not supported, as one text; `hidden` counts what has no room in it.
typedef struct list {
    char text[400];
    size_t used, hidden;
} list;

static void __attribute__((format(printf, 2, 3))) add(list *l, const char *format, ...)
{
    char item[200];
    va_list args;
    va_start(args, format);
    vsnprintf(item, sizeof item, format, args);
    va_end(args);
    const size_t length = strlen(item), comma = l->used ? 2 : 0;
    if (l->used + comma + length >= sizeof l->text) {
        l->hidden++;
        return;
    }
    memcpy(l->text + l->used, ", ", comma);
    memcpy(l->text + l->used + comma, item, length + 1);
    l->used += comma + length;
}

static bool is_same_domain(const char *a, const char *b)
{
    return nn_onnx_is_default_domain(a) ? nn_onnx_is_default_domain(b) : b && strcmp(a, b) == 0;
}

const Onnx__FunctionProto *nn_onnx_find_function(const Onnx__ModelProto *m,
                                                 const Onnx__NodeProto *n)
{
    if (!n->op_type || nn_onnx_find_op(n->domain, n->op_type))
        return NULL;
    for (size_t i = 0; i < m->n_functions; i++)
        if (m->functions[i]->name && strcmp(m->functions[i]->name, n->op_type) == 0 &&
            is_same_domain(m->functions[i]->domain, n->domain))
            return m->functions[i];
    return NULL;
}

bool nn_onnx_is_supported(const Onnx__ModelProto *m, const Onnx__NodeProto *n)
{
    return nn_onnx_find_op(n->domain, n->op_type) || nn_onnx_find_function(m, n);
}

static bool is_same_operator(const Onnx__NodeProto *a, const Onnx__NodeProto *b)
{
    return strcmp(a->op_type, b->op_type) == 0 &&
           nn_onnx_is_default_domain(a->domain) == nn_onnx_is_default_domain(b->domain);
}

// Each operator once, with its first node, so that many nodes of one do not hide another.
enum { MAX_SHOWN = 32 };
typedef struct unsupported {
    const Onnx__ModelProto *model;
    const Onnx__NodeProto *shown[MAX_SHOWN];
    size_t nodes[MAX_SHOWN], count, hidden;
} unsupported;

static void find_unsupported(unsupported *u, Onnx__NodeProto *const *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Onnx__NodeProto *n = nodes[i];
        for (size_t k = 0; k < n->n_attribute; k++)
            if (n->attribute[k]->g)
                find_unsupported(u, n->attribute[k]->g->node, n->attribute[k]->g->n_node);
        size_t k = 0;
        if (nn_onnx_is_supported(u->model, n))
            continue;
        while (k < u->count && !is_same_operator(u->shown[k], n))
            k++;
        if (k == MAX_SHOWN) {
            u->hidden++;
            continue;
        }
        if (k == u->count) {
            u->shown[k] = n;
            u->count++;
        }
        u->nodes[k]++;
    }
}

static void add_operators(list *l, const Onnx__ModelProto *m)
{
    unsupported u = {.model = m};
    find_unsupported(&u, m->graph->node, m->graph->n_node);
    for (size_t i = 0; i < m->n_functions; i++)
        find_unsupported(&u, m->functions[i]->node, m->functions[i]->n_node);
    l->hidden += u.hidden;
    for (size_t k = 0; k < u.count; k++) {
        const bool standard = nn_onnx_is_default_domain(u.shown[k]->domain);
        char more[40] = "";
        if (u.nodes[k] > 1)
            snprintf(more, sizeof more, " and %zu more", u.nodes[k] - 1);
        add(l, "%s%.40s (node '%.60s'%s)",
            standard ? "" : "of another domain: ", u.shown[k]->op_type,
            nn_onnx_node_name(u.shown[k]), more);
    }
}

// Adds an input or output that is text, a sequence or another kind that is not supported. One
// without a declared kind is checked elsewhere.
static void add_end(list *l, const char *end, const Onnx__ValueInfoProto *info)
{
    const Onnx__TypeProto *t = info->type;
    if (!t || t->value_case == ONNX__TYPE_PROTO__VALUE__NOT_SET)
        return;
    if (t->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        add(l, "the %s '%.60s', which is no tensor", end, info->name);
    else if (t->tensor_type->elem_type == ONNX__TENSOR_PROTO__DATA_TYPE__STRING)
        add(l, "the %s '%.60s' of text", end, info->name);
    else if (!nn_onnx_type_is_known(t->tensor_type->elem_type))
        add(l, "the %s '%.60s' of type %d", end, info->name, t->tensor_type->elem_type);
}

static nn_status check_support(const Onnx__ModelProto *m, nn_error *err)
{
    list l = {0};
    char more[40] = "";
    add_operators(&l, m);
    for (size_t i = 0; i < m->graph->n_input; i++)
        add_end(&l, "input", m->graph->input[i]);
    for (size_t i = 0; i < m->graph->n_output; i++)
        add_end(&l, "output", m->graph->output[i]);
    if (!l.used)
        return NN_OK;
    if (l.hidden)
        snprintf(more, sizeof more, " and %zu more", l.hidden);
    return nn_fail(err, NN_EUNSUPPORTED, "not supported: %s%s", l.text, more);
}

static nn_status check_functions(const Onnx__ModelProto *m, nn_error *err)
{
    size_t nodes = 0;
    nn_status status = NN_OK;
    for (size_t i = 0; i < m->n_functions && status == NN_OK; i++) {
        const Onnx__FunctionProto *f = m->functions[i];
        bool good = is_name(f->name);
        for (size_t k = 0; k < f->n_input; k++)
            good = good && is_name(f->input[k]);
        for (size_t k = 0; k < f->n_output; k++)
            good = good && is_name(f->output[k]);
        for (size_t k = 0; k < f->n_node && status == NN_OK; k++) {
            good = good && are_names(f->node[k]);
            status = check_subgraphs(f->node[k], err);
        }
        nodes += f->n_node;
        if (!good)
            return nn_fail(err, NN_EFORMAT, "a name in a function is missing or invalid");
    }
    if (m->n_functions > MAX_FUNCTIONS || nodes > MAX_NODES)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "%zu functions with %zu nodes, supported are %d and "
                       "%d",
                       m->n_functions, nodes, MAX_FUNCTIONS, MAX_NODES);
    return status;
}

nn_status nn_onnx_check_model(const Onnx__ModelProto *m, nn_error *err)
{
    nn_status status = check_names(m->graph, true, err);
    if (status == NN_OK)
        status = check_functions(m, err);
    return status == NN_OK ? check_support(m, err) : status;
}
