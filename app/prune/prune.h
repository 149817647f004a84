// SPDX-License-Identifier: MIT
// Prunes a model in steps, with training between them.
#ifndef APP_PRUNE_PRUNE_H
#define APP_PRUNE_PRUNE_H

#include "app/train/train_run.h"
#include "nn/prune/prune.h"

typedef struct prune_options {
    const char *model; // file or installed model
    nn_prune_method method;
    double macs;       // part of the multiply-adds to keep; 0: by speed_up
    double speed_up;   // how much faster it shall be on this machine; 0: by macs
    int steps, epochs; // epochs: of all trainings together; 0: none
    double max_loss;   // that the first score may fall
    char **words;   // of the command line of 'neroscale train', without the model; ends with NULL
    bool keep_rate; // they say the learning rate
    const char *command; // as typed
} prune_options;

// What was found on the way; a row for the start and one for each step.
typedef struct prune_row {
    double macs;
    nn_score cut, trained; // before and after the training; pictures 0: not scored
} prune_row;

// Prunes, trains, prints what was won and lost, and writes the file of --out. NN_EINVAL when it
// lost more than max_loss: then the model is in the work folder.
nn_status prune_run(const prune_options *o, const volatile sig_atomic_t *stop, nn_error *err);

// --- speed.c ---

// The part of the multiply-adds at which the pruned model is `speed_up` times as fast.
nn_status prune_find_macs(nn_pruner *p, const nn_model *m, nn_pool *pool, double speed_up,
                          double *part, nn_error *err);

// --- table.c ---

// Prints channels and multiply-adds of each layer of both.
nn_status prune_print_layers(const nn_model *before, const nn_model *after, nn_error *err);

#endif
