// SPDX-License-Identifier: MIT
// Models beside each other: multiply-adds of a run, and milliseconds.
#ifndef APP_BENCH_TIME_MODELS_H
#define APP_BENCH_TIME_MODELS_H

#include "nn/base/pool.h"
#include "nn/graph/model.h"

// The shape of a model's only input, one image. NN_EUNSUPPORTED: it has several.
nn_status app_model_image(const nn_model *m, nn_shape *input, nn_error *err);

double app_model_macs(const nn_model *m); // multiply-adds of a run; 0: unknown

// Milliseconds of the fastest run of each of `count` models, compiled as `run` does it. They take
// turns for about `seconds`, so that what else runs on the machine hits all alike. `pool` may be
// NULL: one thread.
nn_status app_time_models(const nn_model *const *m, int count, nn_pool *pool, double seconds,
                          double *ms, nn_error *err);

#endif
