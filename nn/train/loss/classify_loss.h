// SPDX-License-Identifier: MIT
// Losses of classifiers over soft targets: softmax with one class a picture, sigmoid with several.
#ifndef NN_TRAIN_LOSS_CLASSIFY_LOSS_H
#define NN_TRAIN_LOSS_CLASSIFY_LOSS_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct nn_classify_loss_options {
    // Softmax: part of a target that is spread over all classes (Szegedy 2016, section 7). Sigmoid:
    // twice the distance by which targets move from 0 and 1 towards one half.
    float smoothing;
    bool sigmoid; // multi-label: each class is a binary decision
    float aux;    // weight of the loss of each auxiliary output (Szegedy 2015, section 5)
} nn_classify_loss_options;

// Mean over `rows` pictures of the cross entropy between softmax(logits) and the targets, both rows
// x classes. Targets are class weights >= 0; each row is divided by its sum, and a row of zeros has
// no loss. Writes `weight` times the gradient of the logits to `grad`, and returns `weight` times
// the loss.
double nn_softmax_loss(const float *logits, const float *targets, float *grad, int rows,
                       int classes, float smoothing, double weight);

// The same with the binary cross entropies of sigmoid(logits), summed over the classes, so that the
// gradient of a class is as large as with the softmax. Targets are 0 to 1.
double nn_sigmoid_loss(const float *logits, const float *targets, float *grad, int rows,
                       int classes, float smoothing, double weight);

// Number of rows whose largest logit is at the largest target (any of equal ones).
int64_t nn_count_hits(const float *logits, const float *targets, int rows, int classes);

#endif
