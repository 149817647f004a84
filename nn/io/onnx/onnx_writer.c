// SPDX-License-Identifier: MIT
// Writes ONNX nodes and constants.
#include "nn/io/onnx/onnx_writer_internal.h"

#include "nn/base/first_failure.h"
#include "nn/base/memory.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_FLOAT = 1, TYPE_INT64 = 7, MAX_NAME = 300 };

struct nn_onnx_writer_block {
    struct nn_onnx_writer_block *next;
    max_align_t bytes[];
};

void nn_onnx_writer_release(nn_onnx_writer *w)
{
    for (int i = 0; i < w->initialiser_count; i++)
        if (w->initialisers[i].owned)
            nn_tensor_release(&w->initialisers[i].tensor);
    for (int i = 0; i < w->name_count; i++)
        nn_free(w->names[i]);
    nn_free(w->initialisers);
    nn_free(w->names);
    nn_free(w->values);
    nn_free(w->casts);
    nn_free(w->nodes);
    while (w->blocks) {
        struct nn_onnx_writer_block *next = w->blocks->next;
        nn_free(w->blocks);
        w->blocks = next;
    }
}

void nn_onnx_writer_no_memory(nn_onnx_writer *w)
{
    if (!w->error.status)
        nn_fail(&w->error, NN_ENOMEM, "out of memory");
}

void *nn_onnx_writer_alloc(nn_onnx_writer *w, size_t bytes)
{
    struct nn_onnx_writer_block *b = w->error.status ? NULL : nn_calloc(1, sizeof *b + bytes);
    if (!b) {
        nn_onnx_writer_no_memory(w);
        return NULL;
    }
    b->next = w->blocks;
    w->blocks = b;
    return b->bytes;
}

void nn_onnx_refuse(const nn_onnx_item *n, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nn_fail_first(&n->writer->error, NN_EUNSUPPORTED, format, args);
    va_end(args);
}

// Room for one more item.
static bool grow(nn_onnx_writer *w, void *items, int count, int *capacity, size_t size)
{
    void **list = items;
    if (count < *capacity)
        return true;
    const int bigger = *capacity ? 2 * *capacity : 64;
    void *p = nn_realloc(*list, (size_t)count * size, (size_t)bigger * size);
    if (!p) {
        nn_onnx_writer_no_memory(w);
        return false;
    }
    *list = p;
    *capacity = bigger;
    return true;
}

const char *nn_onnx_writer_text(nn_onnx_writer *w, const char *text)
{
    char *copy = nn_strdup(text);
    if (!copy || !grow(w, &w->names, w->name_count, &w->name_capacity, sizeof *w->names)) {
        nn_free(copy);
        nn_onnx_writer_no_memory(w);
        return "";
    }
    w->names[w->name_count++] = copy;
    return copy;
}

bool nn_onnx_writer_has(const nn_onnx_writer *w, const char *name)
{
    for (int v = 0; v < nn_graph_value_count(w->graph); v++)
        if (strcmp(nn_graph_value(w->graph, v).name, name) == 0 ||
            (w->values[v].name && strcmp(w->values[v].name, name) == 0))
            return true;
    return false;
}

const char *nn_onnx_writer_new_name(nn_onnx_writer *w, const char *base)
{
    char name[MAX_NAME];
    int number = w->name_count; // grows with every name made, so that those differ
    do {
        snprintf(name, sizeof name, "%.250s:%d", base, number++);
    } while (nn_onnx_writer_has(w, name));
    return nn_onnx_writer_text(w, name);
}

bool nn_onnx_writer_tensor(nn_onnx_writer *w, const char *name, const nn_tensor *t, bool owned)
{
    nn_tensor tensor = *t;
    if (grow(w, &w->initialisers, w->initialiser_count, &w->initialiser_capacity,
             sizeof *w->initialisers)) {
        w->initialisers[w->initialiser_count++] = (nn_onnx_initialiser){name, tensor, owned};
        return true;
    }
    if (owned)
        nn_tensor_release(&tensor);
    return false;
}

static Onnx__AttributeProto *new_attribute(nn_onnx_writer *w, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *a = nn_onnx_writer_alloc(w, sizeof *a);
    if (a) {
        onnx__attribute_proto__init(a);
        a->name = (char *)name;
        a->has_type = true;
        a->type = type;
    }
    return a;
}

