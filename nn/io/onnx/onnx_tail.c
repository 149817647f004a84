// SPDX-License-Identifier: MIT
// Tails of ONNX models: which values they read, and their runs.
#include "nn/io/onnx/onnx_tail.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/io/onnx/onnx_external.h"
#include "nn/io/onnx/onnx_proto.h"
#include "onnx.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENTS_PER_SECOND 2e9 // more work than that takes longer on any machine
enum { MAX_NODES_OF_LOOPS = 1 << 28 };

// A name, and the last node that reads it.
typedef struct use {
    const char *name; // of the message
    int node;
} use;

// A value of the graph, or a sequence with such values, under the name that nodes read.
typedef struct entry {
    const char *name;
    const nn_onnx_value *value;
} entry;

typedef struct tail {
    Onnx__ModelProto *model;       // owned
    nn_onnx_import *import;        // owned: what was made of the nodes that do not wait
    const Onnx__NodeProto **nodes; // owned list
    use *uses;                     // the last of each name, in the order of nodes
    entry *entries;
    const nn_onnx_value **ends; // outputs of the graph
    char *folder;
    int node_count, use_count, entry_count, end_count, opset;
} tail;

// --- while the model is read ---

nn_status nn_onnx_waiting_add(nn_onnx_waiting *w, const nn_onnx_reader *r,
                              const Onnx__NodeProto *node, int values, int steps)
{
    if (w->count == w->capacity) {
        const int bigger = w->capacity ? 2 * w->capacity : 64;
        void *p = nn_realloc(w->nodes, (size_t)w->count * sizeof *w->nodes,
                             (size_t)bigger * sizeof *w->nodes);
        if (!p)
            return nn_fail(r->err, NN_ENOMEM, "out of memory");
        w->nodes = p;
        w->capacity = bigger;
    }
    if (w->count == 0)
        snprintf(w->reason, sizeof w->reason, "%s", r->err->text);
    w->nodes[w->count++] = node;
    nn_onnx_import_undo(r->import, values, steps);
    for (size_t i = 0; i < node->n_output; i++)
        if (node->output[i][0])
            nn_onnx_import_defer(r->import, node->output[i]);
    *r->err = *nn_onnx_import_error(r->import);
    return r->err->status;
}

void nn_onnx_waiting_release(nn_onnx_waiting *w)
{
    nn_free(w->nodes);
    *w = (nn_onnx_waiting){0};
}

// --- what a tail reads ---

// Counts the names in a node and in its subgraphs, or writes them as uses by node `at`.
static int list_names(const Onnx__NodeProto *n, int at, use *out);

static int list_graph(const Onnx__GraphProto *g, int at, use *out)
{
    int count = 0;
    for (size_t i = 0; i < g->n_node; i++)
        count += list_names(g->node[i], at, out ? out + count : NULL);
    for (size_t i = 0; i < g->n_output; i++, count++)
        if (out)
            out[count] = (use){g->output[i]->name, at};
    return count;
}

static int list_names(const Onnx__NodeProto *n, int at, use *out)
{
    int count = 0;
    for (size_t i = 0; i < n->n_input; i++, count++)
        if (out)
            out[count] = (use){n->input[i], at};
    for (size_t i = 0; i < n->n_attribute; i++)
        if (n->attribute[i]->g)
            count += list_graph(n->attribute[i]->g, at, out ? out + count : NULL);
    return count;
}

// Of all: also the names that nodes make, which nobody may read, and the outputs of the model.
static int list_uses(const tail *t, use *out)
{
    const Onnx__GraphProto *g = t->model->graph;
    int count = 0;
    for (int i = 0; i < t->node_count; i++) {
        count += list_names(t->nodes[i], i, out ? out + count : NULL);
        for (size_t k = 0; k < t->nodes[i]->n_output; k++, count++)
            if (out)
                out[count] = (use){t->nodes[i]->output[k], i};
    }
    for (size_t i = 0; i < g->n_output; i++, count++)
        if (out)
            out[count] = (use){g->output[i]->name, t->node_count};
    return count;
}

static int compare_names(const void *a, const void *b)
{
    const use *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->node > y->node) - (x->node < y->node);
}

static int compare_nodes(const void *a, const void *b)
{
    const use *x = a, *y = b;
    return (x->node > y->node) - (x->node < y->node);
}

static nn_status find_uses(tail *t, nn_error *err)
{
    const int all = list_uses(t, NULL);
    t->uses = nn_calloc((size_t)all + 1, sizeof *t->uses);
    if (!t->uses)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    list_uses(t, t->uses);
    qsort(t->uses, (size_t)all, sizeof *t->uses, compare_names);
    for (int i = 0; i < all; i++)
        if (i + 1 == all || strcmp(t->uses[i].name, t->uses[i + 1].name) != 0)
            t->uses[t->use_count++] = t->uses[i];
    return NN_OK;
}

