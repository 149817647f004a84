// SPDX-License-Identifier: MIT
// Scores a model and its quantised form on the same pictures, one after the other.
#ifndef APP_QUANTIZE_SCORE_H
#define APP_QUANTIZE_SCORE_H

#include "app/quantize/pictures.h"
#include "nn/eval/evaluation.h"

typedef struct quantize_score {
    const nn_evaluator *task;
    bool agreement;         // the truth is what the float32 model says
    nn_score exact, narrow; // of the float32 and of the quantised model
} quantize_score;

// `exact` and `narrow` are model files, or names of installed models.
nn_status quantize_score_find(quantize_score *s, const char *exact, const char *narrow,
                              const nn_evaluation_options *options, quantize_pictures *p,
                              nn_error *err);

// How much the first score fell; above 0 is worse.
double quantize_score_loss(const quantize_score *s);

#endif
