// SPDX-License-Identifier: MIT
// Which layers of a quantised model run on bytes, and which are faster in float32.
#ifndef NN_GRAPH_PRECISION_H
#define NN_GRAPH_PRECISION_H

#include "nn/base/api.h"
#include "nn/graph/plan_options.h"

// Makes those layers of a quantised model float32 (unquantize.h) that take less time so, on this
// machine and at these input shapes: processors without products of bytes gain little, above all in
// layers of few channels. Estimates of both are compared, the conversions between bytes and float32
// included: a minimum cut of the graph. Nothing changes for other models, with options->exact, and
// with the pass NN_PASS_PRECISION disabled. Only the pool, kernels, exact, half and knobs of
// `options` are read.
NN_API nn_status nn_model_choose_precision(nn_model **m, const nn_shape *inputs, int n_inputs,
                                           const nn_plan_options *options, nn_error *err);

// Measures a quantised model with all layers on bytes, with all in float32 and as
// nn_model_choose_precision would have them, `runs` times each in turn (0: 7); makes *m the fastest
// and writes its word for nn_tuning_cache.precision, "" for models that are not quantised.
NN_API nn_status nn_model_tune_precision(nn_model **m, const nn_shape *inputs, int n_inputs,
                                         const nn_plan_options *options, int runs,
                                         char precision[12], nn_error *err);

#endif
