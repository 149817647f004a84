// SPDX-License-Identifier: MIT
// ONNX export: pools and reductions.
#include "nn/io/onnx/onnx_writer.h"

// The rule of ceil_mode differs between ONNX, PyTorch and runtimes, so the excess is written as
// padding at the end.
static void find_pads(const nn_onnx_item *n, const nn_pool2d_params *p, int32_t pad[4])
{
    for (int i = 0; i < 2; i++) {
        const int64_t in = n->in[0].shape.dim[2 + i], out = n->out->shape.dim[2 + i];
        const int64_t need = (out - 1) * p->stride[i] + p->kernel[i] - in - p->pad[i];
        pad[i] = p->pad[i];
        pad[2 + i] = need > p->pad[2 + i] ? (int32_t)need : p->pad[2 + i];
    }
}

static void put_pool(const nn_onnx_item *n, const char *op, const char *x,
                     const nn_pool2d_params *p, const int32_t pad[4])
{
    nn_onnx_begin(n, op);
    nn_onnx_add_input(n, x);
    nn_onnx_add_ints(n, "kernel_shape", p->kernel, 2);
    nn_onnx_add_ints(n, "strides", p->stride, 2);
    nn_onnx_add_ints(n, "pads", pad, 4);
}

static void emit_max_pool(const nn_onnx_item *n)
{
    const nn_pool2d_params *p = n->params;
    int32_t pad[4];
    find_pads(n, p, pad);
    put_pool(n, "MaxPool", n->in[0].name, p, pad);
    nn_onnx_end(n, n->out->name);
}

// Padding that counts is written as zero pixels: the excess beyond it does not count, and some
// runtimes (OpenCV) ignore count_include_pad.
static const char *put_zeros(const nn_onnx_item *n, int32_t pad[4])
{
    const int64_t pads[8] = {0, 0, pad[0], pad[1], 0, 0, pad[2], pad[3]};
    const char *counts = nn_onnx_put_ints(n, pads, 8), *zero = nn_onnx_put_scalar(n, 0);
    nn_onnx_begin(n, "Pad");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, counts);
    nn_onnx_add_input(n, zero);
    return nn_onnx_end(n, NULL);
}

static void emit_avg_pool(const nn_onnx_item *n)
{
    const nn_pool2d_params *p = n->params;
    const char *x = n->in[0].name;
    int32_t pad[4], own[4] = {p->pad[0], p->pad[1], p->pad[2], p->pad[3]};
    find_pads(n, p, pad);
    if (p->count_include_pad && (own[0] || own[1] || own[2] || own[3])) {
        x = put_zeros(n, own);
        for (int i = 0; i < 4; i++)
            pad[i] -= own[i];
    }
    put_pool(n, "AveragePool", x, p, pad);
    nn_onnx_end(n, n->out->name);
}

// Row i of the matrix has the weights of output i along an axis of `in`; transposed on request.
static const char *put_windows(const nn_onnx_item *n, int64_t in, int64_t out, bool transposed)
{
    const nn_shape shape = transposed ? nn_shape_2d(in, out) : nn_shape_2d(out, in);
    float *weight;
    const char *name = nn_onnx_make_floats(n, &shape, &weight);
    for (int64_t i = 0; weight && i < out; i++) {
        const int64_t from = i * in / out, to = ((i + 1) * in + out - 1) / out;
        for (int64_t k = from; k < to; k++)
            weight[transposed ? k * out + i : i * in + k] = 1.0f / (float)(to - from);
    }
    return name;
}

// Equal windows are an AveragePool; others are a product with a matrix for each axis.
static void emit_adaptive_avg_pool(const nn_onnx_item *n)
{
    const int64_t *in = &n->in[0].shape.dim[2], *out = &n->out->shape.dim[2];
    const char *x = n->in[0].name, *last = n->out->name;
    if (in[0] == out[0] && in[1] == out[1]) {
        nn_onnx_put_same(n);
    } else if (out[0] == 1 && out[1] == 1) {
        nn_onnx_put1(n, "GlobalAveragePool", x, last);
    } else if (in[0] % out[0] == 0 && in[1] % out[1] == 0) {
        nn_pool2d_params p = {.kernel = {(int32_t)(in[0] / out[0]), (int32_t)(in[1] / out[1])}};
        p.stride[0] = p.kernel[0];
        p.stride[1] = p.kernel[1];
        put_pool(n, "AveragePool", x, &p, p.pad);
        nn_onnx_end(n, last);
    } else {
        const char *columns = put_windows(n, in[1], out[1], true);
        const char *rows = put_windows(n, in[0], out[0], false);
        nn_onnx_put2(n, "MatMul", rows, nn_onnx_put2(n, "MatMul", x, columns, NULL), last);
    }
}

// Pools over the whole image, which every runtime has fast.
static void emit_global(const nn_onnx_item *n, bool max, bool keep_dims)
{
    const char *y = nn_onnx_put1(n, max ? "GlobalMaxPool" : "GlobalAveragePool", n->in[0].name,
                                 keep_dims ? n->out->name : NULL);
    if (!keep_dims)
        nn_onnx_put1(n, "Flatten", y, n->out->name);
}

static void emit_reduce(const nn_onnx_item *n)
{
    static const char *const ops[] = {"ReduceMean", "ReduceMax", "ReduceSum"};
    const nn_reduce_params *p = n->params;
    const bool sum = p->kind == NN_REDUCE_SUM;
    int32_t axes[NN_MAX_RANK];
    int64_t list[NN_MAX_RANK];
    int count = 0;
    if (n->in[0].shape.rank == 4 && p->axes == (1 << 2 | 1 << 3) && !sum) {
        emit_global(n, p->kind == NN_REDUCE_MAX, p->keep_dims);
        return;
    }
    for (int i = 0; i < n->in[0].shape.rank; i++)
        if (p->axes >> i & 1) {
            axes[count] = i;
            list[count++] = i;
        }
    const char *input = sum ? nn_onnx_put_ints(n, list, count) : NULL;
    nn_onnx_begin(n, ops[p->kind]);
    nn_onnx_add_input(n, n->in[0].name);
    if (sum) // an input in this opset
        nn_onnx_add_input(n, input);
    else
        nn_onnx_add_ints(n, "axes", axes, count);
    nn_onnx_add_int(n, "keepdims", p->keep_dims != 0);
    nn_onnx_end(n, n->out->name);
}

const nn_onnx_emitter nn_onnx_emit_pool[] = {
    {&nn_op_max_pool, emit_max_pool},
    {&nn_op_avg_pool, emit_avg_pool},
    {&nn_op_adaptive_avg_pool, emit_adaptive_avg_pool},
    {&nn_op_reduce, emit_reduce},
    {0},
};
