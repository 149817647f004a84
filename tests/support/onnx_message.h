// SPDX-License-Identifier: MIT
// ONNX models written field by field, sound or not: protobuf messages of onnx.proto.
#ifndef TESTS_SUPPORT_ONNX_MESSAGE_H
#define TESTS_SUPPORT_ONNX_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

// A protobuf message being written; too large for the stack of a test with many.
typedef struct message {
    uint8_t bytes[1 << 19];
    size_t size;
} message;

message *new_message(void); // freed with free()
void put_int(message *m, int field, int64_t v);
void put_bytes(message *m, int field, const void *bytes, size_t size);
void put_text(message *m, int field, const char *text);
void put_message(message *m, int field, const message *inner);
void take_message(message *m, int field, message *inner); // and frees it

enum { INPUT = 11, OUTPUT = 12 }; // fields of a graph

// ValueInfoProto of float32, open dims are -1.
void add_value(message *graph, int field, const char *name, const int64_t *dims, int rank);
// A node; `in` ends with NULL.
message *new_node(const char *op, const char *name, const char *const *in, const char *out);
void add_int_attribute(message *node, const char *name, int64_t v);
// A node of one or two (b not NULL) inputs.
void add_node(message *graph, const char *op, const char *name, const char *a, const char *b,
              const char *out);
// An initialiser; `type` as in TensorProto: 1 float32, 7 int64.
void add_tensor(message *graph, const char *name, int type, const int64_t *dims, int rank,
                const void *raw, size_t size);
// The model of a graph, which is freed.
message *new_model(message *graph, int opset);

#endif
