// SPDX-License-Identifier: MIT
// ONNX: constants, shapes as data, and operators that change no value: Identity, Dropout, Cast.
#include "nn/io/onnx/import/whole.h"
#include "nn/io/onnx/onnx_proto.h"

enum { TYPE_FLOAT = 1, TYPE_INT64 = 7, TYPE_BOOL = 9 };

static void build_constant(nn_onnx_node *n)
{
    enum { MAX_NUMBERS = 1024 };
    float numbers[MAX_NUMBERS];
    int64_t wholes[MAX_NUMBERS];
    const nn_onnx_value *v = nn_onnx_tensor(n, "value");
    nn_shape shape = {0};
    int count;
    if (!v && (count = nn_onnx_floats(n, "value_floats", numbers, MAX_NUMBERS)) >= 0) {
        shape = nn_shape_1d(count);
        v = nn_onnx_constant(n, &shape, numbers, false);
    } else if (!v && (count = nn_onnx_ints(n, "value_ints", wholes, MAX_NUMBERS)) >= 0) {
        shape = nn_shape_1d(count);
        for (int i = 0; i < count; i++)
            numbers[i] = (float)wholes[i];
        v = nn_onnx_constant(n, &shape, numbers, true);
    } else if (!v && nn_onnx_int(n, "value_int", INT64_MIN) != INT64_MIN) {
        numbers[0] = (float)nn_onnx_int(n, "value_int", 0);
        v = nn_onnx_constant(n, &shape, numbers, true);
    } else if (!v) {
        v = nn_onnx_scalar(n, nn_onnx_float(n, "value_float", 0));
    }
    nn_onnx_output(n, 0, v);
}

static void build_constant_of_shape(nn_onnx_node *n)
{
    int64_t dim[NN_MAX_RANK];
    const int count = nn_onnx_const_ints(n, n->in[0], dim, NN_MAX_RANK);
    const nn_onnx_value *value = nn_onnx_tensor(n, "value");
    if (nn_onnx_failed(n))
        return;
    const nn_shape shape = nn_shape_make(count, dim);
    const nn_onnx_value *zeros = nn_onnx_constant(n, &shape, NULL, value && value->integer);
    if (value && value->data && zeros && nn_shape_count(&value->shape) == 1 &&
        value->data[0] != 0) {
        const nn_shape scalar = {0};
        const nn_onnx_value *one = nn_onnx_reshape(n, value, &scalar);
        zeros = nn_onnx_retype(n, nn_onnx_binary(n, &nn_op_add, zeros, one), value->integer);
    }
    nn_onnx_output(n, 0, zeros);
}

static void build_shape(nn_onnx_node *n)
{
    const nn_shape *x = &n->in[0]->shape;
    int64_t begin = nn_onnx_int(n, "start", 0), end = nn_onnx_int(n, "end", x->rank);
    float dim[NN_MAX_RANK];
    int count = 0;
    begin += begin < 0 ? x->rank : 0;
    end += end < 0 ? x->rank : 0;
    for (int64_t i = begin < 0 ? 0 : begin; i < end && i < x->rank; i++)
        dim[count++] = (float)x->dim[i];
    const nn_shape shape = nn_shape_1d(count);
    nn_onnx_output(n, 0, nn_onnx_constant(n, &shape, dim, true));
}

static void build_size(nn_onnx_node *n)
{
    const nn_shape shape = {0};
    const float count = (float)nn_shape_count(&n->in[0]->shape);
    nn_onnx_output(n, 0, nn_onnx_constant(n, &shape, &count, true));
}

static void build_range(nn_onnx_node *n)
{
    const float first = nn_onnx_const_float(n, 0, 0), limit = nn_onnx_const_float(n, 1, 0);
    const float step = nn_onnx_const_float(n, 2, 1);
    const double steps = step != 0 ? ((double)limit - first) / step : -1;
    if (nn_onnx_failed(n))
        return;
    if (!(steps <= 1 << 20)) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a range of %g numbers is too long", steps);
        return;
    }
    int64_t count = 0;
    while ((double)count < steps)
        count++;
    const nn_shape shape = nn_shape_1d(count);
    float *data = NULL;
    const nn_onnx_value *v = nn_onnx_make(n, &shape, n->in[0]->integer, &data);
    for (int64_t i = 0; data && i < count; i++)
        data[i] = first + (float)i * step;
    nn_onnx_output(n, 0, v);
}

// To type `to`, or to that of the second input. A value that nodes made has whole numbers of an
// unknown type: int64 then.
static void build_cast(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *y = x, *like = n->arg ? n->in[1] : NULL;
    const int64_t to = !like        ? nn_onnx_int(n, "to", 0)
                       : like->type ? like->type
                                    : (like->integer ? TYPE_INT64 : TYPE_FLOAT);
    if (to < 0 || to > 64 || !nn_onnx_type_is_known((int)to)) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a cast to type %lld is not supported", (long long)to);
        return;
    }
    const bool whole = nn_onnx_type_is_integer((int)to);
    if (to == TYPE_BOOL)
        y = nn_onnx_pointwise(n, NN_POINTWISE_NOT, nn_onnx_pointwise(n, NN_POINTWISE_NOT, x, 0, 0),
                              0, 0);
    else if (whole && !x->integer)
        y = nn_onnx_pointwise(n, NN_POINTWISE_TRUNC, x, 0, 0);
    if (whole && to != TYPE_BOOL)
        y = nn_onnx_wrap(n, y, (int)to);
    nn_onnx_output(n, 0, nn_onnx_typed(n, y, (int)to));
}

static void build_identity(nn_onnx_node *n)
{
    nn_onnx_output(n, 0, n->in[0]);
}

// In inference, or with ratio 0, all elements stay.
static void build_dropout(nn_onnx_node *n)
{
    const float ratio = nn_onnx_const_float(n, 1, nn_onnx_float(n, "ratio", 0.5f));
    const nn_shape *shape = &n->in[0]->shape;
    float *kept;
    if (n->n_in > 2 && n->in[2] && nn_onnx_const_float(n, 2, 0) != 0 && ratio != 0)
        nn_onnx_fail(
            n, NN_EUNSUPPORTED,
            "training mode is not supported, because it is random: export the model for inference");
    build_identity(n);
    if (!nn_onnx_wants(n, 1))
        return;
    const nn_onnx_value *mask = nn_onnx_make(n, shape, true, &kept);
    for (int64_t i = 0; kept && i < nn_shape_count(shape); i++)
        kept[i] = 1;
    nn_onnx_output(n, 1, mask);
}

const nn_onnx_op nn_onnx_constant_ops[] = {
    {"Constant", 0, 0, 1, build_constant, 0},
    {"ConstantOfShape", 1, 1, 1, build_constant_of_shape, 0},
    {"Shape", 1, 1, 1, build_shape, 0},
    {"Size", 1, 1, 1, build_size, 0},
    {"Range", 3, 3, 1, build_range, 0},
    {"Cast", 1, 1, 1, build_cast, 0},
    {"CastLike", 2, 2, 1, build_cast, 1},
    {"Identity", 1, 1, 1, build_identity, NN_ONNX_SEQUENCES},
    {"Dropout", 1, 3, 2, build_dropout, 0},
    {0},
};
