// SPDX-License-Identifier: MIT
// Attributes and constant inputs of ONNX nodes, and short ways of emitting common operators.
#include "nn/io/json.h"
#include "nn/io/onnx/onnx_external.h"
#include "nn/io/onnx/onnx_import.h"
#include "nn/io/onnx/onnx_proto.h"
#include "nn/io/onnx/onnx_reader.h"

#include "onnx.pb-c.h"

#include <math.h>
#include <string.h>

// Whole numbers are held as float32: what lies between these may not be exact.
#define EXACT 16777216.0f
#define UNBOUNDED 2147483648.0f

static const Onnx__AttributeProto *find_own(const Onnx__NodeProto *n, const char *name)
{
    for (size_t i = 0; i < n->n_attribute; i++)
        if (n->attribute[i]->name && strcmp(n->attribute[i]->name, name) == 0)
            return n->attribute[i];
    return NULL;
}

// Whether a function gives values to attributes that its callers leave out: field attribute_proto,
// which the schema of IR version 8 does not know.
static bool has_defaults(const Onnx__FunctionProto *f)
{
    enum { ATTRIBUTE_PROTO = 11 };
    for (unsigned i = 0; f && i < f->base.n_unknown_fields; i++)
        if (f->base.unknown_fields[i].tag == ATTRIBUTE_PROTO)
            return true;
    return false;
}

// In the body of a function an attribute may be one of the node that calls it.
static const Onnx__AttributeProto *find(nn_onnx_node *n, const char *name)
{
    const Onnx__FunctionProto *function = NULL; // whose attribute `name` is
    for (const nn_onnx_node *at = n; at; at = at->caller) {
        const Onnx__AttributeProto *a = find_own(at->proto, name);
        if (!a && has_defaults(function))
            nn_onnx_fail(n, NN_EUNSUPPORTED,
                         "the default of '%.60s', an attribute of a function, is not supported",
                         name);
        if (!a || !a->ref_attr_name || !*a->ref_attr_name)
            return a;
        name = a->ref_attr_name;
        function = at->reader ? at->reader->function : NULL;
    }
    return NULL;
}

int64_t nn_onnx_int(nn_onnx_node *n, const char *name, int64_t otherwise)
{
    const Onnx__AttributeProto *a = find(n, name);
    return a && a->has_i ? a->i : otherwise;
}

float nn_onnx_float(nn_onnx_node *n, const char *name, float otherwise)
{
    const Onnx__AttributeProto *a = find(n, name);
    return a && a->has_f ? a->f : otherwise;
}

bool nn_onnx_is(nn_onnx_node *n, const char *name, const char *text, bool otherwise)
{
    const Onnx__AttributeProto *a = find(n, name);
    if (!a || !a->has_s)
        return otherwise;
    return a->s.len == strlen(text) && memcmp(a->s.data, text, a->s.len) == 0;
}

static bool copy_text(const ProtobufCBinaryData *from, char *out, size_t size)
{
    if (from->len >= size || memchr(from->data, 0, from->len))
        return false;
    if (from->len)
        memcpy(out, from->data, from->len);
    out[from->len] = '\0';
    return nn_json_plain_text(out);
}

bool nn_onnx_text(nn_onnx_node *n, const char *name, char *out, size_t size)
{
    const Onnx__AttributeProto *a = find(n, name);
    return a && a->has_s && a->s.len > 0 && copy_text(&a->s, out, size);
}

bool nn_onnx_text_at(nn_onnx_node *n, const char *name, int at, char *out, size_t size)
{
    const Onnx__AttributeProto *a = find(n, name);
    return a && at >= 0 && (size_t)at < a->n_strings && a->strings[at].len > 0 &&
           copy_text(&a->strings[at], out, size);
}

int nn_onnx_ints(nn_onnx_node *n, const char *name, int64_t *out, int max)
{
    const Onnx__AttributeProto *a = find(n, name);
    if (!a)
        return -1;
    if (a->n_ints > (size_t)max) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "%s has %zu numbers, at most %d are supported", name,
                     a->n_ints, max);
        return 0;
    }
    if (a->n_ints)
        memcpy(out, a->ints, a->n_ints * sizeof *out);
    return (int)a->n_ints;
}

int nn_onnx_floats(nn_onnx_node *n, const char *name, float *out, int max)
{
    const Onnx__AttributeProto *a = find(n, name);
    if (!a)
        return -1;
    if (a->n_floats > (size_t)max) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "%s has %zu numbers, at most %d are supported", name,
                     a->n_floats, max);
        return 0;
    }
    if (a->n_floats)
        memcpy(out, a->floats, a->n_floats * sizeof *out);
    return (int)a->n_floats;
}

