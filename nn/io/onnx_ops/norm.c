// SPDX-License-Identifier: MIT
// ONNX: BatchNormalization, InstanceNormalization, LayerNormalization, LRN.
#include "nn/io/onnx_import.h"

static void build_batch_norm(nn_onnx_node *n)
{
    nn_batch_norm_params p = {.eps = nn_onnx_float(n, "epsilon", 1e-5f), .momentum = 0.1f};
    if (nn_onnx_int(n, "training_mode", 0) || nn_onnx_int(n, "spatial", 1) == 0)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "training mode, or statistics that are not per channel");
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_batch_norm, &p, n->in, 5));
}

// A vector over the channels as it is added to N x C x ...
static const nn_onnx_value *per_channel(nn_onnx_node *n, const nn_onnx_value *v, int rank)
{
    nn_shape shape = {.rank = rank - 1, .dim = {v->shape.dim[0], 1, 1, 1, 1}};
    return nn_onnx_reshape(n, v, &shape);
}

// (x - mean) / sqrt(variance + eps) over some axes, with what it was made of.
static const nn_onnx_value *standardise(nn_onnx_node *n, const nn_onnx_value *x, unsigned axes,
                                        float eps, const nn_onnx_value **mean,
                                        const nn_onnx_value **inverse)
{
    *mean = nn_onnx_reduce(n, NN_REDUCE_MEAN, x, axes, true);
    const nn_onnx_value *centred = nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, x, *mean);
    const nn_onnx_value *square = nn_onnx_binary(n, &nn_op_mul, centred, centred);
    const nn_onnx_value *variance = nn_onnx_reduce(n, NN_REDUCE_MEAN, square, axes, true);
    variance = nn_onnx_binary(n, &nn_op_add, variance, nn_onnx_scalar(n, eps));
    *inverse = nn_onnx_pointwise(n, NN_POINTWISE_RECIPROCAL,
                                 nn_onnx_pointwise(n, NN_POINTWISE_SQRT, variance, 0, 0), 0, 0);
    return nn_onnx_binary(n, &nn_op_mul, centred, *inverse);
}

static void build_instance_norm(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *mean, *inverse;
    const int rank = x->shape.rank;
    if (rank < 3 || n->in[1]->shape.rank != 1 || n->in[2]->shape.rank != 1) {
        nn_onnx_fail(n, NN_ESHAPE, "%d axes", rank);
        return;
    }
    const unsigned axes = ((1u << rank) - 1) & ~3u;
    const nn_onnx_value *y =
        standardise(n, x, axes, nn_onnx_float(n, "epsilon", 1e-5f), &mean, &inverse);
    y = nn_onnx_binary(n, &nn_op_mul, y, per_channel(n, n->in[1], rank));
    nn_onnx_output(n, 0, nn_onnx_binary(n, &nn_op_add, y, per_channel(n, n->in[2], rank)));
}

static void build_layer_norm(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *mean, *inverse, *y;
    const int rank = x->shape.rank, axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", -1), rank);
    const float eps = nn_onnx_float(n, "epsilon", 1e-5f);
    if (axis == rank - 1 && n->in[1]->shape.rank == 1 && !nn_onnx_wants(n, 1) &&
        !nn_onnx_wants(n, 2)) {
        nn_onnx_output(n, 0,
                       nn_onnx_emit(n, &nn_op_layer_norm, &(nn_layer_norm_params){eps}, n->in, 3));
        return;
    }
    y = standardise(n, x, ((1u << rank) - 1) & ~((1u << axis) - 1), eps, &mean, &inverse);
    y = nn_onnx_binary(n, &nn_op_mul, y, n->in[1]);
    if (n->n_in > 2 && n->in[2])
        y = nn_onnx_binary(n, &nn_op_add, y, n->in[2]);
    nn_onnx_output(n, 0, y);
    nn_onnx_output(n, 1, mean);
    nn_onnx_output(n, 2, inverse);
}

static const nn_onnx_value *reverse_channels(nn_onnx_node *n, const nn_onnx_value *x)
{
    return x ? nn_onnx_slice(n, x, 1, -1, -x->shape.dim[1] - 1, -1) : NULL;
}

// Of an even window ONNX takes the extra channel behind, the engine before.
static void build_lrn(nn_onnx_node *n)
{
    nn_lrn_params p = {
        .size = (int32_t)nn_onnx_int(n, "size", 0),
        .alpha = nn_onnx_float(n, "alpha", 1e-4f),
        .beta = nn_onnx_float(n, "beta", 0.75f),
        .k = nn_onnx_float(n, "bias", 1),
    };
    const nn_onnx_value *x = n->in[0];
    const bool even = p.size % 2 == 0;
    if (x->shape.rank < 2) {
        nn_onnx_fail(n, NN_ESHAPE, "%d axes", x->shape.rank);
        return;
    }
    if (even)
        x = reverse_channels(n, x);
    const nn_onnx_value *y = nn_onnx_emit(n, &nn_op_local_response_norm, &p, &x, 1);
    nn_onnx_output(n, 0, even ? reverse_channels(n, y) : y);
}

const nn_onnx_op nn_onnx_norm[] = {
    {"BatchNormalization", 5, 5, 1, build_batch_norm, 0},
    {"InstanceNormalization", 3, 3, 1, build_instance_norm, 0},
    {"LayerNormalization", 2, 3, 3, build_layer_norm, 0},
    {"LRN", 1, 1, 1, build_lrn, 0},
    {0},
};
