// SPDX-License-Identifier: MIT
// Protobuf messages, written field by field (developers.google.com/protocol-buffers/docs/encoding).
#ifndef NN_IO_ONNX_ONNX_WIRE_H
#define NN_IO_ONNX_ONNX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A message that grows; zeroed at the start. Short of memory, `failed` is set and nothing is added
// any more.
typedef struct nn_wire {
    uint8_t *bytes; // owned
    size_t size, capacity;
    bool failed;
} nn_wire;

void nn_wire_int(nn_wire *w, int field, int64_t v);
void nn_wire_float(nn_wire *w, int field, float v);
void nn_wire_bytes(nn_wire *w, int field, const void *bytes, size_t size);
void nn_wire_text(nn_wire *w, int field, const char *text);
// Adds the message `inner` and empties it.
void nn_wire_message(nn_wire *w, int field, nn_wire *inner);
// Adds the fields of another message.
void nn_wire_append(nn_wire *w, const nn_wire *fields);
// Only key and length of a field whose `size` bytes the caller puts behind.
void nn_wire_head(nn_wire *w, int field, size_t size);
// Bytes that nn_wire_head takes.
size_t nn_wire_head_size(int field, size_t size);
// Frees the bytes; *w is an empty message then.
void nn_wire_release(nn_wire *w);

#endif
