// SPDX-License-Identifier: MIT
// Layers of ONNX Runtime's own domain "com.microsoft" that its optimizers write for parts of
// networks: FusedConv, FusedMatMul, forms of GELU, SkipLayerNormalization, Attention,
// MultiHeadAttention, GridSample. Meaning: "Contrib Operators" in the documents of ONNX Runtime.
#include "nn/io/onnx/import/compose.h"
#include "nn/io/onnx/import/kernel_attributes.h"

#include <math.h>
#include <string.h>

static const nn_onnx_value *input(const nn_onnx_node *n, int i)
{
    return i < n->n_in ? n->in[i] : NULL;
}

static const nn_onnx_value *add(nn_onnx_node *n, const nn_onnx_value *x, const nn_onnx_value *more)
{
    return more ? nn_onnx_binary(n, &nn_op_add, x, more) : x;
}

static void refuse_inputs(nn_onnx_node *n, int from, const char *what)
{
    for (int i = from; i < n->n_in; i++)
        if (n->in[i])
            nn_onnx_fail(n, NN_EUNSUPPORTED, "%s are not supported", what);
}

// --- activations ---

static void build_gelu(nn_onnx_node *n)
{
    nn_onnx_output(n, 0, nn_onnx_unary(n, &nn_op_gelu, add(n, n->in[0], input(n, 1))));
}

static void build_fast_gelu(nn_onnx_node *n)
{
    const nn_onnx_value *x = add(n, n->in[0], input(n, 1));
    nn_onnx_output(n, 0, nn_onnx_pointwise(n, NN_POINTWISE_GELU_TANH, x, 0, 0));
}

static void build_quick_gelu(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const nn_onnx_value *alpha = nn_onnx_scalar(n, nn_onnx_float(n, "alpha", 1.702f));
    const nn_onnx_value *y =
        nn_onnx_unary(n, &nn_op_sigmoid, nn_onnx_binary(n, &nn_op_mul, x, alpha));
    nn_onnx_output(n, 0, nn_onnx_binary(n, &nn_op_mul, x, y));
}

// --- convolution and product ---

// The function named by `activation`, with up to two numbers.
static const nn_onnx_value *activate(nn_onnx_node *n, const nn_onnx_value *x)
{
    char name[32];
    float p[2] = {0, 0};
    if (!nn_onnx_text(n, "activation", name, sizeof name))
        return x;
    const int given = nn_onnx_floats(n, "activation_params", p, 2);
    if (!strcmp(name, "Relu"))
        return nn_onnx_unary(n, &nn_op_relu, x);
    if (!strcmp(name, "Sigmoid"))
        return nn_onnx_unary(n, &nn_op_sigmoid, x);
    if (!strcmp(name, "Tanh"))
        return nn_onnx_pointwise(n, NN_POINTWISE_TANH, x, 0, 0);
    if (!strcmp(name, "LeakyRelu") && given == 1)
        return nn_onnx_pointwise(n, NN_POINTWISE_LEAKY_RELU, x, p[0], 0);
    if (!strcmp(name, "Clip") && given == 2)
        return nn_onnx_pointwise(n, NN_POINTWISE_CLIP, x, p[0], p[1]);
    if (!strcmp(name, "HardSigmoid") && given == 2)
        return nn_onnx_pointwise(n, NN_POINTWISE_HARD_SIGMOID, x, p[0], p[1]);
    return nn_onnx_fail(n, NN_EUNSUPPORTED, "the activation '%s' with %d numbers is not supported",
                        name, given < 0 ? 0 : given);
}

// activation(conv(x, weight, bias) + z)
static void build_conv(nn_onnx_node *n)
{
    const nn_onnx_value *y = nn_onnx_put_conv(n);
    nn_onnx_output(n, 0, activate(n, add(n, y, input(n, 3))));
}

