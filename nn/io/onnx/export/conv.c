// SPDX-License-Identifier: MIT
// ONNX export: convolutions, dense layers and matrix products.
#include "nn/io/onnx/onnx_writer.h"

// Adds data, weight and, if there is one, the bias.
static void add_inputs(const nn_onnx_item *n)
{
    for (int i = 0; i < n->n_in && i < 3; i++)
        if (n->in[i].name[0])
            nn_onnx_add_input(n, n->in[i].name);
}

static void emit_conv2d(const nn_onnx_item *n)
{
    const nn_conv2d_params *p = n->params;
    const int64_t *kernel = &n->in[1].shape.dim[2];
    const int32_t side[2] = {(int32_t)kernel[0], (int32_t)kernel[1]};
    int32_t pad[4] = {p->pad[0], p->pad[1], p->pad[2], p->pad[3]};
    for (int i = 0; p->pad[0] == -1 && i < 4; i++) // "same"
        pad[i] = p->dilation[i % 2] * (side[i % 2] - 1) / 2;
    nn_onnx_begin(n, "Conv");
    add_inputs(n);
    nn_onnx_add_ints(n, "kernel_shape", side, 2);
    nn_onnx_add_ints(n, "strides", p->stride, 2);
    nn_onnx_add_ints(n, "dilations", p->dilation, 2);
    nn_onnx_add_ints(n, "pads", pad, 4);
    nn_onnx_add_int(n, "group", p->groups);
    if (n->n_in > 3 && n->in[3].name[0]) { // added before the activation
        const char *y = nn_onnx_end(n, NULL);
        nn_onnx_begin(n, "Add");
        nn_onnx_add_input(n, y);
        nn_onnx_add_input(n, n->in[3].name);
    }
    nn_onnx_end_last(n, p->act);
}

static void emit_conv_transpose(const nn_onnx_item *n)
{
    const nn_conv_transpose_params *p = n->params;
    const int64_t *kernel = &n->in[1].shape.dim[2];
    nn_onnx_begin(n, "ConvTranspose");
    add_inputs(n);
    nn_onnx_add_ints(n, "kernel_shape", (int32_t[]){(int32_t)kernel[0], (int32_t)kernel[1]}, 2);
    nn_onnx_add_ints(n, "strides", p->stride, 2);
    nn_onnx_add_ints(n, "dilations", p->dilation, 2);
    nn_onnx_add_ints(n, "pads", p->pad, 4);
    nn_onnx_add_ints(n, "output_padding", p->output_pad, 2);
    nn_onnx_add_int(n, "group", p->groups);
    nn_onnx_end(n, n->out->name);
}

// Gemm needs a matrix: leading axes are merged before and split behind.
static void emit_linear(const nn_onnx_item *n)
{
    const nn_linear_params *p = n->params;
    const int rank = n->out->shape.rank;
    nn_onnx_operand rows = n->in[0], result = *n->out;
    const char *x = n->in[0].name;
    if (rank != 2) {
        const int64_t count = nn_shape_span(&rows.shape, 0, rank - 1);
        rows.shape = nn_shape_2d(count, n->in[0].shape.dim[rank - 1]);
        result.shape = nn_shape_2d(count, n->out->shape.dim[rank - 1]);
        rows.open = result.open = n->in[0].open ? 1 : 0;
        x = nn_onnx_put_reshape(n, x, &n->in[0], &rows, NULL);
    }
    nn_onnx_begin(n, "Gemm");
    nn_onnx_add_input(n, x);
    for (int i = 1; i < n->n_in; i++)
        if (n->in[i].name[0])
            nn_onnx_add_input(n, n->in[i].name);
    nn_onnx_add_int(n, "transB", 1);
    if (rank == 2) {
        nn_onnx_end_last(n, p->act);
        return;
    }
    const char *y = nn_onnx_end(n, NULL);
    if (p->act != NN_ACT_NONE)
        y = nn_onnx_put_act(n, y, (nn_act)p->act, NULL);
    nn_onnx_put_reshape(n, y, &result, n->out, n->out->name);
}

// `x`, with its last two axes swapped if requested.
static const char *put_swapped(const nn_onnx_item *n, const nn_onnx_operand *x, bool wanted)
{
    int32_t perm[NN_MAX_RANK];
    const int rank = x->shape.rank;
    if (!wanted)
        return x->name;
    for (int i = 0; i < rank; i++)
        perm[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
    return nn_onnx_put_transpose(n, x->name, perm, rank, NULL);
}

static void emit_matmul(const nn_onnx_item *n)
{
    const nn_matmul_params *p = n->params;
    const char *a = put_swapped(n, &n->in[0], p->trans_a), *last = n->out->name;
    const char *b = put_swapped(n, &n->in[1], p->trans_b);
    const char *y = nn_onnx_put2(n, "MatMul", a, b, p->alpha == 1 ? last : NULL);
    if (p->alpha != 1)
        nn_onnx_put2(n, "Mul", y, nn_onnx_put_scalar(n, p->alpha), last);
}

const nn_onnx_emitter nn_onnx_emit_conv[] = {
    {&nn_op_conv2d, emit_conv2d},
    {&nn_op_conv_transpose, emit_conv_transpose},
    {&nn_op_linear, emit_linear},
    {&nn_op_matmul, emit_matmul},
    {0},
};
