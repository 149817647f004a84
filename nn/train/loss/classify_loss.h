// SPDX-License-Identifier: MIT
// Losses of classifiers over soft targets: softmax with one class a picture, sigmoid with several.
#ifndef NN_TRAIN_LOSS_CLASSIFY_LOSS_H
#define NN_TRAIN_LOSS_CLASSIFY_LOSS_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct nn_classify_loss_options {
    // Part of a target that is spread over all classes (Szegedy 2016, section 7); of a sigmoid's:
    // how far it is drawn from 0 or 1 towards one half, twice.
    float smoothing;
    bool sigmoid; // pictures may show several classes: each is a question of its own
    float aux;    // weight of each auxiliary output's loss (Szegedy 2015, section 5)
} nn_classify_loss_options;

// Mean over `rows` pictures of the cross entropy between softmax(logits) and the targets, both
// rows x classes. Targets are weights of classes, 0 or more, that add up to 1 a row; a row that
// adds up to s is divided by s, and one of zeros has no loss. Writes `weight` times the gradient
// with respect to the logits to `grad` and returns `weight` times the loss.
double nn_softmax_loss(const float *logits, const float *targets, float *grad, int rows,
                       int classes, float smoothing, double weight);

// The same with the binary cross entropies of sigmoid(logits), summed over the classes, so that a
// class gets as large a gradient as from the softmax. Targets are 0 to 1.
double nn_sigmoid_loss(const float *logits, const float *targets, float *grad, int rows,
                       int classes, float smoothing, double weight);

// Rows whose largest logit is at the largest target (with equal ones: at any of them).
int64_t nn_count_hits(const float *logits, const float *targets, int rows, int classes);

#endif
