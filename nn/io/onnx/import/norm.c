// SPDX-License-Identifier: MIT
// ONNX: BatchNormalization, InstanceNormalization, GroupNormalization, LayerNormalization,
// RMSNormalization, LRN.
#include "nn/io/onnx/import/compose.h"

// A vector over the channels in the shape that broadcasts over N x C x ...
static const nn_onnx_value *per_channel(nn_onnx_node *n, const nn_onnx_value *v, int rank)
{
    nn_shape shape = {.rank = rank - 1, .dim = {v->shape.dim[0], 1, 1, 1, 1}};
    return nn_onnx_reshape(n, v, &shape);
}

// Normalisation over some axes: (x - mean) / sqrt(variance + eps), and its parts.
typedef struct moments {
    const nn_onnx_value *mean, *variance, *inverse, *standard;
} moments;

static moments find_moments(nn_onnx_node *n, const nn_onnx_value *x, unsigned axes, float eps)
{
    moments m = {.mean = nn_onnx_reduce(n, NN_REDUCE_MEAN, x, axes, true)};
    const nn_onnx_value *centred = nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, x, m.mean);
    const nn_onnx_value *square = nn_onnx_binary(n, &nn_op_mul, centred, centred);
    m.variance = nn_onnx_reduce(n, NN_REDUCE_MEAN, square, axes, true);
    const nn_onnx_value *above = nn_onnx_binary(n, &nn_op_add, m.variance, nn_onnx_scalar(n, eps));
    m.inverse = nn_onnx_pointwise(n, NN_POINTWISE_RECIPROCAL,
                                  nn_onnx_pointwise(n, NN_POINTWISE_SQRT, above, 0, 0), 0, 0);
    m.standard = nn_onnx_binary(n, &nn_op_mul, centred, m.inverse);
    return m;
}

// Uses the statistics of the batch, and updates the running ones (opset 14).
static void build_training(nn_onnx_node *n, float eps)
{
    const nn_onnx_value *x = n->in[0], *y;
    const int rank = x->shape.rank;
    const float keep = nn_onnx_float(n, "momentum", 0.9f);
    if (rank < 2 || n->opset < 14) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "training mode of opset %d with %d axes is not supported",
                     n->opset, rank);
        return;
    }
    const moments m = find_moments(n, x, ((1u << rank) - 1) & ~2u, eps);
    y = nn_onnx_binary(n, &nn_op_mul, m.standard, per_channel(n, n->in[1], rank));
    nn_onnx_output(n, 0, nn_onnx_binary(n, &nn_op_add, y, per_channel(n, n->in[2], rank)));
    for (int i = 1; i < 3 && !nn_onnx_failed(n); i++) {
        const nn_onnx_value *now =
            nn_onnx_reshape(n, i == 1 ? m.mean : m.variance, &n->in[2 + i]->shape);
        now = nn_onnx_binary(n, &nn_op_mul, now, nn_onnx_scalar(n, 1 - keep));
        y = nn_onnx_binary(n, &nn_op_mul, n->in[2 + i], nn_onnx_scalar(n, keep));
        nn_onnx_output(n, i, nn_onnx_binary(n, &nn_op_add, y, now));
    }
}

static void build_batch_norm(nn_onnx_node *n)
{
    nn_batch_norm_params p = {.eps = nn_onnx_float(n, "epsilon", 1e-5f), .momentum = 0.1f};
    if (nn_onnx_int(n, "spatial", 1) == 0)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "statistics that are not per channel are not supported");
    else if (nn_onnx_int(n, "training_mode", 0))
        build_training(n, p.eps);
    else
        nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_batch_norm, &p, n->in, 5));
}

static void build_instance_norm(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank;
    if (rank < 3 || n->in[1]->shape.rank != 1 || n->in[2]->shape.rank != 1) {
        nn_onnx_fail(n, NN_ESHAPE, "an input with %d axes is not supported", rank);
        return;
    }
    const unsigned axes = ((1u << rank) - 1) & ~3u;
    const moments m = find_moments(n, x, axes, nn_onnx_float(n, "epsilon", 1e-5f));
    const nn_onnx_value *y =
        nn_onnx_binary(n, &nn_op_mul, m.standard, per_channel(n, n->in[1], rank));
    nn_onnx_output(n, 0, nn_onnx_binary(n, &nn_op_add, y, per_channel(n, n->in[2], rank)));
}

