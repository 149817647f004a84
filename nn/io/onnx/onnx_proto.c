// SPDX-License-Identifier: MIT
// Parses ONNX's protobuf messages from untrusted bytes, and converts its tensors to float32.
// Schema: onnx.proto of libonnx-dev, compiled by protoc-c.
#include "nn/io/onnx/onnx_proto.h"
#include "nn/io/onnx/onnx_weights.h"
#include "nn/io/onnx/onnx_wire.h"

#include "nn/base/memory.h"
#include "onnx.pb-c.h"

#include <string.h>

// A message of 2 bytes takes over 100 bytes of memory, so memory is limited by a budget. Graphs are
// nested in attributes of nodes of graphs: 3 levels each.
enum { MAX_DEPTH = 40, BASE_BUDGET = 16 << 20, BUDGET_PER_BYTE = 8 };

typedef struct budget {
    size_t left;
} budget;

static void *allocate(void *data, size_t size)
{
    budget *b = data;
    if (size > b->left)
        return NULL;
    b->left -= size;
    return nn_alloc(size);
}

static void release(void *data, void *p)
{
    (void)data;
    nn_free(p);
}

// Whether the bytes are fields of `d`, with messages nested at most `depth` deep (else *too_deep),
// and without repeated messages in a singular field (unpacking would merge them). protobuf-c itself
// recurses without limit.
static bool is_well_formed(const ProtobufCMessageDescriptor *d, nn_onnx_scan s, int depth,
                           bool *too_deep)
{
    uint64_t seen = 0;
    nn_onnx_field at;
    while (s.at < s.end) {
        if (!nn_onnx_next_field(&s, &at))
            return false;
        const ProtobufCFieldDescriptor *f =
            protobuf_c_message_descriptor_get_field(d, (unsigned)at.number);
        if (!f || f->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        uint64_t bit = 1ull << (unsigned)(f - d->fields) % 64;
        *too_deep = *too_deep || depth == 0;
        if (at.wire != NN_WIRE_COUNTED || depth == 0 ||
            (f->label != PROTOBUF_C_LABEL_REPEATED && seen & bit) ||
            !is_well_formed(f->descriptor, at.contents, depth - 1, too_deep))
            return false;
        seen |= bit;
    }
    return true;
}

nn_status nn_onnx_read_proto(Onnx__ModelProto **out, const void *bytes, size_t size, nn_error *err)
{
    const ProtobufCMessageDescriptor *d = &onnx__model_proto__descriptor;
    bool too_deep = false;
    *out = NULL;
    if (!is_well_formed(d, (nn_onnx_scan){bytes, (const uint8_t *)bytes + size}, MAX_DEPTH,
                        &too_deep))
        return too_deep ? nn_fail(err, NN_EFORMAT, "messages over %d levels deep", MAX_DEPTH)
                        : nn_fail(err, NN_EFORMAT, "the file is damaged or cut short");
    budget b = {size > (SIZE_MAX - BASE_BUDGET) / BUDGET_PER_BYTE
                    ? SIZE_MAX
                    : BASE_BUDGET + size * BUDGET_PER_BYTE};
    ProtobufCAllocator allocator = {allocate, release, &b};
    nn_onnx_weights weights;
    if (nn_onnx_weights_find(&weights, bytes, size) == NN_OK)
        *out = (Onnx__ModelProto *)protobuf_c_message_unpack(d, &allocator, weights.rest.size,
                                                             (const uint8_t *)weights.rest.bytes);
    if (*out)
        nn_onnx_weights_attach(&weights, *out);
    nn_onnx_weights_release(&weights);
    return *out ? NN_OK : nn_fail(err, NN_EFORMAT, "damaged, or short of memory");
}

void nn_onnx_free_proto(Onnx__ModelProto *model)
{
    ProtobufCAllocator freeing = {allocate, release, NULL};
    if (!model)
        return;
    nn_onnx_weights_detach(model);
    protobuf_c_message_free_unpacked(&model->base, &freeing);
}

// The field with the elements of a type when raw_data is not used.
typedef enum source { NO_SOURCE, FLOATS, INTS32, INTS64, DOUBLES, UINTS64 } source;

#define TYPE(word) ONNX__TENSOR_PROTO__DATA_TYPE__##word
enum { UINT4 = 21, INT4 = 22 }; // newer than the schema; two lie in a byte, the lower half first
static const struct element {
    int size; // in raw_data; 0: unknown
    bool integer;
    source from;
} elements[] = {
    [TYPE(FLOAT)] = {4, false, FLOATS},
    [TYPE(UINT8)] = {1, true, INTS32},
    [TYPE(INT8)] = {1, true, INTS32},
    [TYPE(UINT16)] = {2, true, INTS32},
    [TYPE(INT16)] = {2, true, INTS32},
    [TYPE(INT32)] = {4, true, INTS32},
    [TYPE(INT64)] = {8, true, INTS64},
    [TYPE(BOOL)] = {1, true, INTS32},
    [TYPE(FLOAT16)] = {2, false, INTS32},
    [TYPE(DOUBLE)] = {8, false, DOUBLES},
    [TYPE(UINT32)] = {4, true, UINTS64},
    [TYPE(UINT64)] = {8, true, UINTS64},
    [TYPE(BFLOAT16)] = {2, false, INTS32},
    [UINT4] = {1, true, INTS32},
    [INT4] = {1, true, INTS32},
};

static const struct element *element_of(int type)
{
    bool known =
        type >= 0 && (size_t)type < sizeof elements / sizeof *elements && elements[type].size > 0;
    return known ? &elements[type] : NULL;
}

bool nn_onnx_type_is_known(int type)
{
    return element_of(type) != NULL;
}

bool nn_onnx_type_is_integer(int type)
{
    return element_of(type) && element_of(type)->integer;
}

static bool is_half_byte(int type)
{
    return type == UINT4 || type == INT4;
}

static size_t typed_count(const Onnx__TensorProto *t, source from)
{
    return from == FLOATS    ? t->n_float_data
           : from == INTS32  ? t->n_int32_data
           : from == INTS64  ? t->n_int64_data
           : from == DOUBLES ? t->n_double_data
                             : t->n_uint64_data;
}

nn_status nn_onnx_tensor_shape(const Onnx__TensorProto *t, nn_shape *shape, nn_error *err)
{
    const struct element *e = element_of(t->data_type);
    if (!e)
        return nn_fail(err, NN_EUNSUPPORTED, "elements of type %d are not supported", t->data_type);
    if (t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL || t->n_external_data ||
        t->segment)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "data in other files is not supported: save the model as one file");
    if (t->n_dims > NN_MAX_RANK)
        return nn_fail(err, NN_EUNSUPPORTED, "%zu dims, at most %d are supported", t->n_dims,
                       NN_MAX_RANK);
    *shape = nn_shape_make((int)t->n_dims, t->dims);
    nn_status status = nn_shape_check(shape, NN_I64, err);
    if (status != NN_OK)
        return status;
    size_t count = (size_t)nn_shape_count(shape);
    if (is_half_byte(t->data_type))
        count = (count + 1) / 2;
    size_t have = t->has_raw_data ? t->raw_data.len / (size_t)e->size : typed_count(t, e->from);
    if (have != count || (t->has_raw_data && t->raw_data.len % (size_t)e->size))
        return nn_fail(err, NN_EFORMAT, "%zu elements where its dims say %zu", have, count);
    return NN_OK;
}

