// SPDX-License-Identifier: MIT
// Writes ONNX models field by field.
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

static void put_varint(message *m, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        m->bytes[m->size++] = (uint8_t)(v | 0x80);
    m->bytes[m->size++] = (uint8_t)v;
}

void put_int(message *m, int field, int64_t v)
{
    put_varint(m, (uint64_t)field << 3);
    put_varint(m, (uint64_t)v);
}

void put_bytes(message *m, int field, const void *bytes, size_t size)
{
    put_varint(m, (uint64_t)field << 3 | 2);
    put_varint(m, size);
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

void put_text(message *m, int field, const char *text)
{
    put_bytes(m, field, text, strlen(text));
}

void put_message(message *m, int field, const message *inner)
{
    put_bytes(m, field, inner->bytes, inner->size);
}

message *new_message(void)
{
    message *m = calloc(1, sizeof *m);
    assert_non_null(m);
    return m;
}

void take_message(message *m, int field, message *inner)
{
    put_message(m, field, inner);
    free(inner);
}

void add_value(message *graph, int field, const char *name, const int64_t *dims, int rank)
{
    message *info = new_message(), *type = new_message(), *tensor = new_message(),
            *shape = new_message();
    for (int i = 0; i < rank; i++) {
        message *dim = new_message();
        if (dims[i] >= 0)
            put_int(dim, 1, dims[i]);
        else
            put_text(dim, 2, "open");
        take_message(shape, 1, dim);
    }
    put_int(tensor, 1, 1);
    take_message(tensor, 2, shape);
    take_message(type, 1, tensor);
    put_text(info, 1, name);
    take_message(info, 2, type);
    take_message(graph, field, info);
}

message *new_node(const char *op, const char *name, const char *const *in, const char *out)
{
    message *node = new_message();
    for (int i = 0; in[i]; i++)
        put_text(node, 1, in[i]);
    put_text(node, 2, out);
    if (name)
        put_text(node, 3, name);
    put_text(node, 4, op);
    return node;
}

void add_int_attribute(message *node, const char *name, int64_t v)
{
    message *a = new_message();
    put_text(a, 1, name);
    put_int(a, 3, v);
    put_int(a, 20, 2);
    take_message(node, 5, a);
}

void add_node(message *graph, const char *op, const char *name, const char *a, const char *b,
              const char *out)
{
    const char *const in[] = {a, b, NULL};
    take_message(graph, 1, new_node(op, name, in, out));
}

void add_tensor(message *graph, const char *name, int type, const int64_t *dims, int rank,
                const void *raw, size_t size)
{
    message *t = new_message();
    for (int i = 0; i < rank; i++)
        put_int(t, 1, dims[i]);
    put_int(t, 2, type);
    put_text(t, 8, name);
    put_bytes(t, 9, raw, size);
    take_message(graph, 5, t);
}

message *new_model(message *graph, int opset)
{
    message *m = new_message(), *set = new_message();
    put_int(m, 1, 8);
    put_int(set, 2, opset);
    take_message(m, 7, graph);
    take_message(m, 8, set);
    return m;
}