static void build_layer_norm(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *y;
    const int rank = x->shape.rank, axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", -1), rank);
    const float eps = nn_onnx_float(n, "epsilon", 1e-5f);
    if (axis == rank - 1 && n->in[1]->shape.rank == 1 && !nn_onnx_wants(n, 1) &&
        !nn_onnx_wants(n, 2)) {
        nn_onnx_output(n, 0,
                       nn_onnx_emit(n, &nn_op_layer_norm, &(nn_layer_norm_params){eps}, n->in, 3));
        return;
    }
    const moments m = find_moments(n, x, ((1u << rank) - 1) & ~((1u << axis) - 1), eps);
    y = nn_onnx_binary(n, &nn_op_mul, m.standard, n->in[1]);
    if (n->n_in > 2 && n->in[2])
        y = nn_onnx_binary(n, &nn_op_add, y, n->in[2]);
    nn_onnx_output(n, 0, y);
    nn_onnx_output(n, 1, m.mean);
    nn_onnx_output(n, 2, m.inverse);
}

// Scales of groups (opset 18) as those of their channels.
static const nn_onnx_value *spread_groups(nn_onnx_node *n, const nn_onnx_value *v, int64_t groups,
                                          int64_t channels)
{
    if (!v || nn_onnx_failed(n) || v->shape.rank != 1 || v->shape.dim[0] == channels)
        return v;
    const nn_shape all = nn_shape_1d(channels);
    v = nn_onnx_expand(n, nn_onnx_add_axis(n, v, 1), (int64_t[]){groups, channels / groups}, 2);
    return nn_onnx_reshape(n, v, &all);
}

static void build_group_norm(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank;
    const int64_t groups = nn_onnx_int(n, "num_groups", 0);
    const int64_t channels = rank < 2 ? 0 : x->shape.dim[1];
    if (rank < 2 || groups < 1 || channels % groups != 0 || nn_shape_count(&x->shape) < 1) {
        nn_onnx_fail(n, NN_ESHAPE, "%lld groups of %lld channels are not supported",
                     (long long)groups, (long long)channels);
        return;
    }
    const nn_shape split = nn_shape_make(
        3, (int64_t[]){x->shape.dim[0], groups, nn_shape_span(&x->shape, 1, rank) / groups});
    const moments m =
        find_moments(n, nn_onnx_reshape(n, x, &split), 4, nn_onnx_float(n, "epsilon", 1e-5f));
    const nn_onnx_value *scale = spread_groups(n, n->in[1], groups, channels);
    const nn_onnx_value *bias = spread_groups(n, n->in[2], groups, channels);
    const nn_onnx_value *y = nn_onnx_reshape(n, m.standard, &x->shape);
    if (nn_onnx_failed(n))
        return;
    y = nn_onnx_binary(n, &nn_op_mul, y, per_channel(n, scale, rank));
    nn_onnx_output(n, 0, nn_onnx_binary(n, &nn_op_add, y, per_channel(n, bias, rank)));
}

// x / sqrt(mean(x^2) + eps) times a scale.
static void build_rms_norm(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank, axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", -1), rank);
    const unsigned axes = ((1u << rank) - 1) & ~((1u << axis) - 1);
    const nn_onnx_value *mean =
        nn_onnx_reduce(n, NN_REDUCE_MEAN, nn_onnx_binary(n, &nn_op_mul, x, x), axes, true);
    mean =
        nn_onnx_binary(n, &nn_op_add, mean, nn_onnx_scalar(n, nn_onnx_float(n, "epsilon", 1e-5f)));
    const nn_onnx_value *y = nn_onnx_arithmetic(
        n, NN_ARITHMETIC_DIV, x, nn_onnx_pointwise(n, NN_POINTWISE_SQRT, mean, 0, 0));
    nn_onnx_output(n, 0, nn_onnx_binary(n, &nn_op_mul, y, n->in[1]));
}

static const nn_onnx_value *reverse_channels(nn_onnx_node *n, const nn_onnx_value *x)
{
    return x ? nn_onnx_slice(n, x, 1, -1, -x->shape.dim[1] - 1, -1) : NULL;
}

// For an even window ONNX takes the extra channel at the end, the engine at the beginning.
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
        nn_onnx_fail(n, NN_ESHAPE, "an input with %d axes is not supported", x->shape.rank);
        return;
    }
    if (even)
        x = reverse_channels(n, x);
    const nn_onnx_value *y = nn_onnx_emit(n, &nn_op_local_response_norm, &p, &x, 1);
    nn_onnx_output(n, 0, even ? reverse_channels(n, y) : y);
}

const nn_onnx_op nn_onnx_norm[] = {
    {"BatchNormalization", 5, 5, 3, build_batch_norm, 0},
    {"InstanceNormalization", 3, 3, 1, build_instance_norm, 0},
    {"LayerNormalization", 2, 3, 3, build_layer_norm, 0},
    {"GroupNormalization", 3, 3, 1, build_group_norm, 0},
    {"RMSNormalization", 2, 2, 1, build_rms_norm, 0},
    {"LRN", 1, 1, 1, build_lrn, 0},
    {0},
};
