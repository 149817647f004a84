// SPDX-License-Identifier: MIT
// A batch that fits into memory and leaves enough steps.
#ifndef NN_TRAIN_BATCH_SIZE_H
#define NN_TRAIN_BATCH_SIZE_H

#include "nn/train/trainer.h"

typedef struct nn_batch_choice {
    int batch;          // pictures a step, of all processes
    int fits;           // the largest power of two that fits into memory; 0: not even 1
    int worth;          // the largest that leaves enough steps an epoch
    int64_t each, rest; // bytes for every picture of a batch, and for everything else
} nn_batch_choice;

enum { NN_BATCH_MOST = 64, NN_BATCH_STEPS = 16 }; // steps an epoch at least

// Chooses for a training of `model` on `data` with these options, whose own batch stands for what
// is usual, when `bytes` of memory are free on this machine, where all processes run. Up to
// NN_BATCH_MOST: larger ones need more epochs for the same number of steps (Masters, Luschi 2018).
// Plans the network for two batches to measure it.
NN_API nn_status nn_choose_batch(nn_batch_choice *out, const nn_model *model,
                                 const nn_dataset *data, const nn_trainer_options *options,
                                 int64_t bytes, nn_error *err);

#endif
