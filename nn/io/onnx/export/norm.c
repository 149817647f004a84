// SPDX-License-Identifier: MIT
// ONNX export: normalisations and softmax.
#include "nn/io/onnx/onnx_writer.h"

static void emit_batch_norm(const nn_onnx_item *n)
{
    const nn_batch_norm_params *p = n->params;
    nn_onnx_begin(n, "BatchNormalization");
    for (int i = 0; i < n->n_in; i++)
        nn_onnx_add_input(n, n->in[i].name);
    nn_onnx_add_float(n, "epsilon", p->eps);
    nn_onnx_add_float(n, "momentum", 1 - p->momentum);
    nn_onnx_end_last(n, p->act);
}

// Only opset 17 has an operator; older runtimes know these steps and newer ones fuse them.
static void emit_layer_norm(const nn_onnx_item *n)
{
    const nn_layer_norm_params *p = n->params;
    const bool bias = n->n_in > 2 && n->in[2].name[0];
    const int32_t axis = -1;
    nn_onnx_begin(n, "ReduceMean");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_ints(n, "axes", &axis, 1);
    const char *mean = nn_onnx_end(n, NULL), *two = nn_onnx_put_scalar(n, 2);
    const char *eps = nn_onnx_put_scalar(n, p->eps);
    const char *centred = nn_onnx_put2(n, "Sub", n->in[0].name, mean, NULL);
    const char *square = nn_onnx_put2(n, "Pow", centred, two, NULL);
    nn_onnx_begin(n, "ReduceMean");
    nn_onnx_add_input(n, square);
    nn_onnx_add_ints(n, "axes", &axis, 1);
    const char *variance = nn_onnx_put2(n, "Add", nn_onnx_end(n, NULL), eps, NULL);
    const char *deviation = nn_onnx_put1(n, "Sqrt", variance, NULL);
    const char *y = nn_onnx_put2(n, "Div", centred, deviation, NULL);
    y = nn_onnx_put2(n, "Mul", y, n->in[1].name, bias ? NULL : n->out->name);
    if (bias)
        nn_onnx_put2(n, "Add", y, n->in[2].name, n->out->name);
}

// x (k + alpha mean of x^2)^-beta, with the mean along the channels by a pool: LRN has only odd
// windows.
static void emit_even_window(const nn_onnx_item *n, const nn_lrn_params *p)
{
    const int before = p->size / 2, after = p->size - 1 - before;
    const nn_shape *s = &n->out->shape;
    nn_onnx_operand plane = *n->out;
    plane.shape = nn_shape_4d(s->dim[0], 1, s->dim[1], nn_shape_span(s, 2, s->rank));
    const char *x = n->in[0].name, *alpha = nn_onnx_put_scalar(n, p->alpha);
    const char *k = nn_onnx_put_scalar(n, p->k), *power = nn_onnx_put_scalar(n, -p->beta);
    const char *y = nn_onnx_put2(n, "Mul", x, x, NULL);
    y = nn_onnx_put_reshape(n, y, &n->in[0], &plane, NULL);
    nn_onnx_begin(n, "AveragePool");
    nn_onnx_add_input(n, y);
    nn_onnx_add_ints(n, "kernel_shape", (int32_t[]){p->size, 1}, 2);
    nn_onnx_add_ints(n, "pads", (int32_t[]){before, 0, after, 0}, 4);
    nn_onnx_add_int(n, "count_include_pad", 1);
    y = nn_onnx_put_reshape(n, nn_onnx_end(n, NULL), &plane, n->out, NULL);
    y = nn_onnx_put2(n, "Add", nn_onnx_put2(n, "Mul", y, alpha, NULL), k, NULL);
    nn_onnx_put2(n, "Mul", x, nn_onnx_put2(n, "Pow", y, power, NULL), n->out->name);
}

static void emit_local_response_norm(const nn_onnx_item *n)
{
    const nn_lrn_params *p = n->params;
    if (p->size % 2 == 0) {
        emit_even_window(n, p);
        return;
    }
    nn_onnx_begin(n, "LRN");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_int(n, "size", p->size);
    nn_onnx_add_float(n, "alpha", p->alpha);
    nn_onnx_add_float(n, "beta", p->beta);
    nn_onnx_add_float(n, "bias", p->k);
    nn_onnx_end(n, n->out->name);
}

static void emit_softmax(const nn_onnx_item *n)
{
    nn_onnx_begin(n, "Softmax");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_int(n, "axis", ((const nn_softmax_params *)n->params)->axis);
    nn_onnx_end(n, n->out->name);
}

const nn_onnx_emitter nn_onnx_emit_norm[] = {
    {&nn_op_batch_norm, emit_batch_norm},
    {&nn_op_layer_norm, emit_layer_norm},
    {&nn_op_local_response_norm, emit_local_response_norm},
    {&nn_op_softmax, emit_softmax},
    {0},
};
