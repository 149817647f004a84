// SPDX-License-Identifier: MIT
// Builds and reads graphs.
#include "nn/graph/graph.h"

#include "nn/base/first_failure.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct graph_value {
    char *name;
    nn_value_kind kind;
    int index;
} graph_value;

typedef struct graph_param {
    nn_value value;
    nn_param_kind kind;
    nn_shape shape;
} graph_param;

typedef struct graph_node {
    const nn_op *op;
    void *params;
    nn_value *in;
    int n_in;
    nn_value out;
} graph_node;

typedef struct graph_output {
    char *name;
    nn_value value;
} graph_output;

// A growing array of items of `size` bytes.
typedef struct list {
    void *items;
    int count, capacity;
} list;

struct nn_graph {
    list values, inputs, params, nodes, outputs;
    int *table; // values by the hash of their name, -1 where free; open addressing
    int slots;  // a power of two, more than twice the values
    nn_error error;
};

#define VALUE(g, i) (&((graph_value *)(g)->values.items)[i])
#define INPUT(g, i) (((nn_value *)(g)->inputs.items)[i])
#define PARAM(g, i) (&((graph_param *)(g)->params.items)[i])
#define NODE(g, i) (&((graph_node *)(g)->nodes.items)[i])
#define OUTPUT(g, i) (&((graph_output *)(g)->outputs.items)[i])

static bool append(list *l, const void *item, size_t size)
{
    if (l->count == l->capacity) {
        int capacity = l->capacity ? 2 * l->capacity : 32;
        void *items = nn_realloc(l->items, (size_t)l->count * size, (size_t)capacity * size);
        if (!items)
            return false;
        l->items = items;
        l->capacity = capacity;
    }
    memcpy((char *)l->items + (size_t)l->count * size, item, size);
    l->count++;
    return true;
}

nn_graph *nn_graph_new(void)
{
    return nn_calloc(1, sizeof(nn_graph));
}

void nn_graph_free(nn_graph *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->values.count; i++)
        nn_free(VALUE(g, i)->name);
    for (int i = 0; i < g->nodes.count; i++) {
        nn_free(NODE(g, i)->params);
        nn_free(NODE(g, i)->in);
    }
    for (int i = 0; i < g->outputs.count; i++)
        nn_free(OUTPUT(g, i)->name);
    nn_free(g->table);
    nn_free(g->values.items);
    nn_free(g->inputs.items);
    nn_free(g->params.items);
    nn_free(g->nodes.items);
    nn_free(g->outputs.items);
    nn_free(g);
}

nn_value nn_graph_fail(nn_graph *g, nn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nn_fail_first(&g->error, status, format, args);
    va_end(args);
    return NN_FAILED_VALUE;
}

static nn_value no_memory(nn_graph *g)
{
    return nn_graph_fail(g, NN_ENOMEM, "no memory for the graph");
}

// The slot that holds the value of this name, or the free slot where it belongs.
static int *find_slot(const nn_graph *g, const char *name)
{
    uint64_t at = nn_hash_mix(nn_hash_name(name));
    int *slot = &g->table[at & (uint64_t)(g->slots - 1)];
    while (*slot >= 0 && strcmp(VALUE(g, *slot)->name, name) != 0)
        slot = &g->table[++at & (uint64_t)(g->slots - 1)];
    return slot;
}

// Makes room for one more name.
static bool grow_table(nn_graph *g)
{
    if (2 * (g->values.count + 1) < g->slots)
        return true;
    int slots = g->slots ? 2 * g->slots : 128;
    int *table = nn_alloc((size_t)slots * sizeof *table);
    if (!table)
        return false;
    nn_free(g->table);
    g->table = table;
    g->slots = slots;
    for (int i = 0; i < slots; i++)
        table[i] = -1;
    for (int i = 0; i < g->values.count; i++)
        *find_slot(g, VALUE(g, i)->name) = i;
    return true;
}

static nn_value add_value(nn_graph *g, const char *name, nn_value_kind kind, int index)
{
    if (!grow_table(g))
        return no_memory(g);
    int *slot = find_slot(g, name);
    if (*slot >= 0)
        return nn_graph_fail(g, NN_EINVAL, "the graph has two values named \"%s\"", name);
    graph_value v = {nn_strdup(name), kind, index};
    if (v.name && append(&g->values, &v, sizeof v))
        return *slot = g->values.count - 1;
    nn_free(v.name);
    return no_memory(g);
}

nn_value nn_graph_input(nn_graph *g, const char *name)
{
    if (g->error.status)
        return NN_FAILED_VALUE;
    nn_value v = add_value(g, name, NN_VALUE_INPUT, g->inputs.count);
    if (v >= 0 && !append(&g->inputs, &v, sizeof v))
        return no_memory(g);
    return v;
}

