// SPDX-License-Identifier: MIT
// Quantised operators of ONNX Runtime's own domain "com.microsoft" (QGemm, QLinearAdd, ...), which
// its quantiser writes: dequantize_linear, the operator on real numbers, quantize_linear. And its
// MatMulNBits, whose weights of 2, 4 or 8 bits become real ones on reading.
#include "nn/io/onnx/import/kernel_attributes.h"
#include "nn/io/onnx/import/quantized_values.h"

// Fails where one of these inputs is absent (bit i: input i). Zero points may be: they are 0 then.
static void need(nn_onnx_node *n, unsigned inputs)
{
    for (int i = 0; inputs >> i && !nn_onnx_failed(n); i++)
        if (inputs >> i & 1 && !nn_onnx_input(n, i))
            nn_onnx_fail(n, NN_EFORMAT, "input %d is missing", i);
}

// a, its scale and zero point; b, likewise; scale and zero point of the result.
static void build_binary(nn_onnx_node *n)
{
    enum { A, A_SCALE, A_ZERO, B, B_SCALE, B_ZERO, Y_SCALE, Y_ZERO };
    need(n, 1u << A | 1u << A_SCALE | 1u << B | 1u << B_SCALE | 1u << Y_SCALE);
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *a = nn_onnx_dequantize(n, n->in[A], n->in[A_SCALE], n->in[A_ZERO], 0);
    const nn_onnx_value *b = nn_onnx_dequantize(n, n->in[B], n->in[B_SCALE], n->in[B_ZERO], 0);
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *y = nn_onnx_binary(n, n->arg ? &nn_op_mul : &nn_op_add, a, b);
    nn_onnx_put_quantized(n, 0, y, n->in[Y_SCALE], nn_onnx_input(n, Y_ZERO), n->in[A]);
}

// alpha a b + the bias, int32 in products of alpha and the scales. Without a scale of its own the
// result is real.
static void build_gemm(nn_onnx_node *n)
{
    enum { A, A_SCALE, A_ZERO, B, B_SCALE, B_ZERO, C, Y_SCALE, Y_ZERO };
    const bool trans_a = nn_onnx_int(n, "transA", 0) != 0;
    const bool trans_b = nn_onnx_int(n, "transB", 0) != 0;
    const float alpha = nn_onnx_float(n, "alpha", 1);
    need(n, 1u << A | 1u << A_SCALE | 1u << B | 1u << B_SCALE);
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *a = nn_onnx_dequantize(n, n->in[A], n->in[A_SCALE], n->in[A_ZERO], 0);
    const nn_onnx_value *b =
        nn_onnx_dequantize(n, n->in[B], n->in[B_SCALE], n->in[B_ZERO], trans_b ? 0 : 1);
    const nn_onnx_value *c = nn_onnx_input(n, C), *y;
    c = c ? nn_onnx_real_bias(n, c, n->in[A_SCALE], n->in[B_SCALE]) : NULL;
    if (nn_onnx_failed(n))
        return;
    if (!trans_a && trans_b && alpha == 1 && b->shape.rank == 2 &&
        (!c || (c->shape.rank == 1 && c->shape.dim[0] == b->shape.dim[0]))) {
        const nn_onnx_value *in[] = {a, b, c};
        y = nn_onnx_emit(n, &nn_op_linear, &(nn_linear_params){0}, in, 3);
    } else {
        const nn_onnx_value *in[] = {a, b};
        y = nn_onnx_emit(n, &nn_op_matmul, &(nn_matmul_params){trans_a, trans_b, alpha}, in, 2);
        c = c && alpha != 1 ? nn_onnx_binary(n, &nn_op_mul, c, nn_onnx_scalar(n, alpha)) : c;
        y = c ? nn_onnx_binary(n, &nn_op_add, y, c) : y;
    }
    if (nn_onnx_input(n, Y_SCALE))
        nn_onnx_put_quantized(n, 0, y, n->in[Y_SCALE], nn_onnx_input(n, Y_ZERO), n->in[A]);
    else
        nn_onnx_output(n, 0, y);
}

enum { X, X_SCALE, X_ZERO, Y_SCALE, Y_ZERO }; // inputs of the others

