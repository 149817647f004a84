// SPDX-License-Identifier: MIT
// ONNX export: normalisations and softmax.
#include "nn/io/onnx_writer.h"

static void emit_batch_norm(const nn_onnx_item *n)
{
    const nn_batch_norm_params *p = n->params;
    nn_onnx_begin(n, "BatchNormalization");
    for (int i = 0; i < n->n_in; i++)
        nn_onnx_add_input(n, n->in[i].name);
    nn_onnx_add_float(n, "epsilon", p->eps);
    nn_onnx_add_float(n, "momentum", 1 - p->momentum);
    nn_onnx_end(n, n->out->name);
}

// Opset 17 has an operator; these steps are what older runtimes know and newer ones fuse.
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

// The channels in reverse order.
static const char *put_reversed(const nn_onnx_item *n, const char *x, const char *out)
{
    const char *first = nn_onnx_put_ints(n, (const int64_t[]){-1}, 1);
    const char *last = nn_onnx_put_ints(n, (const int64_t[]){INT64_MIN + 1}, 1);
    const char *axis = nn_onnx_put_ints(n, (const int64_t[]){1}, 1);
    nn_onnx_begin(n, "Slice");
    nn_onnx_add_input(n, x);
    nn_onnx_add_input(n, first);
    nn_onnx_add_input(n, last);
    nn_onnx_add_input(n, axis);
    nn_onnx_add_input(n, first);
    return nn_onnx_end(n, out);
}

// Of an even window ONNX takes the extra channel behind, we before.
static void emit_local_response_norm(const nn_onnx_item *n)
{
    const nn_lrn_params *p = n->params;
    const bool even = p->size % 2 == 0;
    const char *x = even ? put_reversed(n, n->in[0].name, NULL) : n->in[0].name;
    nn_onnx_begin(n, "LRN");
    nn_onnx_add_input(n, x);
    nn_onnx_add_int(n, "size", p->size);
    nn_onnx_add_float(n, "alpha", p->alpha);
    nn_onnx_add_float(n, "beta", p->beta);
    nn_onnx_add_float(n, "bias", p->k);
    const char *y = nn_onnx_end(n, even ? NULL : n->out->name);
    if (even)
        put_reversed(n, y, n->out->name);
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
