// SPDX-License-Identifier: MIT
// What of a model is quantised: read from the nodes quantize_linear and dequantize_linear.
#include "nn/graph/quantized.h"

#include "nn/ops/ops.h"

#include <math.h>

enum { X, ZERO = 2 }; // inputs of both operators

static bool is_quantizer(const nn_op *op)
{
    return op == &nn_op_quantize_linear || op == &nn_op_dequantize_linear;
}

// The type as which all nodes read value v; -1: none does, or they differ, or one reads it as a
// real number.
static int type_read(const nn_graph *g, nn_value v)
{
    int type = -1;
    for (int i = 0; i < nn_graph_output_count(g); i++)
        if (nn_graph_output_at(g, i) == v)
            return -1;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++) {
            if (node.in[k] != v)
                continue;
            const bool whole = k == ZERO || (k == X && node.op == &nn_op_dequantize_linear);
            if (!is_quantizer(node.op) || !whole)
                return -1;
            const int32_t t = ((const nn_quantize_params *)node.params)->type;
            if (type >= 0 && type != t)
                return -1;
            type = t;
        }
    }
    return type;
}

nn_dtype nn_quantized_param_dtype(const nn_model *m, int i)
{
    const int type = type_read(m->graph, nn_graph_param_at(m->graph, i));
    if (type < 0)
        return NN_F32;
    const float *x = nn_tensor_f32(&m->params[i]);
    const float low = nn_quantized_low(type), high = nn_quantized_high(type);
    const int64_t count = nn_shape_count(&m->params[i].shape);
    for (int64_t k = 0; k < count; k++)
        if (!(x[k] >= low && x[k] <= high) || x[k] != rintf(x[k]))
            return NN_F32;
    return nn_quantized_dtype(type);
}

// The type that a value has behind a dequantize_linear; -1: it is a real number.
static int type_of(const nn_graph *g, nn_value v)
{
    const nn_value_info info = nn_graph_value(g, v);
    if (info.kind != NN_VALUE_NODE)
        return -1;
    const nn_node_info node = nn_graph_node_at(g, info.index);
    return node.op == &nn_op_dequantize_linear ? ((const nn_quantize_params *)node.params)->type
                                               : -1;
}

const char *nn_node_precision(const nn_graph *g, int i)
{
    static const char *const layers[2][2] = {{"u8 x u8", "u8 x s8"}, {"s8 x u8", "s8 x s8"}};
    enum { WEIGHT = 1 };
    const nn_node_info node = nn_graph_node_at(g, i);
    int type = -1;
    if (node.op == &nn_op_conv2d || node.op == &nn_op_linear) {
        const int data = type_of(g, node.in[X]), weight = type_of(g, node.in[WEIGHT]);
        return data >= 0 && weight >= 0 ? layers[data][weight] : "float32";
    }
    for (int k = 0; k < node.n_in && !is_quantizer(node.op); k++) {
        const bool read = node.in[k] >= 0 && !(k < 64 && node.op->shape_only >> k & 1);
        if (!read || nn_graph_value(g, node.in[k]).kind == NN_VALUE_PARAM)
            continue;
        const int t = type_of(g, node.in[k]);
        if (t < 0 || (type >= 0 && t != type))
            return "float32";
        type = t;
    }
    return type >= 0 ? nn_quantized_type_names[type] : "float32";
}

bool nn_quantized_zero(const nn_tensor *zeros, float *zero)
{
    const int64_t count = zeros ? nn_shape_count(&zeros->shape) : 0;
    *zero = count > 0 ? nn_tensor_f32(zeros)[0] : 0;
    for (int64_t i = 1; i < count; i++)
        if (nn_tensor_f32(zeros)[i] != *zero)
            return false;
    return true;
}

bool nn_node_is_quantizer(const nn_graph *g, int node)
{
    return is_quantizer(nn_graph_node_at(g, node).op);
}

bool nn_graph_is_quantized(const nn_graph *g)
{
    for (int i = 0; i < nn_graph_node_count(g); i++)
        if (nn_graph_node_at(g, i).op == &nn_op_dequantize_linear)
            return true;
    return false;
}
