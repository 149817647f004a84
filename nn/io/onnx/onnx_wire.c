// SPDX-License-Identifier: MIT
// Protobuf messages, written field by field.
#include "nn/io/onnx/onnx_wire.h"

#include "nn/base/memory.h"

#include <string.h>

enum { VARINT = 0, LENGTH = 2, FIXED32 = 5 }; // wire types

static void put(nn_wire *w, const void *bytes, size_t size)
{
    if (w->failed || size == 0)
        return;
    if (size > w->capacity - w->size) {
        size_t capacity = w->capacity ? w->capacity : 256;
        while (capacity < w->size + size && capacity <= SIZE_MAX / 2)
            capacity *= 2;
        uint8_t *p = capacity < w->size + size ? NULL : nn_realloc(w->bytes, w->size, capacity);
        if (!p) {
            w->failed = true;
            return;
        }
        w->bytes = p;
        w->capacity = capacity;
    }
    memcpy(w->bytes + w->size, bytes, size);
    w->size += size;
}

static void put_varint(nn_wire *w, uint64_t v)
{
    uint8_t bytes[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        bytes[n++] = (uint8_t)(v | 0x80);
    bytes[n++] = (uint8_t)v;
    put(w, bytes, n);
}

static void put_key(nn_wire *w, int field, int type)
{
    put_varint(w, (uint64_t)field << 3 | (uint64_t)type);
}

void nn_wire_int(nn_wire *w, int field, int64_t v)
{
    put_key(w, field, VARINT);
    put_varint(w, (uint64_t)v);
}

void nn_wire_float(nn_wire *w, int field, float v)
{
    put_key(w, field, FIXED32);
    put(w, &v, sizeof v);
}

void nn_wire_head(nn_wire *w, int field, size_t size)
{
    put_key(w, field, LENGTH);
    put_varint(w, size);
}

static size_t varint_size(uint64_t v)
{
    size_t n = 1;
    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}

size_t nn_wire_head_size(int field, size_t size)
{
    return varint_size((uint64_t)field << 3) + varint_size(size);
}

void nn_wire_bytes(nn_wire *w, int field, const void *bytes, size_t size)
{
    nn_wire_head(w, field, size);
    put(w, bytes, size);
}

void nn_wire_text(nn_wire *w, int field, const char *text)
{
    nn_wire_bytes(w, field, text, strlen(text));
}

void nn_wire_message(nn_wire *w, int field, nn_wire *inner)
{
    nn_wire_bytes(w, field, inner->bytes, inner->size);
    w->failed = w->failed || inner->failed;
    inner->size = 0;
}

void nn_wire_append(nn_wire *w, const nn_wire *fields)
{
    put(w, fields->bytes, fields->size);
    w->failed = w->failed || fields->failed;
}

void nn_wire_release(nn_wire *w)
{
    nn_free(w->bytes);
    *w = (nn_wire){0};
}
