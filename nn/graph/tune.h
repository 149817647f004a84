// SPDX-License-Identifier: MIT
// Measuring which implementation of each node is fastest on this machine, instead of estimating it.
#ifndef NN_GRAPH_TUNE_H
#define NN_GRAPH_TUNE_H

#include "nn/base/api.h"
#include "nn/graph/tuning_cache.h"

// Runs a compiled plan of the model with each implementation of every node in turn, `runs` times
// (0: 5) on made-up input, and keeps the fastest of each. `options` as for the plan that will be
// made.
NN_API nn_status nn_plan_tune(nn_tuning_cache **out, const nn_model *model, const nn_shape *inputs,
                              int n_inputs, const nn_plan_options *options, int runs,
                              nn_error *err);

#endif