// Element i of a type as its bits in the file.
static void read_raw(int type, const uint8_t *p, float *to)
{
    union {
        float f;
        double d;
        uint16_t u16;
        int16_t i16;
        uint32_t u32;
        int32_t i32;
        uint64_t u64;
        int64_t i64;
    } v;
    memcpy(&v, p, (size_t)elements[type].size);
    switch (type) {
    case TYPE(FLOAT):
        *to = v.f;
        break;
    case TYPE(DOUBLE):
        *to = (float)v.d;
        break;
    case TYPE(FLOAT16):
        nn_convert(NN_F32, to, NN_F16, &v.u16, 1);
        break;
    case TYPE(BFLOAT16):
        nn_convert(NN_F32, to, NN_BF16, &v.u16, 1);
        break;
    case TYPE(INT8):
        *to = (float)(int8_t)*p;
        break;
    case TYPE(UINT8):
    case TYPE(BOOL):
        *to = (float)*p;
        break;
    case TYPE(INT16):
        *to = (float)v.i16;
        break;
    case TYPE(UINT16):
        *to = (float)v.u16;
        break;
    case TYPE(INT32):
        *to = (float)v.i32;
        break;
    case TYPE(UINT32):
        *to = (float)v.u32;
        break;
    case TYPE(INT64):
        *to = (float)v.i64;
        break;
    default:
        *to = (float)v.u64;
        break;
    }
}

static float read_typed(const Onnx__TensorProto *t, size_t i)
{
    float v;
    uint16_t half;
    switch (elements[t->data_type].from) {
    case FLOATS:
        return t->float_data[i];
    case DOUBLES:
        return (float)t->double_data[i];
    case INTS64:
        return (float)t->int64_data[i];
    case UINTS64:
        return (float)t->uint64_data[i];
    default:
        break;
    }
    if (elements[t->data_type].integer)
        return (float)t->int32_data[i];
    half = (uint16_t)t->int32_data[i]; // a half float's bits
    nn_convert(NN_F32, &v, t->data_type == TYPE(FLOAT16) ? NN_F16 : NN_BF16, &half, 1);
    return v;
}

static void read_half_bytes(const Onnx__TensorProto *t, float *to)
{
    size_t count = 1;
    for (size_t i = 0; i < t->n_dims; i++)
        count *= (size_t)t->dims[i];
    for (size_t i = 0; i < count; i++) {
        const unsigned both =
            t->has_raw_data ? t->raw_data.data[i / 2] : (unsigned)t->int32_data[i / 2];
        const int v = (int)(i % 2 ? both >> 4 & 15 : both & 15);
        to[i] = (float)(t->data_type == INT4 && v > 7 ? v - 16 : v);
    }
}

void nn_onnx_tensor_data(const Onnx__TensorProto *t, float *to)
{
    if (is_half_byte(t->data_type)) {
        read_half_bytes(t, to);
        return;
    }
    const size_t size = (size_t)elements[t->data_type].size;
    size_t count =
        t->has_raw_data ? t->raw_data.len / size : typed_count(t, elements[t->data_type].from);
    if (t->has_raw_data && t->data_type == TYPE(FLOAT)) {
        if (count)
            memcpy(to, t->raw_data.data, count * size);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (t->has_raw_data)
            read_raw(t->data_type, t->raw_data.data + i * size, &to[i]);
        else
            to[i] = read_typed(t, i);
}
