// SPDX-License-Identifier: MIT
// Optimisers over the parameters of a model, and averaged weights.
#ifndef NN_TRAIN_OPTIMISER_H
#define NN_TRAIN_OPTIMISER_H

#include "nn/base/api.h"
#include "nn/graph/plan.h"

typedef enum nn_optimiser_kind {
    NN_OPTIMISER_ADAMW,    // Loshchilov, Hutter 2019
    NN_OPTIMISER_SGD,      // with momentum
    NN_OPTIMISER_NESTEROV, // Sutskever 2013
    NN_OPTIMISER_ADAM,     // Kingma, Ba 2015: weight decay is part of the gradient
} nn_optimiser_kind;

typedef struct nn_optimiser_options {
    nn_optimiser_kind kind;
    float beta1, beta2, eps; // Adam, AdamW
    float momentum;          // SGD
    float decay;             // weight decay, not of biases, norm scales and elastic matrices
    float clip;              // largest norm of the whole gradient; <= 0: no limit
    // Factor on each parameter's learning rate; NULL: all 1. 0 freezes a parameter. Borrowed while
    // the optimiser lives.
    const float *rates;
} nn_optimiser_options;

// Fills in the defaults of AdamW.
NN_API void nn_optimiser_defaults(nn_optimiser_options *o);

typedef struct nn_optimiser {
    nn_optimiser_options options;
    nn_model *model; // borrowed
    nn_pool *pool;   // borrowed; may be set after init, or stay NULL. Results do not depend on it
    // owned, one for each parameter: momentum or first moment; data NULL for buffers and frozen
    // parameters
    nn_tensor *first;
    nn_tensor *second; // owned: second moment (Adam, AdamW)
    double *sums;      // owned: partial sums of a gradient's norm
    int64_t steps;     // steps taken
} nn_optimiser;

// NN_ENOMEM. `model` and the pointers in the options are borrowed. A zeroed optimiser may be
// released, too.
NN_API nn_status nn_optimiser_init(nn_optimiser *o, nn_model *model,
                                   const nn_optimiser_options *options, nn_error *err);
NN_API void nn_optimiser_release(nn_optimiser *o);

// Takes a step with the gradients of `plan`. Returns the norm of the gradient before clipping; when
// it is not finite, nothing changes.
NN_API double nn_optimiser_step(nn_optimiser *o, const nn_plan *plan, float rate,
                                const nn_kernels *k);

// Moves `average` (same graph, buffers included) towards `model`: average = d average + (1 - d)
// model with d = min(decay, (1 + step) / (10 + step)), so that the start is forgotten quickly.
// Parameters with a rate of 0 in `rates` (NULL: none) stay, and constants stay what they are, bit
// by bit.
void nn_average_step(nn_model *average, const nn_model *model, const float *rates, float decay,
                     int64_t step, const nn_kernels *k);

#endif
