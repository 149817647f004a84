// SPDX-License-Identifier: MIT
// A float32 model whose outputs its 8-bit form is to have, too (Polino 2018, Model compression via
// distillation and quantization).
#ifndef NN_TRAIN_EXACT_OUTPUTS_H
#define NN_TRAIN_EXACT_OUTPUTS_H

#include "nn/graph/plan.h"

typedef struct nn_exact_outputs nn_exact_outputs;

// The float32 model at work beside a training plan, whose outputs are of the same shapes in the
// same order. Both outlive it.
nn_status nn_exact_outputs_new(nn_exact_outputs **out, const nn_model *exact, const nn_plan *plan,
                               nn_pool *pool, nn_error *err);
void nn_exact_outputs_free(nn_exact_outputs *e); // NULL is a no-op

// After a run of the plan on `planes`: the squared distance of the outputs in parts of their square
// in float32, the mean over the outputs; adds `scale` times its gradients at the outputs.
double nn_exact_outputs_learn(nn_exact_outputs *e, const float *planes, double scale);

#endif
