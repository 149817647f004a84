// SPDX-License-Identifier: MIT
// A training from its first step to its best weights: epochs, validation, checkpoints, when to
// stop.
#ifndef NN_TRAIN_RUN_H
#define NN_TRAIN_RUN_H

#include "nn/train/trainer.h"

#include <signal.h>

// Where a training is. Means are over the `counted` steps of the present epoch.
typedef struct nn_train_state {
    int64_t step, steps;              // taken, of all epochs; earlier runs with them
    int64_t epoch_step, epoch_steps;  // taken, of the present epoch
    int epoch, epochs;                // from 1
    int counted, skipped;             // skipped: their gradient was not finite
    double loss, part[NN_TASK_PARTS]; // part: the task's epoch_values
    double features;                  // of the loss: from a teacher's feature maps
    double grad_norm, rate;
    double images_per_second;
    double epoch_seconds;  // that the counted steps took, without validation
    double waited;         // part of these spent waiting for pictures
    double seconds;        // of the whole training, earlier runs with them
    double seconds_left;   // at the pace of this run
    double best;           // nn_score.worth of the best weights
    int best_epoch;        // whose they are; 0: nothing was validated yet
    const nn_score *score; // of the epoch that is over; NULL: it was not validated
} nn_train_state;

// Callbacks may be NULL and run on the thread that trains. Those that return something stop the
// training with false, after its step or epoch and with a checkpoint. Of several processes the
// first one alone is told of epochs.
typedef struct nn_training_options {
    nn_dataset *val; // borrowed; NULL or empty: nothing is validated, the last weights are the best
    const char *work;  // existing folder for last, previous, best and average.safetensors; borrowed
    int val_every;     // epochs from one validation to the next; the last one is always validated
    int patience;      // stops after so many epochs that were not better than the best; 0: never
    int threads;       // of validation; 0: one per core
    double save_every; // seconds between checkpoints within an epoch
    void *ctx;
    bool (*batch)(void *ctx, const nn_train_state *s);
    bool (*best)(void *ctx, const nn_train_state *s);  // new best weights lie in best.safetensors
    bool (*epoch)(void *ctx, const nn_train_state *s); // validated if due, before its checkpoint
    void (*saved)(void *ctx, const nn_train_state *s); // a checkpoint was written
    // Says once that the training goes wrong, and what to try (health.h): the loss rises by orders,
    // the validation finds nothing, layers are dead.
    void (*warn)(void *ctx, const char *line);
    // Pictures of a validation that are done; -1: one begins with the weights being written.
    void (*validate)(void *ctx, int done, int total);
} nn_training_options;

// Every epoch is validated, a checkpoint at least every five minutes; no callbacks.
NN_API void nn_training_options_init(nn_training_options *o);

typedef struct nn_training nn_training;

// For a trainer (borrowed) that has taken no step.
NN_API nn_status nn_training_new(nn_training **out, nn_trainer *trainer,
                                 const nn_training_options *options, nn_error *err);
NN_API void nn_training_free(nn_training *t); // NULL is a no-op
// nn_trainer_resume from the work folder. NN_ENOTFOUND: there is no checkpoint yet.
NN_API nn_status nn_training_resume(nn_training *t, nn_error *err);

// From the step where the trainer is to the last one, or until something stops it. The following
// run, or one that resumes, takes the steps that this one would have taken.
// `stop` is looked at before each step, not 0 stops; it may be NULL. NN_EINVAL: the loss is not
// finite any more. The text says what to try; the checkpoint and best.safetensors are those of the
// last good epoch.
NN_API nn_status nn_train_run(nn_training *t, const volatile sig_atomic_t *stop, nn_error *err);
NN_API bool nn_training_stopped(const nn_training *t); // by a callback or `stop`
NN_API bool nn_training_stalled(const nn_training *t); // patience is over

// The weights to keep, and their score: the best ones with the thresholds that suit the validation
// data most, or, when nothing was validated (*scored is false), the averaged ones. The caller frees
// *model.
NN_API nn_status nn_training_finish(nn_training *t, nn_model **model, nn_score *score, bool *scored,
                                    nn_error *err);
NN_API nn_train_state nn_training_state(const nn_training *t);

#endif
