// SPDX-License-Identifier: MIT
// The outputs of a detection head as levels of its loss.
#ifndef NN_TRAIN_LOSS_DETECT_OUTPUTS_H
#define NN_TRAIN_LOSS_DETECT_OUTPUTS_H

#include "nn/graph/model.h"
#include "nn/graph/plan.h"
#include "nn/train/loss/detect_loss.h"

typedef struct nn_detect_outputs {
    nn_detect_level levels[NN_DETECT_MAX_LEVELS];
    int count, batch, classes;
    float
        *spare[4 * NN_DETECT_MAX_LEVELS + 1]; // owned: gradients of outputs of which nothing learns
    int spare_count;
} nn_detect_outputs;

// Finds the outputs "cls8" with "box8" (logarithms of distances) or "dist8" (distributions),
// "cls16", ... and what else our own heads say of a level, of a training plan of `model` for
// batches of `batch` pictures. Release *s in any case. NN_EUNSUPPORTED: there are none. The plan
// outlives *s.
nn_status nn_detect_outputs_find(nn_detect_outputs *s, const nn_plan *plan, const nn_model *model,
                                 int batch, nn_error *err);
// Where the gradient of an output of the plan goes; NULL when memory is short.
float *nn_detect_outputs_gradient(nn_detect_outputs *s, const nn_plan *plan, int output);
void nn_detect_outputs_release(nn_detect_outputs *s);
// Multiplies the gradients of all outputs by `scale`.
void nn_detect_outputs_scale(const nn_detect_outputs *s, float scale);

#endif
