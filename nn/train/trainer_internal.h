// SPDX-License-Identifier: MIT
// State of a training, shared by its loop and its checkpoints.
#ifndef NN_TRAIN_TRAINER_INTERNAL_H
#define NN_TRAIN_TRAINER_INTERNAL_H

#include "nn/train/trainer.h"

// The network planned for one input size. All plans add to the gradients of the first one.
typedef struct nn_runner {
    nn_loader_size size;
    nn_plan *plan;
    void *state;                     // the task's
    struct nn_feature_run *features; // NULL: no distillation of feature maps
    struct nn_exact_outputs *exact;  // NULL: no distillation of a float32 model
} nn_runner;

// What was asked for of the schedule, before the number of epochs completed it.
typedef struct nn_trainer_asked {
    nn_schedule schedule;
    double warmup_epochs, step_epochs;
} nn_trainer_asked;

struct nn_trainer {
    nn_trainer_options options;
    nn_trainer_asked asked;
    nn_model *model;   // that is trained: borrowed, or owned where the task extends it
    nn_model *kept;    // borrowed: the one that it extends; NULL: it extends none
    nn_model *average; // owned
    nn_dataset *data;  // borrowed
    nn_pool *pool;     // borrowed; may be NULL
    const nn_kernels *kernels;
    const nn_train_task *task;
    nn_runner runner[NN_LOADER_MAX_SIZES]; // one per input size
    int runner_count;
    float *rates;        // owned: learning-rate factor of each parameter; NULL: all 1
    nn_op_allreduce sum; // for batch norms: over all processes
    nn_optimiser optimiser;
    const nn_plan *last_plan; // that the last step ran; NULL: none yet
    nn_loader *loader;        // NULL until the first step after a start or a resume
    int64_t step, steps_per_epoch;
    nn_option_values *groups; // owned: all options
    int group_count;
};

// What the loader is told of labels: the number of classes, or by what pictures grow.
int nn_trainer_classes(const nn_trainer *t);
// Opens the loader of this process, from the present step on.
nn_status nn_trainer_open_loader(const nn_trainer *t, nn_loader **out, nn_error *err);
// The schedule that these options make of another number of epochs.
nn_schedule nn_trainer_schedule_of(const nn_trainer *t, int epochs);
int nn_trainer_own_batch(const nn_trainer *t); // pictures of a batch that belong to this process
int nn_trainer_views(const nn_trainer *t);     // of each picture

#endif
