// SPDX-License-Identifier: MIT
// Fuzz target: what stands in the metadata of an ONNX model: our card, or an exporter's names and
// task. The first byte chooses the key; the network is a pooling of three channels, one a class.
#include "nn/io/io.h"
#include "nn/predict/detector.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/in_memory.h"

#include <string.h>

enum { SIDE = 32, MAX_SIZE = 1 << 16, ROOM = MAX_SIZE + 512 };

// A message of protocol buffers that is being written.
typedef struct message {
    uint8_t bytes[ROOM];
    size_t size;
} message;

static void put_number(message *m, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        m->bytes[m->size++] = (uint8_t)(v | 0x80);
    m->bytes[m->size++] = (uint8_t)v;
}

static void put_int(message *m, int field, uint64_t v)
{
    put_number(m, (uint64_t)field << 3);
    put_number(m, v);
}

static void put_bytes(message *m, int field, const void *bytes, size_t size)
{
    put_number(m, (uint64_t)field << 3 | 2);
    put_number(m, size);
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static void put_text(message *m, int field, const char *text)
{
    put_bytes(m, field, text, strlen(text));
}

// A float32 value and its dims (onnx.proto: ValueInfoProto, TypeProto, TensorShapeProto).
static void put_value(message *graph, int field, const char *name, const int *dims)
{
    static message shape, dim, tensor, type, value;
    shape.size = tensor.size = type.size = value.size = 0;
    for (int i = 0; i < 4; i++) {
        dim.size = 0;
        put_int(&dim, 1, (uint64_t)dims[i]);
        put_bytes(&shape, 1, dim.bytes, dim.size);
    }
    put_int(&tensor, 1, 1);
    put_bytes(&tensor, 2, shape.bytes, shape.size);
    put_bytes(&type, 1, tensor.bytes, tensor.size);
    put_text(&value, 1, name);
    put_bytes(&value, 2, type.bytes, type.size);
    put_bytes(graph, field, value.bytes, value.size);
}

static void put_model(message *model, const char *key, const uint8_t *text, size_t size)
{
    static message node, graph, opset, entry;
    node.size = graph.size = opset.size = entry.size = model->size = 0;
    put_text(&node, 1, "x");
    put_text(&node, 2, "y");
    put_text(&node, 4, "GlobalAveragePool");
    put_bytes(&graph, 1, node.bytes, node.size);
    put_value(&graph, 11, "x", (const int[]){1, 3, SIDE, SIDE});
    put_value(&graph, 12, "y", (const int[]){1, 3, 1, 1});
    put_int(&opset, 2, 13);
    put_int(model, 1, 8);
    put_bytes(model, 7, graph.bytes, graph.size);
    put_bytes(model, 8, opset.bytes, opset.size);
    put_text(&entry, 1, key);
    put_bytes(&entry, 2, text, size);
    put_bytes(model, 14, entry.bytes, entry.size);
    if (strcmp(key, "names") == 0)
        return;
    entry.size = 0; // three names, so that a task alone makes a classifier
    put_text(&entry, 1, "names");
    put_text(&entry, 2, "{0: 'a', 1: 'b', 2: 'c'}");
    put_bytes(model, 14, entry.bytes, entry.size);
}

static void check(const nn_card *c)
{
    if (!(c->threshold >= 0 && c->threshold <= 1 && c->iou_threshold >= 0 &&
          c->iou_threshold <= 1) ||
        c->input_h != SIDE || c->input_w != SIDE || c->label_count != 3)
        abort();
    for (int i = 0; i < 3; i++)
        if (!(c->std[i] > 0) || !c->labels[i])
            abort();
}

static void run(nn_detector *d)
{
    static const uint8_t rgb[SIDE * SIDE * 3];
    const nn_frame frame = {.format = NN_PIXEL_RGB,
                            .width = SIDE,
                            .height = SIDE,
                            .plane = {rgb},
                            .stride = {SIDE * 3}};
    nn_result result;
    nn_error err;
    nn_result_init(&result);
    nn_detector_run(d, &frame, &result, &err);
    for (int i = 0; i < result.count; i++)
        if (result.boxes[i].label < 0 || result.boxes[i].label >= 3)
            abort();
    nn_result_release(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"neroscale", "names", "task"};
    static message model;
    nn_detector *d;
    nn_error err;
    if (size < 1 || size > MAX_SIZE)
        return 0;
    put_model(&model, keys[*data % 3], data + 1, size - 1);
    const nn_detector_options options = {.threads = 1, .threshold = -1, .iou_threshold = -1};
    if (nn_detector_open(&d, fuzz_file(model.bytes, model.size), &options, &err) != NN_OK)
        return 0;
    check(nn_detector_card(d));
    run(d);
    nn_detector_free(d);
    return 0;
}
