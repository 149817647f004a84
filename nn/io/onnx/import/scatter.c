// SPDX-License-Identifier: MIT
// ONNX: operators that write elements by place: ScatterElements (Scatter up to opset 10),
// ScatterND and TensorScatter, and masks by place: Trilu, EyeLike.
#include "nn/io/onnx/import/compose.h"

static int32_t find_kind(nn_onnx_node *n)
{
    static const struct {
        const char *word;
        nn_scatter kind;
    } kinds[] = {{"none", NN_SCATTER_SET},
                 {"add", NN_SCATTER_ADD},
                 {"mul", NN_SCATTER_MUL},
                 {"min", NN_SCATTER_MIN},
                 {"max", NN_SCATTER_MAX}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (nn_onnx_is(n, "reduction", kinds[i].word, kinds[i].kind == NN_SCATTER_SET))
            return kinds[i].kind;
    nn_onnx_fail(n, NN_EUNSUPPORTED, "an unknown reduction");
    return 0;
}

static void build_scatter_elements(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const nn_scatter_elements_params p = {nn_onnx_axis(n, nn_onnx_int(n, "axis", 0), x->shape.rank),
                                          find_kind(n)};
    const nn_onnx_value *y = nn_onnx_emit(n, &nn_op_scatter_elements, &p, n->in, 3);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, x->integer));
}

static void build_scatter_nd(nn_onnx_node *n)
{
    const nn_scatter_nd_params p = {find_kind(n)};
    const nn_onnx_value *y = nn_onnx_emit(n, &nn_op_scatter_nd, &p, n->in, 3);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[0]->integer));
}

// A cache of attention: rows of `update` go along `axis` to where those of each entry of the batch
// begin, around its end when that is "circular".
static void build_tensor_scatter(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *update = n->in[1];
    const int rank = x->shape.rank, axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", -2), rank);
    const bool circular = nn_onnx_is(n, "mode", "circular", false);
    if (!nn_onnx_failed(n) && (axis < 1 || update->shape.rank != rank))
        nn_onnx_fail(n, NN_ESHAPE, "axis %d of tensors of %d and %d axes", axis, rank,
                     update->shape.rank);
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *at = nn_onnx_count(n, update->shape.dim[axis], rank, axis);
    if (n->n_in > 2 && n->in[2]) {
        nn_shape first = {.rank = rank, .dim = {nn_shape_count(&n->in[2]->shape)}};
        for (int i = 1; i < rank; i++)
            first.dim[i] = 1;
        at = nn_onnx_binary(n, &nn_op_add, at, nn_onnx_reshape(n, n->in[2], &first));
    }
    if (circular)
        at = nn_onnx_arithmetic(n, NN_ARITHMETIC_MOD, at,
                                nn_onnx_scalar(n, (float)x->shape.dim[axis]));
    at = nn_onnx_retype(n, nn_onnx_expand(n, at, update->shape.dim, rank), true);
    const nn_onnx_value *in[] = {x, at, update};
    const nn_scatter_elements_params p = {axis, NN_SCATTER_SET};
    const nn_onnx_value *y = nn_onnx_emit(n, &nn_op_scatter_elements, &p, in, 3);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, x->integer));
}

static void build_trilu(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank;
    const bool upper = nn_onnx_int(n, "upper", 1) != 0;
    int64_t k = 0;
    float *data;
    if (n->n_in > 1 && n->in[1] && nn_onnx_const_ints(n, n->in[1], &k, 1) != 1)
        nn_onnx_fail(n, NN_EFORMAT, "k is not one number");
    if (rank < 2)
        nn_onnx_fail(n, NN_ESHAPE, "a tensor of %d axes is no matrix", rank);
    if (nn_onnx_failed(n))
        return;
    const int64_t rows = x->shape.dim[rank - 2], columns = x->shape.dim[rank - 1];
    const nn_shape shape = nn_shape_2d(rows, columns);
    const nn_onnx_value *mask = nn_onnx_make(n, &shape, true, &data);
    for (int64_t i = 0; data && i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            data[i * columns + j] = upper ? j >= i + k : j <= i + k;
    nn_onnx_output(
        n, 0, nn_onnx_retype(n, nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, x, mask), x->integer));
}

static void build_eye_like(nn_onnx_node *n)
{
    const nn_shape *x = &n->in[0]->shape;
    const int64_t k = nn_onnx_int(n, "k", 0), type = nn_onnx_int(n, "dtype", 0);
    float *data;
    if (x->rank != 2)
        nn_onnx_fail(n, NN_ESHAPE, "a tensor of %d axes is no matrix", x->rank);
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *y = nn_onnx_make(n, x, n->in[0]->integer, &data);
    for (int64_t i = 0; data && i < x->dim[0]; i++)
        if (k > -(int64_t)INT32_MAX && k < INT32_MAX && i + k >= 0 && i + k < x->dim[1])
            data[i * x->dim[1] + i + k] = 1;
    nn_onnx_output(n, 0, type > 0 && type < 64 ? nn_onnx_typed(n, y, (int)type) : y);
}

const nn_onnx_op nn_onnx_scatter_ops[] = {
    {"ScatterElements", 3, 3, 1, build_scatter_elements, 0},
    {"Scatter", 3, 3, 1, build_scatter_elements, 0},
    {"ScatterND", 3, 3, 1, build_scatter_nd, 0},
    {"TensorScatter", 2, 3, 1, build_tensor_scatter, 0},
    {"Trilu", 1, 2, 1, build_trilu, 0},
    {"EyeLike", 1, 1, 1, build_eye_like, 0},
    {0},
};