// A constant stays; another value becomes an output of the graph. Whether it is not constant.
static bool keep(tail *t, const nn_onnx_value *v)
{
    nn_onnx_made *made = (nn_onnx_made *)v;
    bool runs = false;
    if (v->items) {
        for (int i = 0; i < v->count; i++)
            runs = keep(t, v->items[i]) || runs;
        return runs;
    }
    made->kept = true;
    if (v->data)
        return false;
    if (made->end == 0) {
        t->ends[t->end_count] = v;
        made->end = ++t->end_count;
    }
    return true;
}

static nn_status find_entries(tail *t, nn_error *err)
{
    t->entries = nn_calloc((size_t)t->use_count + 1, sizeof *t->entries);
    t->ends = nn_calloc((size_t)t->import->value_count + 1, sizeof *t->ends);
    if (!t->entries || !t->ends)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < t->use_count; i++) {
        const nn_onnx_value *v = nn_onnx_import_find(t->import, t->uses[i].name);
        if (v && v != &nn_onnx_deferred && keep(t, v))
            t->entries[t->entry_count++] = (entry){t->uses[i].name, v};
    }
    qsort(t->uses, (size_t)t->use_count, sizeof *t->uses, compare_nodes);
    if (t->end_count > 0)
        return NN_OK;
    return nn_fail(err, NN_EUNSUPPORTED, "sizes depend on data, but on no input");
}

static void free_tail(void *own)
{
    tail *t = own;
    if (!t)
        return;
    nn_onnx_import_free(t->import);
    nn_onnx_free_proto(t->model);
    nn_free(t->nodes);
    nn_free(t->uses);
    nn_free(t->entries);
    nn_free(t->ends);
    nn_free(t->folder);
    nn_free(t);
}

// --- runs ---

typedef struct run {
    const tail *tail;
    nn_onnx_import *import;
    const nn_onnx_value **ends; // those of the tail, with the data of this run
    const nn_onnx_reader *reader;
} run;

// A value of the graph with the data of this run.
static const nn_onnx_value *read_end(run *r, const nn_onnx_value *v, const nn_tensor *in)
{
    const int at = ((const nn_onnx_made *)v)->end - 1;
    if (at < 0)
        return v;
    if (!r->ends[at])
        r->ends[at] = nn_onnx_import_passing(r->import, v, nn_tensor_f32(&in[at]));
    return r->ends[at];
}

static void bind_entry(run *r, const entry *e, const nn_tensor *in)
{
    nn_onnx_node node = {.import = r->import};
    const nn_onnx_value *items = NULL;
    if (!e->value->items) {
        nn_onnx_import_bind(r->import, e->name, read_end(r, e->value, in));
        return;
    }
    const nn_onnx_value **list = nn_calloc((size_t)e->value->count + 1, sizeof *list);
    for (int i = 0; list && i < e->value->count; i++)
        list[i] = read_end(r, e->value->items[i], in);
    if (list)
        items =
            e->value->nothing ? nn_onnx_nothing(&node) : nn_onnx_list(&node, list, e->value->count);
    else
        nn_onnx_fail(&node, NN_ENOMEM, "out of memory");
    nn_free(list);
    nn_onnx_import_bind(r->import, e->name, items);
}

static nn_status run_nodes(run *r, const nn_onnx_reader *reader)
{
    const tail *t = r->tail;
    nn_status status = NN_OK;
    for (int i = 0, u = 0; i < t->node_count && status == NN_OK; i++) {
        status = nn_onnx_build_node(reader, t->nodes[i]);
        for (; u < t->use_count && t->uses[u].node <= i; u++)
            nn_onnx_import_drop(r->import, t->uses[u].name);
        nn_onnx_import_collect(r->import);
    }
    return status;
}

static nn_status read_outputs(const run *r, nn_tensor *outputs, nn_error *err)
{
    const Onnx__GraphProto *g = r->tail->model->graph;
    for (size_t i = 0; i < g->n_output; i++) {
        const nn_onnx_value *v = nn_onnx_import_find(r->import, g->output[i]->name);
        if (!v || v == &nn_onnx_deferred)
            return nn_fail(err, NN_EFORMAT, "the output '%.80s' is made by no node",
                           g->output[i]->name);
        if (v->items)
            return nn_fail(err, NN_EUNSUPPORTED, "the output '%.80s' is a sequence",
                           g->output[i]->name);
        outputs[i] = nn_tensor_dense(NN_F32, v->shape, (float *)v->data);
    }
    return NN_OK;
}

