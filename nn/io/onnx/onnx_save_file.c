// SPDX-License-Identifier: MIT
// Writes the file of an exported ONNX model: its nodes, constants, inputs, outputs and card.
// Format: github.com/onnx/onnx, docs/IR.md and onnx/onnx.proto.
#include "nn/io/onnx/onnx_save_file.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/io.h"
#include "nn/io/onnx/onnx_writer_internal.h"

#include <string.h>

enum { IR_VERSION = 7, TYPE_FLOAT = 1, TYPE_INT64 = 7, TYPE_FLOAT16 = 10 };

bool nn_onnx_writer_keeps(const nn_graph *g, int output)
{
    return strncmp(nn_graph_output_name(g, output), "aux", 3) != 0;
}

static void put_value(nn_wire *graph, int field, const char *name, const nn_onnx_operand *v)
{
    nn_wire info = {0}, type = {0}, tensor = {0}, shape = {0}, dim = {0};
    for (int i = 0; i < v->shape.rank; i++) {
        if (!(v->open >> i & 1))
            nn_wire_int(&dim, 1, v->shape.dim[i]);
        else if (v->shape.dim[i] == 1)
            nn_wire_text(&dim, 2, "batch");
        nn_wire_message(&shape, 1, &dim);
    }
    nn_wire_int(&tensor, 1, TYPE_FLOAT);
    nn_wire_message(&tensor, 2, &shape);
    nn_wire_message(&type, 1, &tensor);
    nn_wire_text(&info, 1, name);
    nn_wire_message(&info, 2, &type);
    nn_wire_message(graph, field, &info);
    nn_wire_release(&info);
    nn_wire_release(&type);
    nn_wire_release(&tensor);
    nn_wire_release(&shape);
    nn_wire_release(&dim);
}

// Writes a TensorProto without its data, preceded by the field's key and length.
static void put_tensor_head(nn_wire *to, const nn_onnx_initialiser *t)
{
    nn_wire head = {0};
    const nn_dtype dtype = t->tensor.dtype;
    const size_t bytes = nn_tensor_bytes(&t->tensor);
    for (int i = 0; i < t->tensor.shape.rank; i++)
        nn_wire_int(&head, 1, t->tensor.shape.dim[i]);
    nn_wire_int(&head, 2,
                dtype == NN_F32   ? TYPE_FLOAT
                : dtype == NN_F16 ? TYPE_FLOAT16
                                  : TYPE_INT64);
    nn_wire_text(&head, 8, t->name);
    nn_wire_head(to, 5, head.size + nn_wire_head_size(9, bytes) + bytes);
    nn_wire_append(to, &head);
    nn_wire_head(to, 9, bytes);
    nn_wire_release(&head);
}

// Writes what follows the tensors in the GraphProto.
static void put_graph_tail(const nn_onnx_writer *w, const nn_model *m, nn_wire *graph)
{
    const nn_graph *g = m->graph;
    nn_wire_text(graph, 2, m->card.network[0] ? m->card.network : "graph");
    for (int i = 0; i < nn_graph_input_count(g); i++) {
        const nn_onnx_operand *v = &w->values[nn_graph_input_at(g, i)];
        put_value(graph, 11, v->name, v);
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        if (nn_onnx_writer_keeps(g, i))
            put_value(graph, 12, nn_graph_output_name(g, i), &w->values[nn_graph_output_at(g, i)]);
}

// The card, with the input size of the file.
static nn_status put_card(const nn_card *of_model, const nn_shape *input, nn_wire *model,
                          nn_error *err)
{
    nn_card card = *of_model; // borrows labels and training
    char *json;
    if (card.input_h <= 0) // a model without a description
        return NN_OK;
    if (input->rank == 4) {
        card.input_h = (int)input->dim[2];
        card.input_w = (int)input->dim[3];
    }
    nn_status status = nn_card_to_json(&card, &json, err);
    if (status != NN_OK)
        return status;
    nn_wire entry = {0};
    nn_wire_text(&entry, 1, "neroscale");
    nn_wire_text(&entry, 2, json);
    nn_wire_message(model, 14, &entry);
    nn_wire_release(&entry);
    nn_free(json);
    return NN_OK;
}

// A file consists of a front, head and data of each tensor, and a back.
typedef struct layout {
    nn_wire front; // the ModelProto up to the graph's nodes
    nn_wire heads; // of all tensors
    nn_wire back;  // the rest of the graph and of the model
    size_t *ends;  // of each tensor's head in `heads`
    nn_file_part *parts;
} layout;

static nn_status lay_out(const nn_onnx_writer *w, const nn_model *m, const nn_shape *inputs,
                         layout *l, nn_error *err)
{
    nn_wire opset = {0};
    size_t size = w->casts.size + w->nodes.size;
    for (int i = 0; i < w->initialiser_count; i++) {
        put_tensor_head(&l->heads, &w->initialisers[i]);
        l->ends[i] = l->heads.size;
        size += nn_tensor_bytes(&w->initialisers[i].tensor);
    }
    put_graph_tail(w, m, &l->back);
    size += l->heads.size + l->back.size;
    nn_wire_int(&l->front, 1, IR_VERSION);
    nn_wire_text(&l->front, 2, "neroscale");
    nn_wire_head(&l->front, 7, size);
    nn_wire_append(&l->front, &w->casts);
    nn_wire_append(&l->front, &w->nodes);
    nn_wire_text(&opset, 1, "");
    nn_wire_int(&opset, 2, NN_ONNX_SAVE_OPSET);
    nn_wire_message(&l->back, 8, &opset);
    nn_wire_release(&opset);
    nn_status status = put_card(&m->card, &inputs[0], &l->back, err);
    if (status == NN_OK && (l->front.failed || l->heads.failed || l->back.failed))
        return nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK && l->front.size + size + l->back.size > INT32_MAX)
        return nn_fail(err, NN_EUNSUPPORTED, "%.2f GiB, ONNX files end at 2 (float16 takes half)",
                       (double)size / (1 << 30));
    return status;
}

static nn_status write_parts(const nn_onnx_writer *w, const layout *l, const char *path,
                             nn_error *err)
{
    size_t at = 0;
    int count = 0;
    l->parts[count++] = (nn_file_part){l->front.bytes, l->front.size};
    for (int i = 0; i < w->initialiser_count; i++) {
        const nn_tensor *t = &w->initialisers[i].tensor;
        l->parts[count++] = (nn_file_part){l->heads.bytes + at, l->ends[i] - at};
        l->parts[count++] = (nn_file_part){t->data, nn_tensor_bytes(t)};
        at = l->ends[i];
    }
    l->parts[count++] = (nn_file_part){l->back.bytes, l->back.size};
    return nn_file_write(path, l->parts, count, err);
}

nn_status nn_onnx_writer_save(const nn_onnx_writer *w, const nn_model *m, const nn_shape *inputs,
                              const char *path, nn_error *err)
{
    const size_t count = (size_t)w->initialiser_count;
    layout l = {.ends = nn_calloc(count, sizeof *l.ends),
                .parts = nn_calloc(2 * count + 2, sizeof *l.parts)};
    nn_status status = l.ends && l.parts ? lay_out(w, m, inputs, &l, err)
                                         : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = write_parts(w, &l, path, err);
    else
        nn_fail_prefix(err, status, "%s", path);
    nn_wire_release(&l.front);
    nn_wire_release(&l.heads);
    nn_wire_release(&l.back);
    nn_free(l.ends);
    nn_free(l.parts);
    return status;
}
