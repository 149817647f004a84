// SPDX-License-Identifier: MIT
// Scores and boxes of heads with an objectness: YOLOX's and FastestDet's own.
#ifndef NN_TRAIN_LOSS_DETECT_FORM_H
#define NN_TRAIN_LOSS_DETECT_FORM_H

#include "nn/train/loss/detect_loss.h"

// The score of class c at point i (row by row) of picture n, for any form.
double nn_detect_score(const nn_detect_level *v, int classes, int n, int c, int64_t i);
// The same for all classes.
void nn_detect_scores(const nn_detect_level *v, int classes, int n, int64_t i, double *s);
// Adds the gradients through the scores s of a point: slope[c] is the derivative of the loss by the
// logit of score c, d loss / d s[c] * s[c] (1 - s[c]).
void nn_detect_add_slopes(const nn_detect_level *v, int classes, int n, int64_t i, const double *s,
                          const double *slope);

// The box of a point of a level with an objectness, in input pixels; and the gradients of its four
// numbers from slopes by its corners.
void nn_detect_form_box(const nn_detect_level *v, int n, int64_t i, double box[4]);
void nn_detect_form_box_grad(const nn_detect_level *v, int n, int64_t i, const double slope[4]);

#endif