const nn_onnx_value *nn_onnx_tensor(nn_onnx_node *n, const char *name)
{
    const Onnx__AttributeProto *a = find(n, name);
    nn_shape shape;
    nn_error err;
    const nn_onnx_value *v;
    if (!a || !a->t || nn_onnx_failed(n))
        return NULL;
    Onnx__TensorProto whole;
    nn_status status = nn_onnx_external_find(n->reader->external, a->t, &whole, n->import, &err);
    if (status == NN_OK)
        status = nn_onnx_tensor_shape(&whole, &shape, &err);
    if (status != NN_OK)
        return nn_onnx_fail(n, status, "%s: %s", name, err.text);
    float *data =
        nn_onnx_import_constant(n->import, &shape, nn_onnx_type_is_integer(whole.data_type), &v);
    if (data)
        nn_onnx_tensor_data(&whole, data);
    nn_onnx_set_type(v, whole.data_type);
    return v;
}

int nn_onnx_const_ints(nn_onnx_node *n, const nn_onnx_value *v, int64_t *out, int max)
{
    if (!v || nn_onnx_failed(n))
        return 0;
    if (!v->data) {
        nn_onnx_wait(n, "an input with sizes or indices depends on the data: export with constant "
                        "shapes, or simplify the model");
        return 0;
    }
    int64_t count = nn_shape_count(&v->shape);
    if (count > max) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "an input has %lld numbers, at most %d are supported",
                     (long long)count, max);
        return 0;
    }
    for (int64_t i = 0; i < count; i++) {
        float x = v->data[i], size = fabsf(x);
        if (!(size <= EXACT || size >= UNBOUNDED) || x != truncf(x)) {
            nn_onnx_fail(n, NN_EUNSUPPORTED, "%g in an input is no whole number up to 2^24",
                         (double)x);
            return 0;
        }
        out[i] = size < UNBOUNDED ? (int64_t)x : x > 0 ? INT32_MAX : -(int64_t)INT32_MAX;
    }
    return (int)count;
}

int nn_onnx_ints_of(nn_onnx_node *n, int i, const char *name, int64_t *out, int max)
{
    if (i < n->n_in && n->in[i])
        return nn_onnx_const_ints(n, n->in[i], out, max);
    return nn_onnx_ints(n, name, out, max);
}

float nn_onnx_const_float(nn_onnx_node *n, int i, float otherwise)
{
    if (i >= n->n_in || !n->in[i])
        return otherwise;
    if (nn_shape_count(&n->in[i]->shape) != 1) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "input %d is not one number", i);
        return otherwise;
    }
    if (!n->in[i]->data) {
        nn_onnx_wait(n, "input %d is not constant", i);
        return otherwise;
    }
    return n->in[i]->data[0];
}

int nn_onnx_axis(nn_onnx_node *n, int64_t axis, int rank)
{
    if (axis < -rank || axis >= rank) {
        nn_onnx_fail(n, NN_ESHAPE, "no axis %lld among %d", (long long)axis, rank);
        return 0;
    }
    return (int)(axis < 0 ? axis + rank : axis);
}

unsigned nn_onnx_axes(nn_onnx_node *n, const int64_t *axes, int count, int rank, unsigned otherwise)
{
    unsigned mask = 0;
    for (int i = 0; i < count && !nn_onnx_failed(n); i++)
        mask |= 1u << nn_onnx_axis(n, axes[i], rank);
    return count > 0 ? mask : otherwise;
}

const nn_onnx_value *nn_onnx_make(nn_onnx_node *n, const nn_shape *shape, bool integer,
                                  float **data)
{
    const nn_onnx_value *v;
    *data = nn_onnx_import_constant(n->import, shape, integer, &v);
    return v;
}

bool nn_onnx_wants(const nn_onnx_node *n, int i)
{
    return (size_t)i < n->proto->n_output && n->proto->output[i][0];
}

void nn_onnx_output(nn_onnx_node *n, int i, const nn_onnx_value *v)
{
    if (v && nn_onnx_wants(n, i))
        nn_onnx_import_bind(n->import, n->proto->output[i], v);
}

const nn_onnx_value *nn_onnx_unary(nn_onnx_node *n, const nn_op *op, const nn_onnx_value *x)
{
    return nn_onnx_emit(n, op, NULL, &x, 1);
}

const nn_onnx_value *nn_onnx_binary(nn_onnx_node *n, const nn_op *op, const nn_onnx_value *a,
                                    const nn_onnx_value *b)
{
    const nn_onnx_value *in[] = {a, b};
    return nn_onnx_emit(n, op, NULL, in, 2);
}

