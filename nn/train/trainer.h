// SPDX-License-Identifier: MIT
// Trains a network: loads batches, takes steps, averages weights, and writes checkpoints from which
// a training resumes bit for bit.
#ifndef NN_TRAIN_TRAINER_H
#define NN_TRAIN_TRAINER_H

#include "nn/base/api.h"
#include "nn/base/option.h"
#include "nn/train/loader.h"
#include "nn/train/optimiser.h"
#include "nn/train/schedule.h"
#include "nn/train/task/task.h"

// Options with a row in options.h can be set on the command line.
typedef struct nn_trainer_options {
    int batch, height, width; // of the training input; the card's input size is what inference uses
    nn_ranks
        *ranks; // borrowed: processes among which the pictures of a batch are divided; may be NULL
    // Batch norms take the statistics of the whole batch, not of each process's part. Then a
    // training is that of one process but for rounding: losses differ by less than 1e-4 of
    // themselves and, after two epochs of AdamW, weights by less than 1e-4 (tests/nn/ranks.c). Adam
    // makes whole steps of gradients that are nothing but rounding: so biases without effect are
    // frozen (unused_params.h). Those of attention's keys, which softmax does not see, are not:
    // they differ by up to the rates of all steps, as may a single weight whose gradient is next to
    // nothing.
    bool sync_norm;
    // Each batch gets one of these sizes instead of height x width; none: always height x width.
    nn_loader_size sizes[NN_LOADER_MAX_SIZES];
    int size_count;
    int accumulate; // batches whose mean gradient makes a step; 0: 1
    int epoch_size; // pictures drawn per epoch; 0: the number of samples
    int epochs;
    // The trainer sets `total`. warmup < 0: 100 steps, but at most a tenth of `total`; with
    // one-cycle three tenths of the epochs.
    nn_schedule schedule;
    double warmup_epochs; // added to schedule.warmup
    // NN_SCHEDULE_STEP: schedule.every in epochs. When neither is set: a third of the epochs.
    double step_epochs;
    float average; // EMA decay
    uint64_t seed;
    nn_optimiser_options optimiser;
    nn_task_options task;
    // Borrowed: distillation of feature maps (feature_teacher.h), for which the model has outputs,
    // and its weight in the loss; NULL: none.
    const struct nn_feature_teacher *features;
    float feature_weight;
    // Borrowed: the model is one of fake_quantize.h, made by this; NULL: it is not.
    const struct nn_fake_quantizer *fake;
    float exact_part;           // of its loss: the distance to the outputs of the float32 model
    nn_augment_options augment; // fit size, mean, std, stretch and crop come from the card
    // Learning-rate factor of each parameter of the model (copied); NULL: all 1. Parameters with
    // factor 0 are frozen. Batch norms with a frozen scale keep their running statistics and
    // normalise with them.
    const float *rates;
    // Further options of the caller that change the training (borrowed while the trainer lives). A
    // checkpoint keeps them with those above; a resume must have the same values.
    const nn_option_values *more;
    int more_count;
} nn_trainer_options;

// Sets the defaults of options.h, which are for detectors (nn_train_task.defaults: for others). The
// size has no default.
NN_API void nn_trainer_defaults(nn_trainer_options *o);

typedef struct nn_trainer nn_trainer;

// The result of one step.
typedef struct nn_trainer_report {
    int64_t step; // of the step, from 0
    nn_task_value value;
    double grad_norm, rate;
    bool skipped; // the gradient was not finite, so nothing was changed
    // Seconds of waiting for the batch, forward, loss, backward, update.
    double wait, forward, loss_time, backward, update;
} nn_trainer_report;

// A step runs forward, loss and backward for `accumulate` batches, whose gradients add up, and then
// updates the parameters and their average once.

// Starts from the parameters of `model` (borrowed, changed by every step); the card names the task.
// `pool` may be NULL.
NN_API nn_status nn_trainer_new(nn_trainer **out, nn_model *model, nn_dataset *data,
                                const nn_trainer_options *options, nn_pool *pool, nn_error *err);
NN_API void nn_trainer_free(nn_trainer *t);

// Takes the next step. Fails when no picture can be read any more, memory runs out or another
// process is lost. Call all functions here from one thread at a time.
NN_API nn_status nn_trainer_step(nn_trainer *t, nn_trainer_report *report, nn_error *err);

// Runs the next batch forward and backward and takes no step: `grads` gets the gradient of each
// parameter of the model, borrowed until the next call here, without data where nothing is learnt.
// Running statistics move, and the pictures are those that the next step would have seen.
NN_API nn_status nn_trainer_gradients(nn_trainer *t, nn_tensor *grads, nn_error *err);

NN_API int64_t nn_trainer_steps_done(const nn_trainer *t);  // includes the steps before a resume
NN_API int64_t nn_trainer_steps_total(const nn_trainer *t); // of all epochs
NN_API int64_t nn_trainer_steps_per_epoch(const nn_trainer *t);
NN_API double
nn_trainer_macs(const nn_trainer *t); // of one forward run of a batch of the first size
// The model with the averaged weights, which is validated and saved. Borrowed. With distillation of
// feature maps it lacks the outputs for them, and otherwise what the task added
// (nn_train_task.extend); of a quantisation-aware training it is the quantised one.
NN_API nn_model *nn_trainer_average(nn_trainer *t);
NN_API const nn_train_task *nn_trainer_task(const nn_trainer *t);
// All options of the training with their values; `count` gets the number of groups. Borrowed.
NN_API const nn_option_values *nn_trainer_option_values(const nn_trainer *t, int *count);

// Initialises a fresh network: nn_zoo_init_random with the typical size of the objects in `data`.
NN_API void nn_trainer_init_model(nn_model *model, const nn_dataset *data, uint64_t seed);

// The default crop of a classifier. Cutting off the border helps where pictures are shrunk anyway;
// pictures that are no larger than the input would only be enlarged.
NN_API float nn_choose_crop(const nn_dataset *d, int input_h, int input_w);

enum { NN_CHECKPOINT_SUMS = 10 };

// The contents of a checkpoint besides tensors, including the caller's own numbers.
typedef struct nn_checkpoint_info {
    int64_t step;
    double best; // validation score of the best weights so far
    int best_epoch;
    double seconds;                  // spent training
    double sums[NN_CHECKPOINT_SUMS]; // of an epoch that is not finished
} nn_checkpoint_info;

// Writes weights, averages, moments and the step to `dir`/last.safetensors, which becomes
// previous.safetensors before. Each file is complete at any time; on a full disk both stay.
NN_API nn_status nn_trainer_save(const nn_trainer *t, const char *dir, nn_checkpoint_info *info,
                                 nn_error *err);
// Continues from last.safetensors (from previous.safetensors when last is damaged or missing). The
// following steps are those of an uninterrupted training. NN_EINVAL when the checkpoint has other
// options, another model or other data: names the differences, with the old value and the new one.
// Another number of epochs is taken: the schedule is that of the new number from here on, which the
// data set's notes are told.
NN_API nn_status nn_trainer_resume(nn_trainer *t, const char *dir, nn_checkpoint_info *info,
                                   nn_error *err);
// One option of the training that the checkpoint in `dir` is of, as one would type it.
// NN_ENOTFOUND: there is no checkpoint, or it does not say.
NN_API nn_status nn_checkpoint_option(const char *dir, const char *name, char *value, size_t size,
                                      nn_error *err);

#endif
