// SPDX-License-Identifier: MIT
// Walks the fields of protobuf messages as they lie in a file.
#ifndef NN_IO_ONNX_ONNX_WIRE_H
#define NN_IO_ONNX_ONNX_WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum { NN_WIRE_VARINT = 0, NN_WIRE_8_BYTES = 1, NN_WIRE_COUNTED = 2, NN_WIRE_4_BYTES = 5 };

typedef struct nn_onnx_scan {
    const uint8_t *at, *end;
} nn_onnx_scan;

typedef struct nn_onnx_field {
    uint64_t number;
    int wire;              // how it is coded
    const uint8_t *begin;  // of the field, with its number
    nn_onnx_scan contents; // of a counted field: the bytes of a message, a text or numbers
} nn_onnx_field;

static inline bool nn_onnx_read_varint(nn_onnx_scan *s, uint64_t *out)
{
    *out = 0;
    for (int shift = 0; s->at < s->end && shift < 64; shift += 7) {
        *out |= (uint64_t)(*s->at & 0x7f) << shift;
        if (!(*s->at++ & 0x80))
            return true;
    }
    return false;
}

static inline bool nn_onnx_skip(nn_onnx_scan *s, uint64_t n)
{
    if (n > (uint64_t)(s->end - s->at))
        return false;
    s->at += n;
    return true;
}

// Reads the next field and goes behind it. False when the bytes are no field, or are cut short.
static inline bool nn_onnx_next_field(nn_onnx_scan *s, nn_onnx_field *f)
{
    uint64_t key, length;
    *f = (nn_onnx_field){.begin = s->at};
    if (!nn_onnx_read_varint(s, &key) || key >> 3 == 0 || key >> 3 > INT32_MAX)
        return false;
    f->number = key >> 3;
    f->wire = (int)(key & 7);
    switch (f->wire) {
    case NN_WIRE_VARINT:
        return nn_onnx_read_varint(s, &length);
    case NN_WIRE_8_BYTES:
        return nn_onnx_skip(s, 8);
    case NN_WIRE_4_BYTES:
        return nn_onnx_skip(s, 4);
    case NN_WIRE_COUNTED:
        if (!nn_onnx_read_varint(s, &length))
            return false;
        f->contents.at = s->at;
        if (!nn_onnx_skip(s, length))
            return false;
        f->contents.end = s->at;
        return true;
    default:
        return false;
    }
}

#endif