static void build_matmul(nn_onnx_node *n)
{
    const nn_matmul_params p = {nn_onnx_int(n, "transA", 0) != 0, nn_onnx_int(n, "transB", 0) != 0,
                                nn_onnx_float(n, "alpha", 1)};
    if (nn_onnx_int(n, "transBatchA", 0) || nn_onnx_int(n, "transBatchB", 0))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "transBatchA and transBatchB are not supported");
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_matmul, &p, n->in, 2));
}

// --- normalisation ---

// layer_norm(x + skip + bias) and, as output 3, the sum.
static void build_skip_layer_norm(nn_onnx_node *n)
{
    enum { X, SKIP, GAMMA, BETA, BIAS };
    const nn_onnx_value *x = add(n, add(n, n->in[X], n->in[SKIP]), input(n, BIAS));
    const nn_onnx_value *const in[] = {x, n->in[GAMMA], input(n, BETA)};
    const nn_layer_norm_params p = {nn_onnx_float(n, "epsilon", 1e-12f)};
    if (nn_onnx_wants(n, 1) || nn_onnx_wants(n, 2))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "mean and deviation as outputs are not supported");
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_layer_norm, &p, in, 3));
    if (nn_onnx_wants(n, 3))
        nn_onnx_output(n, 3, x);
}

// --- attention ---

// Batch x tokens x (heads size) as batch x heads x tokens x size.
static const nn_onnx_value *split_heads(nn_onnx_node *n, const nn_onnx_value *x, int64_t heads)
{
    if (!x || nn_onnx_failed(n))
        return NULL;
    const int64_t *d = x->shape.dim;
    if (x->shape.rank != 3 || heads < 1 || d[2] % heads != 0)
        return nn_onnx_fail(n, NN_ESHAPE, "%lld heads of an input with %d axes are not supported",
                            (long long)heads, x->shape.rank);
    const nn_shape shape = nn_shape_4d(d[0], d[1], heads, d[2] / heads);
    return nn_onnx_transpose(n, nn_onnx_reshape(n, x, &shape), (int[]){0, 2, 1, 3});
}

// softmax(Q K' scale + bias) V of tokens, for all heads.
static void put_attention(nn_onnx_node *n, const nn_onnx_value *query, const nn_onnx_value *key,
                          const nn_onnx_value *value, const nn_onnx_value *bias)
{
    const int64_t heads = nn_onnx_int(n, "num_heads", 0);
    query = split_heads(n, query, heads);
    key = split_heads(n, key, heads);
    value = split_heads(n, value, heads);
    if (nn_onnx_int(n, "unidirectional", 0))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "unidirectional is not supported");
    if (nn_onnx_failed(n))
        return;
    const float size = (float)(query->shape.dim[3] > 0 ? query->shape.dim[3] : 1);
    const float given = nn_onnx_float(n, "scale", 0);
    const nn_matmul_params p = {.trans_b = 1, .alpha = given != 0 ? given : 1 / sqrtf(size)};
    const nn_onnx_value *y =
        add(n, nn_onnx_emit(n, &nn_op_matmul, &p, (const nn_onnx_value *[]){query, key}, 2), bias);
    y = nn_onnx_emit(n, &nn_op_softmax, &(nn_softmax_params){3}, &y, 1);
    y = nn_onnx_emit(n, &nn_op_matmul, &(nn_matmul_params){.alpha = 1},
                     (const nn_onnx_value *[]){y, value}, 2);
    y = nn_onnx_transpose(n, y, (int[]){0, 2, 1, 3});
    if (!y)
        return;
    const int64_t *d = y->shape.dim;
    const nn_shape joined = {3, {d[0], d[1], d[2] * d[3]}};
    nn_onnx_output(n, 0, nn_onnx_reshape(n, y, &joined));
}