static Onnx__NodeProto *new_node(nn_onnx_writer *w, const char *op)
{
    Onnx__NodeProto *node = nn_onnx_writer_alloc(w, sizeof *node);
    if (node) {
        onnx__node_proto__init(node);
        node->op_type = (char *)op;
    }
    return node;
}

// `count` pointers that live as long as the writer.
static void *keep_list(nn_onnx_writer *w, const void *list, size_t count)
{
    void *copy = count ? nn_onnx_writer_alloc(w, count * sizeof(void *)) : NULL;
    if (copy)
        memcpy(copy, list, count * sizeof(void *));
    return copy;
}

// The node whose only output is `out`, which is its name, too.
static void take_node(nn_onnx_writer *w, Onnx__NodeProto *node, char *const *inputs,
                      Onnx__AttributeProto *const *attributes, const char *out)
{
    node->name = (char *)out;
    node->n_output = 1;
    node->output = keep_list(w, &out, 1);
    node->input = keep_list(w, inputs, node->n_input);
    node->attribute = keep_list(w, attributes, node->n_attribute);
}

static void write_cast(nn_onnx_writer *w, const nn_onnx_operand *v)
{
    char *from = (char *)v->half;
    Onnx__NodeProto *cast = new_node(w, "Cast");
    Onnx__AttributeProto *to = new_attribute(w, "to", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (!to || !grow(w, &w->casts, w->cast_count, &w->cast_capacity, sizeof(void *)))
        return;
    to->has_i = true;
    to->i = TYPE_FLOAT;
    cast->n_input = cast->n_attribute = 1;
    take_node(w, cast, &from, &to, v->name);
    w->casts[w->cast_count++] = cast;
}

// A constant of the graph is written when the first node reads it, as float16 with a Cast behind
// when that is wanted.
static void write_constant(nn_onnx_writer *w, nn_onnx_operand *v)
{
    const nn_dtype dtype = v->half ? NN_F16 : v->stored;
    nn_tensor t = nn_tensor_dense(NN_F32, v->shape, (void *)v->data), narrow;
    v->written = true;
    if (dtype == NN_F32) {
        nn_onnx_writer_tensor(w, v->name, &t, false);
        return;
    }
    if (w->error.status || nn_tensor_init(&narrow, dtype, &v->shape, &w->error) != NN_OK)
        return;
    nn_convert(dtype, narrow.data, NN_F32, t.data, nn_shape_count(&v->shape));
    nn_onnx_writer_tensor(w, v->half ? v->half : v->name, &narrow, true);
    if (v->half)
        write_cast(w, v);
}

// --- nodes ---

void nn_onnx_begin(const nn_onnx_item *n, const char *op)
{
    n->writer->node = new_node(n->writer, op);
}

void nn_onnx_add_input(const nn_onnx_item *n, const char *value)
{
    nn_onnx_writer *w = n->writer;
    for (int i = 0; i < n->n_in; i++)
        if (n->in[i].name == value && n->in[i].data) {
            nn_onnx_operand *v = &w->values[w->inputs[i]];
            if (!v->written)
                write_constant(w, v);
        }
    if (w->node && w->node->n_input < NN_ONNX_WRITER_INPUTS)
        w->node_inputs[w->node->n_input++] = (char *)value;
    else
        nn_onnx_refuse(n, "too many inputs of a node");
}

// A new attribute of the node being written; NULL after a failure.
static Onnx__AttributeProto *add_attribute(const nn_onnx_item *n, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    nn_onnx_writer *w = n->writer;
    Onnx__AttributeProto *a = w->node ? new_attribute(w, name, type) : NULL;
    if (a && w->node->n_attribute < NN_ONNX_WRITER_ATTRIBUTES)
        w->node_attributes[w->node->n_attribute++] = a;
    else
        nn_onnx_refuse(n, "too many attributes of a node");
    return a;
}

void nn_onnx_add_int(const nn_onnx_item *n, const char *attribute, int64_t v)
{
    Onnx__AttributeProto *a =
        add_attribute(n, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (a) {
        a->has_i = true;
        a->i = v;
    }
}

void nn_onnx_add_float(const nn_onnx_item *n, const char *attribute, float v)
{
    Onnx__AttributeProto *a =
        add_attribute(n, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (a) {
        a->has_f = true;
        a->f = v;
    }
}

void nn_onnx_add_text(const nn_onnx_item *n, const char *attribute, const char *text)
{
    Onnx__AttributeProto *a =
        add_attribute(n, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    if (a) {
        a->has_s = true;
        a->s = (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
    }
}

void nn_onnx_add_ints(const nn_onnx_item *n, const char *attribute, const int32_t *v, int count)
{
    Onnx__AttributeProto *a =
        add_attribute(n, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    int64_t *ints = a ? nn_onnx_writer_alloc(n->writer, (size_t)count * sizeof *ints) : NULL;
    if (!ints)
        return;
    for (int i = 0; i < count; i++)
        ints[i] = v[i];
    a->n_ints = (size_t)count;
    a->ints = ints;
}

const char *nn_onnx_end(const nn_onnx_item *n, const char *out)
{
    nn_onnx_writer *w = n->writer;
    if (!out)
        out = nn_onnx_writer_new_name(w, n->name);
    if (!w->node || !grow(w, &w->nodes, w->node_count, &w->node_capacity, sizeof(void *)))
        return out;
    take_node(w, w->node, w->node_inputs, w->node_attributes, out);
    w->nodes[w->node_count++] = w->node;
    return out;
}

const char *nn_onnx_put1(const nn_onnx_item *n, const char *op, const char *a, const char *out)
{
    nn_onnx_begin(n, op);
    nn_onnx_add_input(n, a);
    return nn_onnx_end(n, out);
}

const char *nn_onnx_put2(const nn_onnx_item *n, const char *op, const char *a, const char *b,
                         const char *out)
{
    nn_onnx_begin(n, op);
    nn_onnx_add_input(n, a);
    nn_onnx_add_input(n, b);
    return nn_onnx_end(n, out);
}

// --- constants ---

const char *nn_onnx_make_constant(const nn_onnx_item *n, nn_dtype dtype, const nn_shape *shape,
                                  void **data)
{
    nn_onnx_writer *w = n->writer;
    nn_tensor t;
    *data = NULL;
    if (w->error.status || nn_tensor_init(&t, dtype, shape, &w->error) != NN_OK)
        return "";
    const char *name = nn_onnx_writer_new_name(w, n->name);
    if (nn_onnx_writer_tensor(w, name, &t, true))
        *data = t.data;
    return name;
}

const char *nn_onnx_make_floats(const nn_onnx_item *n, const nn_shape *shape, float **data)
{
    void *to;
    const char *name = nn_onnx_make_constant(n, NN_F32, shape, &to);
    *data = to;
    return name;
}

const char *nn_onnx_put_scalar(const nn_onnx_item *n, float v)
{
    float *to;
    const char *name = nn_onnx_make_floats(n, &(nn_shape){0}, &to);
    if (to)
        *to = v;
    return name;
}

const char *nn_onnx_put_ints(const nn_onnx_item *n, const int64_t *v, int count)
{
    const nn_shape shape = nn_shape_1d(count);
    void *to;
    const char *name = nn_onnx_make_constant(n, NN_I64, &shape, &to);
    if (to && count > 0)
        memcpy(to, v, (size_t)count * sizeof *v);
    return name;
}

const char *nn_onnx_put_cast(const nn_onnx_item *n, const char *x, int type, const char *out)
{
    nn_onnx_begin(n, "Cast");
    nn_onnx_add_input(n, x);
    nn_onnx_add_int(n, "to", type);
    return nn_onnx_end(n, out);
}

const char *nn_onnx_put_whole(const nn_onnx_item *n, const nn_onnx_operand *x)
{
    void *to;
    if (!x->data)
        return nn_onnx_put_cast(n, x->name, TYPE_INT64, NULL);
    const char *name = nn_onnx_make_constant(n, NN_I64, &x->shape, &to);
    if (to)
        nn_convert(NN_I64, to, NN_F32, x->data, nn_shape_count(&x->shape));
    return name;
}
