// SPDX-License-Identifier: MIT
// The probability of every class for the picture that was seen.
#ifndef NN_EXPLAIN_CLASS_SCORES_H
#define NN_EXPLAIN_CLASS_SCORES_H

#include "nn/explain/explain.h"

// Number of classes; 0 when the head of the model is not known.
int nn_explainer_classes(const nn_explainer *e);
// Writes nn_explainer_classes() numbers: probabilities of a classifier, of a detector the score of
// the best box of each class (0: none above the threshold), of a segmentation model the part of the
// picture that has the class.
void nn_explainer_class_scores(const nn_explainer *e, float *scores);

#endif