// Query, key and value are parts of one product of x.
static void build_attention(nn_onnx_node *n)
{
    enum { X, WEIGHT, BIAS, MASK };
    int64_t size[3];
    const nn_shape *w = &n->in[WEIGHT]->shape;
    const int given = nn_onnx_ints(n, "qkv_hidden_sizes", size, 3);
    refuse_inputs(n, MASK, "masks and earlier tokens");
    if (w->rank != 2 || (given >= 0 && given != 3))
        nn_onnx_fail(n, NN_ESHAPE, "weights with %d axes, %d hidden sizes", w->rank, given);
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *all =
        add(n, nn_onnx_put_matmul(n, n->in[X], n->in[WEIGHT]), input(n, BIAS));
    const nn_onnx_value *part[3] = {NULL};
    int64_t at = 0;
    for (int i = 0; i < 3 && all && !nn_onnx_failed(n); i++) {
        const int64_t each = given == 3 ? size[i] : w->dim[1] / 3;
        if (each < 1 || each > w->dim[1] - at)
            nn_onnx_fail(n, NN_ESHAPE, "the hidden sizes do not suit %lld outputs",
                         (long long)w->dim[1]);
        else
            part[i] = nn_onnx_slice(n, all, 2, at, at + each, 1);
        at += part[i] ? each : 0;
    }
    put_attention(n, part[0], part[1], part[2], NULL);
}

static int64_t last_dim(const nn_onnx_value *x)
{
    return x->shape.rank > 0 ? x->shape.dim[x->shape.rank - 1] : 0;
}

// The bias of query, key and value is one vector.
static void build_multi_head_attention(nn_onnx_node *n)
{
    enum { QUERY, KEY, VALUE, BIAS, MASK, ATTENTION_BIAS, PAST };
    const nn_onnx_value *part[3] = {n->in[QUERY], input(n, KEY), input(n, VALUE)};
    const nn_onnx_value *bias = input(n, BIAS);
    refuse_inputs(n, PAST, "earlier tokens");
    if (input(n, MASK))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a mask of keys is not supported");
    if (!part[KEY] || !part[VALUE])
        nn_onnx_fail(n, NN_EUNSUPPORTED, "keys and values packed with the query are not supported");
    int64_t at = 0;
    for (int i = 0; i < 3 && bias && !nn_onnx_failed(n); i++) {
        const int64_t size = last_dim(part[i]);
        part[i] = add(n, part[i], nn_onnx_slice(n, bias, 0, at, at + size, 1));
        at += size;
    }
    put_attention(n, part[0], part[1], part[2], input(n, ATTENTION_BIAS));
}

static void build_grid_sample(nn_onnx_node *n)
{
    const bool cubic = nn_onnx_is(n, "mode", "bicubic", false);
    const bool nearest = nn_onnx_is(n, "mode", "nearest", false);
    const nn_grid_sample_params p = {
        .mode = cubic     ? NN_GRID_BICUBIC
                : nearest ? NN_GRID_NEAREST
                          : NN_GRID_BILINEAR,
        .padding = nn_onnx_is(n, "padding_mode", "border", false)       ? NN_GRID_BORDER
                   : nn_onnx_is(n, "padding_mode", "reflection", false) ? NN_GRID_REFLECTION
                                                                        : NN_GRID_ZEROS,
        .align_corners = nn_onnx_int(n, "align_corners", 0) != 0};
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_grid_sample, &p, n->in, 2));
}

const nn_onnx_op nn_onnx_microsoft_layers[] = {
    {"Gelu", 1, 1, 1, build_gelu, 0},
    {"BiasGelu", 2, 2, 1, build_gelu, 0},
    {"FastGelu", 1, 2, 1, build_fast_gelu, 0},
    {"QuickGelu", 1, 1, 1, build_quick_gelu, 0},
    {"FusedConv", 2, 4, 1, build_conv, 0},
    {"FusedMatMul", 2, 2, 1, build_matmul, 0},
    {"SkipLayerNormalization", 3, 5, 4, build_skip_layer_norm, 0},
    {"Attention", 2, 7, 1, build_attention, 0},
    {"MultiHeadAttention", 1, 10, 1, build_multi_head_attention, 0},
    {"GridSample", 2, 2, 1, build_grid_sample, 0},
    {0},
};
