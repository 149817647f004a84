// SPDX-License-Identifier: MIT
// Shared by reading and writing the JSON text of a graph.
#ifndef NN_IO_GRAPH_JSON_INTERNAL_H
#define NN_IO_GRAPH_JSON_INTERNAL_H

#include "nn/io/json.h"

// STEP: bytes of a number in an operator's parameters.
enum { NN_GRAPH_JSON_VERSION = 1, NN_GRAPH_JSON_NAME = 511, NN_GRAPH_JSON_STEP = 4 };

extern const char *const nn_graph_json_kinds[];  // by nn_param_kind
extern const char *const nn_graph_json_floats[]; // inf, -inf, nan

// Whether a value, node or output may have this name in a file.
bool nn_graph_json_name(const char *name);

#endif