static const nn_onnx_value *real_input(nn_onnx_node *n)
{
    if (nn_onnx_int(n, "channels_last", 0) != 0)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "channels_last is not supported");
    need(n, 1u << X | 1u << X_SCALE | 1u << Y_SCALE);
    if (nn_onnx_failed(n))
        return NULL;
    return nn_onnx_dequantize(n, n->in[X], n->in[X_SCALE], nn_onnx_input(n, X_ZERO), 0);
}

static void put_result(nn_onnx_node *n, const nn_onnx_value *y)
{
    nn_onnx_put_quantized(n, 0, y, n->in[Y_SCALE], nn_onnx_input(n, Y_ZERO), n->in[X]);
}

static void build_average_pool(nn_onnx_node *n)
{
    nn_onnx_node pool = *n;
    pool.in[0] = real_input(n);
    if (!nn_onnx_failed(n))
        put_result(n, nn_onnx_put_average_pool(&pool));
}

static void build_global_average_pool(nn_onnx_node *n)
{
    const nn_onnx_value *x = real_input(n);
    const unsigned axes = x && x->shape.rank > 2 ? ((1u << x->shape.rank) - 1) & ~3u : 0;
    if (!nn_onnx_failed(n))
        put_result(n, nn_onnx_reduce(n, NN_REDUCE_MEAN, x, axes, true));
}

static void build_sigmoid(nn_onnx_node *n)
{
    const nn_onnx_value *x = real_input(n);
    if (!nn_onnx_failed(n))
        put_result(n, nn_onnx_unary(n, &nn_op_sigmoid, x));
}

static void build_leaky_relu(nn_onnx_node *n)
{
    const nn_onnx_value *x = real_input(n);
    const float slope = nn_onnx_float(n, "alpha", 0.01f);
    if (!nn_onnx_failed(n))
        put_result(n, nn_onnx_pointwise(n, NN_POINTWISE_LEAKY_RELU, x, slope, 0));
}

// Up to opset 12 all axes from the named one on are one: only where that is the last one.
static void build_softmax(nn_onnx_node *n)
{
    const nn_onnx_value *x = real_input(n);
    if (nn_onnx_failed(n))
        return;
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", -1), x->shape.rank);
    if (nn_onnx_int(n, "opset", 13) < 13 && axis != x->shape.rank - 1)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "several axes at once are not supported");
    if (!nn_onnx_failed(n))
        put_result(n, nn_onnx_emit(n, &nn_op_softmax, &(nn_softmax_params){axis}, &x, 1));
}

// Scale and zero point of the result; then a value, its scale and zero point, for each.
static void build_concat(nn_onnx_node *n)
{
    const nn_onnx_value *in[NN_ONNX_MAX_IN];
    const int count = (n->n_in - 2) / 3;
    if ((n->n_in - 2) % 3 || count < 1)
        nn_onnx_fail(n, NN_EFORMAT, "%d inputs are not three for each value", n->n_in - 2);
    for (int i = 2; i < n->n_in; i++)
        if (!n->in[i] && (i - 2) % 3 < 2) // zero points may be absent
            nn_onnx_fail(n, NN_EFORMAT, "input %d is missing", i);
    for (int i = 0; i < count && !nn_onnx_failed(n); i++)
        in[i] = nn_onnx_dequantize(n, n->in[2 + 3 * i], n->in[3 + 3 * i], n->in[4 + 3 * i], 0);
    if (nn_onnx_failed(n))
        return;
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", 0), in[0]->shape.rank);
    const nn_onnx_value *y =
        count == 1 ? in[0] : nn_onnx_emit(n, &nn_op_concat, &(nn_concat_params){axis}, in, count);
    nn_onnx_put_quantized(n, 0, y, n->in[0], n->in[1], n->in[2]);
}

// The weights of MatMulNBits: `columns` rows of `length` numbers in blocks, each with a scale and a
// zero point. Numbers lie in bytes from their lowest bits on.
typedef struct narrow_weights {
    int64_t length, columns, block, blocks; // blocks of each row
    int bits;
    const float *bytes, *scale;
    const float *zero; // in bytes as well, or real numbers; NULL: the middle of the range
    bool real_zero;
} narrow_weights;

// Number `at` of a row of bytes.
static float narrow_number(const float *bytes, int64_t at, int bits)
{
    const int each = 8 / bits;
    const unsigned byte = (uint8_t)(int64_t)bytes[at / each];
    return (float)(byte >> (int)(at % each) * bits & ((1u << bits) - 1));
}