static nn_status run_all(run *r, const nn_tensor *in, nn_tensor *outputs, nn_error *err)
{
    const tail *t = r->tail;
    static const nn_onnx_options none = {0};
    nn_onnx_external *external = nn_calloc(1, sizeof *external);
    if (!external)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    external->folder = t->folder;
    const nn_onnx_reader reader = {.model = t->model,
                                   .graph = t->model->graph,
                                   .options = &none,
                                   .import = r->import,
                                   .external = external,
                                   .opset = t->opset,
                                   .err = err};
    for (int i = 0; i < t->entry_count; i++)
        bind_entry(r, &t->entries[i], in);
    const nn_error *failure = nn_onnx_import_error(r->import);
    nn_status status = failure->status ? nn_fail(err, failure->status, "%s", failure->text)
                                       : run_nodes(r, &reader);
    if (status == NN_OK)
        status = read_outputs(r, outputs, err);
    nn_onnx_external_release(external);
    nn_free(external);
    return status;
}

static nn_status start(void *own, const nn_tensor *in, nn_pool *pool, const nn_tail_limits *limits,
                       nn_tensor *outputs, void **state, nn_error *err)
{
    const tail *t = own;
    nn_error local;
    err = err ? err : &local;
    run r = {.tail = t,
             .import = nn_onnx_import_new(limits->bytes),
             .ends = nn_calloc((size_t)t->end_count, sizeof *r.ends)};
    nn_status status = r.import && r.ends ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK) {
        r.import->outer = t->import;
        r.import->pool = pool;
        r.import->deadline = nn_clock_seconds() + limits->seconds;
        r.import->work_left = limits->seconds * ELEMENTS_PER_SECOND;
        r.import->nodes_left = MAX_NODES_OF_LOOPS;
        r.import->collected = limits->bytes;
        status = run_all(&r, in, outputs, err);
    }
    nn_free(r.ends);
    *state = r.import;
    if (status != NN_OK)
        nn_onnx_import_free(r.import);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "onnx");
}

static void end(void *state)
{
    nn_onnx_import_free(state);
}

static const nn_tail_kind kind = {start, end, free_tail};

// --- making one ---

static nn_shape declared(const Onnx__ValueInfoProto *info)
{
    const Onnx__TypeProto__Tensor *t =
        info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
            ? info->type->tensor_type
            : NULL;
    nn_shape shape = {.rank = t && t->shape && t->shape->n_dim <= NN_MAX_RANK ? (int)t->shape->n_dim
                                                                              : NN_TAIL_OPEN};
    for (int i = 0; i < shape.rank; i++) {
        const Onnx__TensorShapeProto__Dimension *d = t->shape->dim[i];
        const bool open = d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        shape.dim[i] = open || d->dim_value < 0 ? NN_TAIL_OPEN : d->dim_value;
    }
    return shape;
}

// The shape of an output: as it is where it is known, else as declared.
static nn_shape output_shape(const tail *t, const Onnx__ValueInfoProto *info)
{
    const nn_onnx_value *v = nn_onnx_import_find(t->import, info->name);
    return !v || v == &nn_onnx_deferred ? declared(info) : v->shape;
}

// The graph, and the tail as what models have.
static nn_status make_both(tail *t, const char *reason, nn_model **out, nn_error *err)
{
    const Onnx__GraphProto *g = t->model->graph;
    const size_t most = g->n_output > (size_t)t->end_count ? g->n_output : (size_t)t->end_count;
    char(*own)[32] = nn_calloc(most, sizeof *own);
    const char **names = nn_calloc(most, sizeof *names);
    nn_shape *shapes = nn_calloc(most, sizeof *shapes);
    nn_status status = own && names && shapes ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < t->end_count && status == NN_OK; i++) {
        snprintf(own[i], sizeof own[i], "tail.%d", i);
        names[i] = own[i];
    }
    if (status == NN_OK)
        status = nn_onnx_import_finish(t->import, names, t->ends, t->end_count, out, err);
    for (size_t i = 0; i < g->n_output && status == NN_OK; i++) {
        names[i] = g->output[i]->name;
        shapes[i] = output_shape(t, g->output[i]);
    }
    if (status == NN_OK)
        status = nn_tail_new(&(*out)->tail, &kind, t, t->end_count, names, shapes, (int)g->n_output,
                             reason, err);
    else
        free_tail(t);
    nn_free(own);
    nn_free(names);
    nn_free(shapes);
    return status;
}

nn_status nn_onnx_tail_finish(nn_onnx_reader *r, nn_onnx_waiting *w, nn_model **out, bool *taken)
{
    *taken = false;
    tail *t = nn_calloc(1, sizeof *t);
    if (!t)
        return nn_fail(r->err, NN_ENOMEM, "out of memory");
    *taken = true;
    *t = (tail){.model = (Onnx__ModelProto *)r->model,
                .import = r->import,
                .nodes = w->nodes,
                .node_count = w->count,
                .opset = r->opset};
    w->nodes = NULL;
    if (r->external->folder)
        t->folder = nn_strdup(r->external->folder);
    nn_status status = NN_OK;
    if (r->external->folder && !t->folder)
        status = nn_fail(r->err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = find_uses(t, r->err);
    if (status == NN_OK)
        status = find_entries(t, r->err);
    if (status == NN_OK)
        return make_both(t, w->reason, out, r->err);
    free_tail(t);
    return status;
}
