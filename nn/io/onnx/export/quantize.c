// SPDX-License-Identifier: MIT
// ONNX export: QuantizeLinear and DequantizeLinear, whose whole numbers are uint8 and int8 there.
#include "nn/io/onnx/onnx_writer_internal.h"

enum { X, SCALE, ZERO }; // inputs
enum { TYPE_FLOAT = 1, TYPE_UINT8 = 2, TYPE_INT8 = 3 };

static int onnx_type(const nn_onnx_item *n)
{
    const nn_quantize_params *p = n->params;
    return p->type == NN_QUANTIZED_U8 ? TYPE_UINT8 : TYPE_INT8;
}

// Whether the result of a quantize_linear is written as whole numbers: all that read it are
// dequantize_linear of its type. Others get float32.
static bool is_whole(const nn_graph *g, nn_value v)
{
    const nn_value_info info = nn_graph_value(g, v);
    if (info.kind != NN_VALUE_NODE)
        return false;
    const nn_node_info made = nn_graph_node_at(g, info.index);
    if (made.op != &nn_op_quantize_linear)
        return false;
    for (int i = 0; i < nn_graph_output_count(g); i++)
        if (nn_graph_output_at(g, i) == v)
            return false;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] == v && (k != X || node.op != &nn_op_dequantize_linear ||
                                    ((const nn_quantize_params *)node.params)->type !=
                                        ((const nn_quantize_params *)made.params)->type))
                return false;
    }
    return true;
}

// Input i as whole numbers of the node's type.
static const char *whole_input(const nn_onnx_item *n, int i)
{
    const nn_quantize_params *p = n->params;
    const nn_onnx_operand *v = &n->in[i];
    if (v->data ? v->stored == nn_quantized_dtype(p->type)
                : is_whole(n->writer->graph, n->writer->inputs[i]))
        return v->name;
    return nn_onnx_put_cast(n, v->name, onnx_type(n), NULL);
}

// The zero point also tells the type; without one that is uint8.
static const char *zero_point(const nn_onnx_item *n)
{
    const nn_quantize_params *p = n->params;
    void *data;
    if (n->n_in > ZERO && n->in[ZERO].name[0])
        return whole_input(n, ZERO);
    return nn_onnx_make_constant(n, nn_quantized_dtype(p->type), &n->in[SCALE].shape, &data);
}

static void put(const nn_onnx_item *n, const char *op, const char *x, const char *out)
{
    const nn_quantize_params *p = n->params;
    const char *zero = zero_point(n);
    nn_onnx_begin(n, op);
    nn_onnx_add_input(n, x);
    nn_onnx_add_input(n, n->in[SCALE].name);
    nn_onnx_add_input(n, zero);
    if (nn_shape_count(&n->in[SCALE].shape) > 1)
        nn_onnx_add_int(n, "axis", p->axis);
    nn_onnx_end(n, out);
}

static void emit_quantize(const nn_onnx_item *n)
{
    const nn_value v = (nn_value)(n->out - n->writer->values);
    if (is_whole(n->writer->graph, v)) {
        put(n, "QuantizeLinear", n->in[X].name, n->out->name);
        return;
    }
    const char *whole = nn_onnx_writer_new_name(n->writer, n->name);
    put(n, "QuantizeLinear", n->in[X].name, whole);
    nn_onnx_put_cast(n, whole, TYPE_FLOAT, n->out->name);
}

static void emit_dequantize(const nn_onnx_item *n)
{
    put(n, "DequantizeLinear", whole_input(n, X), n->out->name);
}

const nn_onnx_emitter nn_onnx_emit_quantize[] = {
    {&nn_op_quantize_linear, emit_quantize},
    {&nn_op_dequantize_linear, emit_dequantize},
    {0},
};
