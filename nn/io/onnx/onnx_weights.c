// SPDX-License-Identifier: MIT
// The weights of an ONNX file stay where they lie: unpacking its messages would copy them.
#include "nn/io/onnx/onnx_weights.h"
#include "nn/io/onnx/onnx_wire.h"

#include "nn/base/memory.h"
#include "onnx.pb-c.h"

enum { LARGE = 16 << 10 }; // bytes of raw data from which a copy costs more than a second place

typedef struct nested {
    const ProtobufCMessageDescriptor *message;
    const char *field;
} nested;

// Where weights are: raw_data of the initialisers of a model's graph.
static const nested path[] = {{&onnx__model_proto__descriptor, "graph"},
                              {&onnx__graph_proto__descriptor, "initializer"},
                              {&onnx__tensor_proto__descriptor, "raw_data"}};
enum { DEPTH = sizeof path / sizeof *path };

static uint64_t number_of(const nested *n)
{
    return protobuf_c_message_descriptor_get_field_by_name(n->message, n->field)->id;
}

// Writes at least `least` bytes of a varint; returns how many.
static size_t put_varint(void *to, uint64_t v, size_t least)
{
    uint8_t *bytes = to;
    size_t n = 0;
    do {
        bytes[n] = (uint8_t)((v & 0x7f) | (v >> 7 || n + 1 < least ? 0x80 : 0));
        v >>= 7;
        n++;
    } while (v || n < least);
    return n;
}

// Adds the head of a counted field, with a length of at least `least` bytes.
static void add_head(nn_buffer *to, uint64_t number, size_t length, size_t least)
{
    uint8_t head[20];
    const size_t n = put_varint(head, number << 3 | NN_WIRE_COUNTED, 1);
    nn_buffer_add(to, head, n + put_varint(head + n, length, least));
}

static void add_weight(nn_onnx_weights *w, nn_onnx_weight weight)
{
    if (w->count == w->capacity) {
        const int bigger = w->capacity ? 2 * w->capacity : 64;
        void *list = nn_realloc(w->list, (size_t)w->count * sizeof *w->list,
                                (size_t)bigger * sizeof *w->list);
        w->rest.failed = w->rest.failed || !list;
        if (!list)
            return;
        w->list = list;
        w->capacity = bigger;
    }
    w->list[w->count++] = weight;
}

// Of several values of a field the last one counts.
static void add_raw_data(nn_onnx_weights *w, const nn_onnx_field *f, size_t initializer)
{
    const size_t size = (size_t)(f->contents.end - f->contents.at);
    if (w->count > 0 && w->list[w->count - 1].initializer == initializer)
        w->count--;
    if (size < LARGE) {
        nn_buffer_add(&w->rest, f->begin, (size_t)(f->contents.end - f->begin));
        return;
    }
    add_weight(w, (nn_onnx_weight){initializer, f->contents.at, size});
    add_head(&w->rest, f->number, 0, 1);
}

// Copies the fields of a message at a level of the path; `initializer` is its index.
static void copy(nn_onnx_weights *w, nn_onnx_scan s, int level, size_t initializer)
{
    enum { LENGTH = 5 }; // bytes: room for a length that is known later, as protobuf-c reads it
    const uint64_t inner = number_of(&path[level]);
    size_t index = 0;
    nn_onnx_field f;
    while (s.at < s.end && nn_onnx_next_field(&s, &f)) {
        if (f.number != inner || f.wire != NN_WIRE_COUNTED) {
            nn_buffer_add(&w->rest, f.begin, (size_t)(s.at - f.begin));
        } else if (level == DEPTH - 1) {
            add_raw_data(w, &f, initializer);
        } else {
            add_head(&w->rest, f.number, 0, LENGTH);
            const size_t at = w->rest.size;
            copy(w, f.contents, level + 1, index++);
            if (w->rest.failed)
                return;
            put_varint(w->rest.bytes + at - LENGTH, w->rest.size - at, LENGTH);
        }
    }
}

nn_status nn_onnx_weights_find(nn_onnx_weights *w, const void *bytes, size_t size)
{
    *w = (nn_onnx_weights){0};
    copy(w, (nn_onnx_scan){bytes, (const uint8_t *)bytes + size}, 0, 0);
    return w->rest.failed ? NN_ENOMEM : NN_OK;
}

void nn_onnx_weights_attach(const nn_onnx_weights *w, Onnx__ModelProto *model)
{
    for (int i = 0; i < w->count; i++)
        model->graph->initializer[w->list[i].initializer]->raw_data =
            (ProtobufCBinaryData){w->list[i].size, (uint8_t *)w->list[i].bytes};
}

void nn_onnx_weights_detach(Onnx__ModelProto *model)
{
    for (size_t i = 0; model->graph && i < model->graph->n_initializer; i++) {
        ProtobufCBinaryData *raw = &model->graph->initializer[i]->raw_data;
        if (raw->len >= LARGE) // smaller ones are the message's own
            *raw = (ProtobufCBinaryData){0};
    }
}

void nn_onnx_weights_release(nn_onnx_weights *w)
{
    nn_buffer_release(&w->rest);
    nn_free(w->list);
    *w = (nn_onnx_weights){0};
}
