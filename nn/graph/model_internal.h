// SPDX-License-Identifier: MIT
// Making a model around parameters that exist already.
#ifndef NN_GRAPH_MODEL_INTERNAL_H
#define NN_GRAPH_MODEL_INTERNAL_H

#include "nn/graph/model.h"

// As nn_model_new, but parameters whose from[i] is not negative get no data yet: the caller moves
// some in.
nn_status nn_model_new_part(nn_model **out, nn_graph *graph, const int *from, nn_error *err);

// The input shapes that `from`, of the same inputs, is bound to, if it is.
nn_status nn_model_copy_fixed_inputs(nn_model *to, const nn_model *from, nn_error *err);

#endif
