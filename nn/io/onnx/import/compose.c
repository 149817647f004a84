// SPDX-License-Identifier: MIT
// Compositions that builders of several families share.
#include "nn/io/onnx/import/compose.h"

const nn_onnx_value *nn_onnx_count(nn_onnx_node *n, int64_t count, int rank, int axis)
{
    nn_shape shape = {.rank = rank};
    float *data = NULL;
    for (int i = 0; i < rank; i++)
        shape.dim[i] = i == axis ? count : 1;
    const nn_onnx_value *v = nn_onnx_make(n, &shape, true, &data);
    for (int64_t i = 0; data && i < count; i++)
        data[i] = (float)i;
    return v;
}

const nn_onnx_value *nn_onnx_add_axis(nn_onnx_node *n, const nn_onnx_value *v, int axis)
{
    if (!v || nn_onnx_failed(n))
        return NULL;
    if (v->shape.rank == NN_MAX_RANK)
        return nn_onnx_fail(n, NN_EUNSUPPORTED, "over %d axes are not supported", NN_MAX_RANK);
    nn_shape shape = {.rank = v->shape.rank + 1};
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = i == axis ? 1 : v->shape.dim[i - (i > axis)];
    return nn_onnx_reshape(n, v, &shape);
}

const nn_onnx_value *nn_onnx_drop_axis(nn_onnx_node *n, const nn_onnx_value *v, int axis)
{
    if (!v || nn_onnx_failed(n))
        return NULL;
    nn_shape shape = {.rank = v->shape.rank - 1};
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = v->shape.dim[i + (i >= axis)];
    return nn_onnx_reshape(n, v, &shape);
}

const nn_onnx_value *nn_onnx_concat(nn_onnx_node *n, const nn_onnx_value *const *in, int count,
                                    int axis)
{
    if (nn_onnx_failed(n))
        return NULL;
    if (count == 1)
        return in[0];
    const bool integer = in[0]->integer;
    return nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_concat, &(nn_concat_params){axis}, in, count),
                          integer);
}

const nn_onnx_value *nn_onnx_gather(nn_onnx_node *n, const nn_onnx_value *x,
                                    const nn_onnx_value *index, int axis)
{
    const nn_onnx_value *in[] = {x, index};
    if (nn_onnx_failed(n))
        return NULL;
    return nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_gather, &(nn_gather_params){axis}, in, 2),
                          x->integer);
}

const nn_onnx_value *nn_onnx_gather_elements(nn_onnx_node *n, const nn_onnx_value *x,
                                             const nn_onnx_value *index, int axis)
{
    const nn_onnx_value *in[] = {x, index};
    if (nn_onnx_failed(n))
        return NULL;
    const nn_onnx_value *y =
        nn_onnx_emit(n, &nn_op_gather_elements, &(nn_gather_elements_params){axis}, in, 2);
    return nn_onnx_retype(n, y, x->integer);
}

bool nn_onnx_needs_constant(nn_onnx_node *n, int i, const char *why)
{
    if (n->in[i]->data || nn_shape_count(&n->in[i]->shape) == 0)
        return !nn_onnx_failed(n);
    nn_onnx_wait(n,
                 "%s depends on the model's data, which is not supported: export the model without "
                 "its post-processing",
                 why);
    return false;
}