static float narrow_zero(const narrow_weights *w, int64_t row, int64_t block)
{
    const int64_t width = (w->blocks * w->bits + 7) / 8;
    return !w->zero       ? (float)(1 << (w->bits - 1))
           : w->real_zero ? w->zero[row * w->blocks + block]
                          : narrow_number(w->zero + row * width, block, w->bits);
}

static void widen(const narrow_weights *w, float *to)
{
    const int64_t width = w->block * w->bits / 8; // bytes of a block
    for (int64_t row = 0; row < w->columns; row++)
        for (int64_t i = 0; i < w->length; i++) {
            const int64_t block = i / w->block, at = row * w->blocks + block;
            const float q = narrow_number(w->bytes + at * width, i % w->block, w->bits);
            *to++ = (q - narrow_zero(w, row, block)) * w->scale[at];
        }
}

// A constant of `count` bytes or real numbers; NULL after a failure.
static const float *narrow_constant(nn_onnx_node *n, int i, int64_t count, bool bytes)
{
    enum { TYPE_UINT8 = 2 };
    const nn_onnx_value *v = n->in[i];
    if (!v || !v->data || nn_shape_count(&v->shape) != count || (bytes && v->type != TYPE_UINT8))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "input %d must be a constant of %lld %s", i,
                     (long long)count, bytes ? "bytes" : "numbers");
    return nn_onnx_failed(n) ? NULL : v->data;
}

static void build_narrow_matmul(nn_onnx_node *n)
{
    enum { A, B, SCALES, ZEROS, ORDER, BIAS, MOST = 1 << 24 };
    narrow_weights w = {.length = nn_onnx_int(n, "K", 0),
                        .columns = nn_onnx_int(n, "N", 0),
                        .block = nn_onnx_int(n, "block_size", 0),
                        .bits = (int)nn_onnx_int(n, "bits", 4)};
    if (w.length < 1 || w.length > MOST || w.columns < 1 || w.columns > MOST || w.block < 16 ||
        w.block > MOST || w.block % 16 || (w.bits != 2 && w.bits != 4 && w.bits != 8))
        nn_onnx_fail(n, NN_EUNSUPPORTED,
                     "%lld x %lld weights of %d bits in blocks of %lld are not supported",
                     (long long)w.columns, (long long)w.length, w.bits, (long long)w.block);
    if (nn_onnx_input(n, ORDER))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "weights in another order (g_idx) are not supported");
    if (nn_onnx_failed(n))
        return;
    w.blocks = (w.length + w.block - 1) / w.block;
    const nn_onnx_value *zero = nn_onnx_input(n, ZEROS);
    w.real_zero = zero && !zero->integer;
    w.bytes = narrow_constant(n, B, w.columns * w.blocks * (w.block * w.bits / 8), true);
    w.scale = narrow_constant(n, SCALES, w.columns * w.blocks, false);
    if (zero)
        w.zero = narrow_constant(n, ZEROS,
                                 w.columns * (w.real_zero ? w.blocks : (w.blocks * w.bits + 7) / 8),
                                 !w.real_zero);
    float *to = NULL;
    const nn_onnx_value *weight =
        nn_onnx_make(n, &(nn_shape){2, {w.columns, w.length}}, false, &to);
    if (to)
        widen(&w, to);
    const nn_onnx_value *in[] = {n->in[A], weight, nn_onnx_input(n, BIAS)};
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_linear, &(nn_linear_params){0}, in, 3));
}

const nn_onnx_op nn_onnx_microsoft_ops[] = {
    {"QLinearAdd", 2, 8, 1, build_binary, 0},
    {"QLinearMul", 2, 8, 1, build_binary, 1},
    {"QGemm", 2, 9, 1, build_gemm, 0},
    {"QLinearAveragePool", 2, 5, 1, build_average_pool, 0},
    {"QLinearGlobalAveragePool", 2, 5, 1, build_global_average_pool, 0},
    {"QLinearSigmoid", 2, 5, 1, build_sigmoid, 0},
    {"QLinearLeakyRelu", 2, 5, 1, build_leaky_relu, 0},
    {"QLinearSoftmax", 2, 5, 1, build_softmax, 0},
    {"QLinearConcat", 5, NN_ONNX_MAX_IN, 1, build_concat, 0},
    {"MatMulNBits", 3, 6, 1, build_narrow_matmul, 0},
    {0},
};