const nn_onnx_value *nn_onnx_pointwise(nn_onnx_node *n, nn_pointwise kind, const nn_onnx_value *x,
                                       float a, float b)
{
    return nn_onnx_emit(n, &nn_op_pointwise, &(nn_pointwise_params){(int32_t)kind, a, b}, &x, 1);
}

const nn_onnx_value *nn_onnx_arithmetic(nn_onnx_node *n, nn_arithmetic kind, const nn_onnx_value *a,
                                        const nn_onnx_value *b)
{
    const nn_onnx_value *in[] = {a, b};
    return nn_onnx_emit(n, &nn_op_arithmetic, &(nn_arithmetic_params){(int32_t)kind}, in, 2);
}

const nn_onnx_value *nn_onnx_reduce(nn_onnx_node *n, nn_reduce kind, const nn_onnx_value *x,
                                    unsigned axes, bool keep_dims)
{
    if (!x || axes == 0)
        return x;
    return nn_onnx_emit(n, &nn_op_reduce,
                        &(nn_reduce_params){(int32_t)kind, (int32_t)axes, keep_dims}, &x, 1);
}

const nn_onnx_value *nn_onnx_reshape(nn_onnx_node *n, const nn_onnx_value *x, const nn_shape *shape)
{
    if (!x || nn_onnx_failed(n))
        return NULL;
    if (nn_shape_equal(&x->shape, shape))
        return x;
    nn_reshape_params p = {.rank = shape->rank};
    if (nn_shape_count(&x->shape) == 0 && nn_shape_count(shape) == 0)
        return nn_onnx_constant(n, shape, NULL, x->integer);
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] < 1 || shape->dim[i] > INT32_MAX)
            return nn_onnx_fail(n, NN_EUNSUPPORTED, "a dim of %lld is not supported",
                                (long long)shape->dim[i]);
        p.dim[i] = (int32_t)shape->dim[i];
    }
    bool integer = x->integer;
    return nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_reshape, &p, &x, 1), integer);
}

const nn_onnx_value *nn_onnx_transpose(nn_onnx_node *n, const nn_onnx_value *x, const int *perm)
{
    if (!x)
        return NULL;
    nn_transpose_params p = {.rank = x->shape.rank};
    for (int i = 0; i < p.rank; i++)
        p.perm[i] = perm[i];
    return nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_transpose, &p, &x, 1), x->integer);
}

static int32_t clamp_int32(int64_t v)
{
    return (int32_t)(v > INT32_MAX ? INT32_MAX : v < -INT32_MAX ? -INT32_MAX : v);
}

// Entries begin, begin + step, ... of an axis by their numbers, as steps backwards need it.
static const nn_onnx_value *pick(nn_onnx_node *n, const nn_onnx_value *x, int axis, int64_t begin,
                                 int64_t count, int64_t step)
{
    nn_shape shape = nn_shape_1d(count);
    float *to;
    const nn_onnx_value *index = nn_onnx_make(n, &shape, true, &to);
    for (int64_t i = 0; to && i < count; i++)
        to[i] = (float)(begin + i * step);
    const nn_onnx_value *in[] = {x, index};
    return nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_gather, &(nn_gather_params){axis}, in, 2),
                          x->integer);
}

// No entry of an axis.
static const nn_onnx_value *take_nothing(nn_onnx_node *n, const nn_onnx_value *x, int axis)
{
    nn_shape nothing = x->shape;
    nothing.dim[axis] = 0;
    return nn_onnx_constant(n, &nothing, NULL, x->integer);
}

const nn_onnx_value *nn_onnx_slice(nn_onnx_node *n, const nn_onnx_value *x, int axis, int64_t begin,
                                   int64_t end, int64_t step)
{
    if (!x || nn_onnx_failed(n))
        return NULL;
    const int64_t size = x->shape.dim[axis];
    begin += begin < 0 ? size : 0;
    end += end < 0 ? size : 0;
    if (step < 0) { // from begin down to, but not including, end
        begin = begin >= size ? size - 1 : begin;
        end = end < -1 ? -1 : end;
        int64_t count = begin > end ? (begin - end - step - 1) / -step : 0;
        return count > 0 ? pick(n, x, axis, begin, count, step) : take_nothing(n, x, axis);
    }
    begin = begin < 0 ? 0 : begin;
    end = end > size ? size : end < 0 ? 0 : end;
    if (begin >= end)
        return take_nothing(n, x, axis);
    if (begin == 0 && end == size && step == 1)
        return x;
    nn_slice_params p = {axis, clamp_int32(begin), clamp_int32(end), clamp_int32(step)};
    return nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_slice, &p, &x, 1), x->integer);
}
