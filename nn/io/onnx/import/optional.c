// SPDX-License-Identifier: MIT
// ONNX: optionals, of which it is known while a model is read whether they have an element.
#include "nn/io/onnx/onnx_import.h"

static void build_optional(nn_onnx_node *n)
{
    nn_onnx_output(n, 0, n->n_in > 0 && n->in[0] ? n->in[0] : nn_onnx_nothing(n));
}

static void build_has_element(nn_onnx_node *n)
{
    const float has = n->n_in > 0 && n->in[0] && !n->in[0]->nothing;
    nn_onnx_output(n, 0, nn_onnx_constant(n, &(nn_shape){0}, &has, true));
}

static void build_get_element(nn_onnx_node *n)
{
    if (n->in[0]->nothing)
        nn_onnx_fail(n, NN_EFORMAT, "the optional has no element");
    else
        nn_onnx_output(n, 0, n->in[0]);
}

const nn_onnx_op nn_onnx_optional[] = {
    {"Optional", 0, 1, 1, build_optional, NN_ONNX_SEQUENCES},
    {"OptionalHasElement", 0, 1, 1, build_has_element, NN_ONNX_SEQUENCES},
    {"OptionalGetElement", 1, 1, 1, build_get_element, NN_ONNX_SEQUENCES},
    {0},
};