nn_value nn_graph_param(nn_graph *g, const char *name, nn_param_kind kind, const nn_shape *shape)
{
    if (g->error.status)
        return NN_FAILED_VALUE;
    nn_error err;
    if (nn_shape_check(shape, NN_F32, &err))
        return nn_graph_fail(g, err.status, "parameter %s: %s", name, err.text);
    nn_value v = add_value(g, name, NN_VALUE_PARAM, g->params.count);
    graph_param p = {v, kind, *shape};
    if (v >= 0 && !append(&g->params, &p, sizeof p))
        return no_memory(g);
    return v;
}

static bool inputs_are_valid(nn_graph *g, const nn_op *op, const char *name, const nn_value *in,
                             int n_in)
{
    if (n_in < op->min_in || n_in > op->max_in) {
        nn_graph_fail(g, NN_EINVAL, "node %s: %s takes %d to %d inputs, not %d", name, op->name,
                      op->min_in, op->max_in, n_in);
        return false;
    }
    for (int i = 0; i < n_in; i++)
        if (in[i] >= g->values.count || in[i] < NN_NO_VALUE) {
            nn_graph_fail(g, NN_EINVAL, "node %s: input %d is no value of the graph", name, i);
            return false;
        }
    return true;
}

nn_value nn_graph_node(nn_graph *g, const nn_op *op, const char *name, const void *params,
                       const nn_value *in, int n_in)
{
    if (g->error.status || !inputs_are_valid(g, op, name, in, n_in))
        return NN_FAILED_VALUE;
    graph_node node = {.op = op, .n_in = n_in};
    node.params = nn_calloc(1, op->params_size);
    node.in = nn_calloc((size_t)n_in, sizeof *in);
    if (node.params && node.in) {
        if (op->params_size)
            memcpy(node.params, params, op->params_size);
        memcpy(node.in, in, (size_t)n_in * sizeof *in);
        node.out = add_value(g, name, NN_VALUE_NODE, g->nodes.count);
        if (node.out >= 0 && append(&g->nodes, &node, sizeof node))
            return node.out;
    }
    nn_free(node.params);
    nn_free(node.in);
    return no_memory(g);
}

void nn_graph_output(nn_graph *g, const char *name, nn_value value)
{
    if (g->error.status)
        return;
    if (value < 0 || value >= g->values.count) {
        nn_graph_fail(g, NN_EINVAL, "output %s is no value of the graph", name);
        return;
    }
    graph_output o = {nn_strdup(name), value};
    if (o.name && append(&g->outputs, &o, sizeof o))
        return;
    nn_free(o.name);
    no_memory(g);
}

nn_status nn_graph_check(const nn_graph *g, nn_error *err)
{
    if (g->error.status)
        return nn_fail(err, g->error.status, "%s", g->error.text);
    if (!g->outputs.count)
        return nn_fail(err, NN_EINVAL, "the graph has no output");
    return NN_OK;
}

int nn_graph_input_count(const nn_graph *g)
{
    return g->inputs.count;
}

int nn_graph_output_count(const nn_graph *g)
{
    return g->outputs.count;
}

int nn_graph_param_count(const nn_graph *g)
{
    return g->params.count;
}

int nn_graph_node_count(const nn_graph *g)
{
    return g->nodes.count;
}

int nn_graph_value_count(const nn_graph *g)
{
    return g->values.count;
}

nn_value nn_graph_input_at(const nn_graph *g, int i)
{
    return INPUT(g, i);
}

nn_value nn_graph_output_at(const nn_graph *g, int i)
{
    return OUTPUT(g, i)->value;
}

nn_value nn_graph_param_at(const nn_graph *g, int i)
{
    return PARAM(g, i)->value;
}

const char *nn_graph_output_name(const nn_graph *g, int i)
{
    return OUTPUT(g, i)->name;
}

int nn_graph_find_output(const nn_graph *g, const char *name)
{
    for (int i = 0; i < g->outputs.count; i++)
        if (!strcmp(OUTPUT(g, i)->name, name))
            return i;
    return -1;
}

nn_value nn_graph_find_value(const nn_graph *g, const char *name)
{
    return g->slots ? *find_slot(g, name) : NN_NO_VALUE;
}

int nn_graph_find_param(const nn_graph *g, const char *name)
{
    nn_value v = nn_graph_find_value(g, name);
    return v >= 0 && VALUE(g, v)->kind == NN_VALUE_PARAM ? VALUE(g, v)->index : -1;
}

nn_value_info nn_graph_value(const nn_graph *g, nn_value v)
{
    const graph_value *value = VALUE(g, v);
    nn_value_info info = {.name = value->name, .kind = value->kind, .index = value->index};
    if (value->kind == NN_VALUE_PARAM) {
        info.param = PARAM(g, value->index)->kind;
        info.shape = &PARAM(g, value->index)->shape;
    }
    return info;
}

nn_node_info nn_graph_node_at(const nn_graph *g, int i)
{
    const graph_node *n = NODE(g, i);
    return (nn_node_info){VALUE(g, n->out)->name, n->op, n->params, n->in, n->n_in, n->out};
}
