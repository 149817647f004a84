// SPDX-License-Identifier: MIT
// Finds a learning rate by a short sweep over rising rates (Smith 2017, "Cyclical Learning Rates
// for Training Neural Networks", section 3.3).
#ifndef NN_TRAIN_RATE_SWEEP_H
#define NN_TRAIN_RATE_SWEEP_H

#include "nn/train/trainer.h"

enum { NN_SWEEP_MOST = 120 }; // steps
#define NN_SWEEP_BELOW 0.5    // of the rate with the lowest loss: no more is picked

typedef struct nn_rate_sweep {
    int steps; // that were taken, each at a higher rate than the one before
    double rate[NN_SWEEP_MOST], loss[NN_SWEEP_MOST];
    double smooth[NN_SWEEP_MOST]; // means of the losses near by
    int lowest, picked; // indices: of the lowest smoothed loss; where it falls most steeply
    double found;       // the rate to train with, in two digits
} nn_rate_sweep;

// Takes steps at rates that rise by the same factor each, until the loss has left its lowest value
// far behind, and picks one. So short a sweep is rough: what it picks is drawn halfway, in
// logarithms, to the rate of the options, which is the usual one. The trainer has taken no step;
// afterwards its weights, averages, moments and statistics are as they were, bit by bit, and its
// next step is the first one. The same seed, data and options give the same sweep. `step` (may be
// NULL) is called after each one; false ends the sweep with NN_OK and `picked` -1.
NN_API nn_status nn_trainer_sweep(nn_trainer *t, nn_rate_sweep *out,
                                  bool (*step)(void *ctx, int done, int total), void *ctx,
                                  nn_error *err);

// Fills in `smooth`, from `loss`, and `lowest`, and returns the index to pick: where the smoothed
// loss falls most steeply, but no rate higher than half of that with the lowest loss. With losses
// that never fall the lowest rate. `planned`: steps that the whole sweep would have.
int nn_rate_sweep_pick(nn_rate_sweep *s, int planned);

// The highest rate of the schedule from now on.
NN_API void nn_trainer_set_rate(nn_trainer *t, double rate);

#endif
