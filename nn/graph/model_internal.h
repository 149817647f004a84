// SPDX-License-Identifier: MIT
// Makes a model around parameters that exist already.
#ifndef NN_GRAPH_MODEL_INTERNAL_H
#define NN_GRAPH_MODEL_INTERNAL_H

#include "nn/graph/model.h"

// As nn_model_new, but a parameter i with from[i] >= 0 gets no data: the caller moves a tensor in.
nn_status nn_model_new_part(nn_model **out, nn_graph *graph, const int *from, nn_error *err);

// Copies what binds `from`, which has the same inputs and outputs: its fixed input shapes and its
// tail, if it has any.
nn_status nn_model_copy_bounds(nn_model *to, const nn_model *from, nn_error *err);

#endif
