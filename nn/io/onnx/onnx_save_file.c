// SPDX-License-Identifier: MIT
// The file of an exported ONNX model: nodes and constants that are ready, inputs, outputs, card.
// Format: github.com/onnx/onnx, docs/IR.md and onnx/onnx.proto.
#include "nn/io/onnx/onnx_save_file.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/io.h"
#include "nn/io/onnx/onnx_writer_internal.h"

#include <string.h>

enum { IR_VERSION = 7, TYPE_FLOAT = 1 };

// TensorProto.DataType of what is written.
static const int types[NN_DTYPE_COUNT] = {
    [NN_F32] = TYPE_FLOAT, [NN_U8] = 2, [NN_I8] = 3, [NN_I32] = 6, [NN_I64] = 7, [NN_F16] = 10,
};

bool nn_onnx_writer_keeps(const nn_graph *g, int output)
{
    return strncmp(nn_graph_output_name(g, output), "aux", 3) != 0;
}

// --- messages; all of them live as long as the writer, and are NULL after its failure ---

static Onnx__TensorShapeProto *make_shape(nn_onnx_writer *w, const nn_onnx_operand *v)
{
    const size_t rank = (size_t)v->shape.rank;
    Onnx__TensorShapeProto *shape = nn_onnx_writer_alloc(w, sizeof *shape);
    Onnx__TensorShapeProto__Dimension **dims = nn_onnx_writer_alloc(w, rank * sizeof *dims);
    Onnx__TensorShapeProto__Dimension *dim = nn_onnx_writer_alloc(w, rank * sizeof *dim);
    if (!dim)
        return NULL;
    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = rank;
    shape->dim = dims;
    for (size_t i = 0; i < rank; i++) {
        dims[i] = &dim[i];
        onnx__tensor_shape_proto__dimension__init(&dim[i]);
        if (!(v->open >> i & 1)) {
            dim[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dim[i].dim_value = v->shape.dim[i];
        } else if (v->shape.dim[i] == 1) {
            dim[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dim[i].dim_param = "batch";
        }
    }
    return shape;
}

static Onnx__ValueInfoProto *make_value(nn_onnx_writer *w, const char *name,
                                        const nn_onnx_operand *v)
{
    Onnx__ValueInfoProto *info = nn_onnx_writer_alloc(w, sizeof *info);
    Onnx__TypeProto *type = nn_onnx_writer_alloc(w, sizeof *type);
    Onnx__TypeProto__Tensor *tensor = nn_onnx_writer_alloc(w, sizeof *tensor);
    Onnx__TensorShapeProto *shape = make_shape(w, v);
    if (!shape)
        return NULL;
    onnx__value_info_proto__init(info);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    info->name = (char *)name;
    info->type = type;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = true;
    tensor->elem_type = TYPE_FLOAT;
    tensor->shape = shape;
    return info;
}

static Onnx__TensorProto *make_tensor(nn_onnx_writer *w, const nn_onnx_initialiser *from)
{
    const nn_shape *shape = &from->tensor.shape;
    const nn_dtype dtype = from->tensor.dtype;
    Onnx__TensorProto *t = nn_onnx_writer_alloc(w, sizeof *t);
    int64_t *dims = nn_onnx_writer_alloc(w, (size_t)shape->rank * sizeof *dims);
    if (!dims)
        return NULL;
    onnx__tensor_proto__init(t);
    memcpy(dims, shape->dim, (size_t)shape->rank * sizeof *dims);
    t->n_dims = (size_t)shape->rank;
    t->dims = dims;
    t->has_data_type = t->has_raw_data = true;
    t->data_type = types[dtype];
    t->name = (char *)from->name;
    t->raw_data = (ProtobufCBinaryData){nn_tensor_bytes(&from->tensor), from->tensor.data};
    return t;
}

static Onnx__GraphProto *make_graph(nn_onnx_writer *w, const nn_model *m)
{
    const nn_graph *g = m->graph;
    const size_t nodes = (size_t)w->cast_count + (size_t)w->node_count;
    Onnx__GraphProto *graph = nn_onnx_writer_alloc(w, sizeof *graph);
    Onnx__NodeProto **list = nn_onnx_writer_alloc(w, nodes * sizeof *list);
    Onnx__TensorProto **tensors =
        nn_onnx_writer_alloc(w, (size_t)w->initialiser_count * sizeof *tensors);
    Onnx__ValueInfoProto **in =
        nn_onnx_writer_alloc(w, (size_t)nn_graph_input_count(g) * sizeof *in);
    Onnx__ValueInfoProto **out =
        nn_onnx_writer_alloc(w, (size_t)nn_graph_output_count(g) * sizeof *out);
    if (!out)
        return NULL;
    onnx__graph_proto__init(graph);
    graph->name = (char *)(m->card.network[0] ? m->card.network : "graph");
    graph->n_node = nodes;
    graph->node = list;
    for (int i = 0; i < w->cast_count; i++)
        *list++ = w->casts[i];
    for (int i = 0; i < w->node_count; i++)
        *list++ = w->nodes[i];
    graph->initializer = tensors;
    for (int i = 0; i < w->initialiser_count; i++)
        tensors[graph->n_initializer++] = make_tensor(w, &w->initialisers[i]);
    graph->input = in;
    for (int i = 0; i < nn_graph_input_count(g); i++) {
        const nn_onnx_operand *v = &w->values[nn_graph_input_at(g, i)];
        in[graph->n_input++] = make_value(w, v->name, v);
    }
    graph->output = out;
    for (int i = 0; i < nn_graph_output_count(g); i++)
        if (nn_onnx_writer_keeps(g, i))
            out[graph->n_output++] =
                make_value(w, nn_graph_output_name(g, i), &w->values[nn_graph_output_at(g, i)]);
    return w->error.status ? NULL : graph;
}

// The card, for the size that the file is for; NULL without one.
static nn_status make_card(char **json, const nn_card *of_model, const nn_shape *input,
                           nn_error *err)
{
    nn_card card = *of_model; // borrows labels and training
    *json = NULL;
    if (card.input_h <= 0) // the model has no card
        return NN_OK;
    if (input->rank == 4) {
        card.input_h = (int)input->dim[2];
        card.input_w = (int)input->dim[3];
    }
    return nn_card_to_json(&card, json, err);
}

// --- bytes ---

// Receives what protobuf-c writes. Small pieces are collected; the data of tensors is not copied.
typedef struct sink {
    ProtobufCBuffer base; // first: protobuf-c is given this
    uint8_t *bytes;
    size_t size;
    nn_file_part *parts; // bytes NULL: the next `size` of `bytes`
    int count;
} sink;

enum { LARGE = 4096 }; // bytes of a piece that is not copied

static bool joins(const sink *s)
{
    return s->count > 0 && !s->parts[s->count - 1].bytes;
}

// First without memory, to count; then with as much as was counted.
static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *bytes)
{
    sink *s = (sink *)buffer;
    const bool large = size >= LARGE;
    if (!s->parts) {
        s->count += large ? 2 : 0;
        s->size += large ? 0 : size;
        return;
    }
    if (large) {
        s->parts[s->count++] = (nn_file_part){bytes, size};
        return;
    }
    if (!joins(s))
        s->parts[s->count++] = (nn_file_part){NULL, 0};
    memcpy(s->bytes + s->size, bytes, size);
    s->parts[s->count - 1].size += size;
    s->size += size;
}

static nn_status write_message(const Onnx__ModelProto *model, const char *path, nn_error *err)
{
    sink s = {.base = {append}};
    const size_t whole = onnx__model_proto__get_packed_size(model);
    if (whole > INT32_MAX)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "%s: %.2f GiB, ONNX files end at 2 (float16 takes half)", path,
                       (double)whole / (1 << 30));
    onnx__model_proto__pack_to_buffer(model, &s.base);
    uint8_t *bytes = nn_alloc(s.size);
    nn_file_part *parts = nn_calloc((size_t)s.count + 1, sizeof *parts);
    nn_status status = NN_OK;
    if (bytes && parts) {
        s = (sink){.base = {append}, .bytes = bytes, .parts = parts};
        onnx__model_proto__pack_to_buffer(model, &s.base);
        size_t at = 0;
        for (int i = 0; i < s.count; i++)
            if (!parts[i].bytes) {
                parts[i].bytes = bytes + at;
                at += parts[i].size;
            }
        status = nn_file_write(path, parts, s.count, err);
    } else {
        status = nn_fail(err, NN_ENOMEM, "%s: out of memory", path);
    }
    nn_free(bytes);
    nn_free(parts);
    return status;
}

nn_status nn_onnx_writer_save(nn_onnx_writer *w, const nn_model *m, const nn_shape *inputs,
                              const char *path, nn_error *err)
{
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets = &opset;
    Onnx__StringStringEntryProto entry = ONNX__STRING_STRING_ENTRY_PROTO__INIT, *entries = &entry;
    char *json;
    nn_status status = make_card(&json, &m->card, &inputs[0], err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", path);
    opset.domain = "";
    opset.has_version = true;
    entry.key = "neroscale";
    entry.value = json;
    model.has_ir_version = true;
    model.ir_version = IR_VERSION;
    model.producer_name = "neroscale";
    model.graph = make_graph(w, m);
    opset.version = w->opset > 0 ? w->opset : NN_ONNX_SAVE_OPSET;
    model.n_opset_import = 1;
    model.opset_import = &opsets;
    model.n_metadata_props = json != NULL;
    model.metadata_props = &entries;
    if (model.graph)
        status = write_message(&model, path, err);
    else
        status = nn_fail(err, w->error.status, "%s: %s", path, w->error.text);
    nn_free(json);
    return status;
}
