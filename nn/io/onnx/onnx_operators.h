// SPDX-License-Identifier: MIT
// Lists the operators of an ONNX file.
#ifndef NN_IO_ONNX_ONNX_OPERATORS_H
#define NN_IO_ONNX_ONNX_OPERATORS_H

#include "nn/io/graph_format.h"

// nn_graph_format.operators: those of the graph, its subgraphs and functions.
nn_status nn_onnx_operators(nn_graph_operator **out, int *count, const char *path, nn_error *err);

#endif
