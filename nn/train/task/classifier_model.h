// SPDX-License-Identifier: MIT
// Evaluators whose model is a classifier, or the features of one.
#ifndef NN_TRAIN_TASK_CLASSIFIER_MODEL_H
#define NN_TRAIN_TASK_CLASSIFIER_MODEL_H

#include "nn/eval/evaluation.h"

// As `open` of nn_evaluator: e->model becomes an nn_classifier, which owns `model`, and
// e->probabilities has room for its outputs. `features`: see nn_classifier_options.
nn_status nn_classifier_model_open(nn_evaluation *e, nn_model *model, const char *name,
                                   bool features, nn_error *err);

#endif
