// SPDX-License-Identifier: MIT
// Shared by training and evaluation: scores for the caller, the number of threads.
#ifndef NN_API_SCORES_H
#define NN_API_SCORES_H

#include "nn/api/train.h"
#include "nn/eval/evaluation.h"

void nn_scores_set(nn_scores *out, const nn_evaluator *task, const nn_score *s);

int nn_all_threads(void); // one for each core
nn_status nn_check_threads(int threads, nn_error *err);

#endif
