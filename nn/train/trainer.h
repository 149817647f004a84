// SPDX-License-Identifier: MIT
// Training of a network: batches in, steps taken, weights averaged, checkpoints that resume bit for
// bit.
#ifndef NN_TRAIN_TRAINER_H
#define NN_TRAIN_TRAINER_H

#include "nn/base/api.h"
#include "nn/base/option.h"
#include "nn/train/loader.h"
#include "nn/train/loss/task.h"
#include "nn/train/optimiser.h"
#include "nn/train/schedule.h"

// What a command line can set of it has rows: options.h.
typedef struct nn_trainer_options {
    int batch, height, width; // of the training input; the card's input size is what inference uses
    nn_ranks
        *ranks; // borrowed: processes among which the pictures of a batch are divided; may be NULL
    // Batch norms take the statistics of the whole batch, not of each process's part. Then a
    // training is that of one process but for rounding: losses differ by less than 1e-4 of
    // themselves and, after two epochs of AdamW, weights by less than 1e-4 (tests/nn/ranks.c). Adam
    // makes whole steps of gradients that are nothing but rounding: so biases without effect are
    // frozen (unused_params.h). Those of attention's keys, which softmax does not see, are not: they differ
    // by up to the rates of all steps, as may a single weight whose gradient is next to nothing.
    bool sync_norm;
    // Sizes of which each batch gets one, in place of height x width; none: that one.
    nn_loader_size sizes[NN_LOADER_MAX_SIZES];
    int size_count;
    int accumulate; // batches whose mean gradient makes a step; 0: 1
    int epoch_size; // draws an epoch; 0: the number of samples
    int epochs;
    // `total` is set by the trainer; warmup < 0: 100 steps, but no more than a tenth of it, in a
    // one-cycle three tenths of the epochs.
    nn_schedule schedule;
    double warmup_epochs; // added to schedule.warmup
    // NN_SCHEDULE_STEP: schedule.every in epochs; neither: a third of the epochs.
    double step_epochs;
    float average; // EMA decay
    uint64_t seed;
    nn_optimiser_options optimiser;
    nn_task_options task;
    // Borrowed: a teacher whose outputs the model has (feature_teacher.h), and the weight of what
    // it says of feature maps; NULL: none.
    const struct nn_feature_teacher *features;
    float feature_weight;
    nn_augment_options augment; // fit size, mean, std, stretch and crop are taken from the card
    // A factor of the learning rate of each parameter of the model (copied); NULL: all 1. Those
    // with 0 are frozen: they stay as they are, and batch norms with a frozen scale keep their
    // running statistics and normalise with them.
    const float *rates;
    // Options of the caller that change the training, too (borrowed while the trainer lives): a
    // checkpoint keeps them with those above, and is resumed with the same only.
    const nn_option_values *more;
    int more_count;
} nn_trainer_options;

// What the rows of options.h say, which is for detectors (nn_train_task.defaults: for others), but
// for what there is no default of: its size.
NN_API void nn_trainer_defaults(nn_trainer_options *o);

typedef struct nn_trainer nn_trainer;

// What one step did.
typedef struct nn_trainer_report {
    int64_t step; // that was taken, from 0
    nn_task_value value;
    double grad_norm, rate;
    bool skipped; // the gradient was not finite: nothing was changed
    // Seconds waiting for the batch, forward, loss, backward, update.
    double wait, forward, loss_time, backward, update;
} nn_trainer_report;

// A step is: forward runs, losses and backward runs of `accumulate` batches, whose gradients add up
// in one place; then one update of the parameters and of their average.

// Starts from the parameters that `model` (borrowed, changed by every step) has; the task is that
// of its card. `pool` may be NULL.
NN_API nn_status nn_trainer_new(nn_trainer **out, nn_model *model, nn_dataset *data,
                                const nn_trainer_options *options, nn_pool *pool, nn_error *err);
NN_API void nn_trainer_free(nn_trainer *t);

// Takes the next step; fails when no picture can be read any more, or memory or another process is
// lost. One thread at a time, as for all functions here.
NN_API nn_status nn_trainer_step(nn_trainer *t, nn_trainer_report *report, nn_error *err);

NN_API int64_t nn_trainer_steps_done(const nn_trainer *t);  // those before a resume with them
NN_API int64_t nn_trainer_steps_total(const nn_trainer *t); // of all epochs
NN_API int64_t nn_trainer_steps_per_epoch(const nn_trainer *t);
NN_API double
nn_trainer_macs(const nn_trainer *t); // of one forward run of a batch of the first size
// The averaged weights: what is validated and kept. Borrowed. With a teacher of feature maps: those
// of the model without the outputs for it, which it had before.
NN_API nn_model *nn_trainer_average(nn_trainer *t);
NN_API const nn_train_task *nn_trainer_task(const nn_trainer *t);
// All options of the training with the values that it runs with; `count` gets how many groups there
// are. Borrowed.
NN_API const nn_option_values *nn_trainer_option_values(const nn_trainer *t, int *count);

// Gives a fresh network its start: nn_zoo_init_random with the typical size of the objects in
// `data`.
NN_API void nn_trainer_init_model(nn_model *model, const nn_dataset *data, uint64_t seed);

// What a classifier shows of pictures when nothing is said: cutting off the border helps where a
// picture is shrunk anyway; one that is no larger than the input would only be enlarged.
NN_API float nn_choose_crop(const nn_dataset *d, int input_h, int input_w);

enum { NN_CHECKPOINT_SUMS = 10 };

// What a checkpoint says besides tensors; the caller's own numbers are kept for it.
typedef struct nn_checkpoint_info {
    int64_t step;
    double best; // validation score of the best weights so far
    int best_epoch;
    double seconds;                  // spent training
    double sums[NN_CHECKPOINT_SUMS]; // of an epoch that is not over
} nn_checkpoint_info;

// Writes weights, averages, moments and the step to `dir`/last.safetensors, after the one before
// has become previous.safetensors. Each file is whole at any time.
NN_API nn_status nn_trainer_save(const nn_trainer *t, const char *dir, nn_checkpoint_info *info,
                                 nn_error *err);
// Continues from last (or, when that is damaged or missing, previous): the following steps are
// those that an uninterrupted training would have taken. NN_EINVAL when the checkpoint is of a
// training with other options, another model or other data: names what differs, what it was and
// what it is now.
NN_API nn_status nn_trainer_resume(nn_trainer *t, const char *dir, nn_checkpoint_info *info,
                                   nn_error *err);

#endif
