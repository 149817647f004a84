// SPDX-License-Identifier: MIT
// ONNX as a graph format.
#include "nn/io/graph_format.h"
#include "nn/io/onnx/onnx.h"

static nn_status load(nn_model **out, const char *path, const nn_graph_load_options *o,
                      nn_error *err)
{
    static const nn_graph_load_options none = {0};
    o = o ? o : &none;
    const nn_onnx_options options = {.inputs = o->inputs,
                                     .n_inputs = o->n_inputs,
                                     .input_h = o->input_h,
                                     .input_w = o->input_w,
                                     .open_h = o->open_h,
                                     .open_w = o->open_w};
    return nn_onnx_load(out, path, &options, err);
}

const nn_graph_format nn_graph_format_onnx = {
    .name = "ONNX",
    .endings = {".onnx"},
    .probe_file = nn_onnx_probe_file,
    .load = load,
};
