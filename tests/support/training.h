// SPDX-License-Identifier: MIT
// Small trainings in memory. The test fails where one cannot be made.
#ifndef TESTS_SUPPORT_TRAINING_H
#define TESTS_SUPPORT_TRAINING_H

#include "nn/train/trainer.h"

// A network with these labels and first parameters for a training on `d`. The card is released.
nn_model *training_model(nn_card *card, const char *const *labels, int count, const nn_dataset *d);
// A small detector of "lying" and "standing" at side x side for a training on `d`, whose boxes are
// those of training_boxes.
nn_model *training_detector(int side, const nn_dataset *d);
// Batches of 8 at `side` x `side`, a rate of 4e-3.
nn_trainer_options training_options(int side, int epochs);
// Pictures of side x side (96 at least) with one to three boxes each of class 0, reddish and lying,
// and 1, bluish and standing; the same for the same seed.
void training_boxes(nn_dataset *d, int side, int count, uint64_t seed);
// Takes this many steps of a training.
void training_steps(nn_trainer *t, int steps);
// Whether all parameters are within tolerance * (1 + |x|) of each other; 0: the same, bit by bit.
bool training_same(const nn_model *a, const nn_model *b, double tolerance);

#endif
