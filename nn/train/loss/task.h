// SPDX-License-Identifier: MIT
// What a network is trained for: which outputs a loss reads, its gradients there, and its numbers.
#ifndef NN_TRAIN_LOSS_TASK_H
#define NN_TRAIN_LOSS_TASK_H

#include "nn/base/api.h"
#include "nn/data/folder.h"
#include "nn/eval/evaluation.h"
#include "nn/graph/plan.h"
#include "nn/train/loader.h"
#include "nn/train/loss/classify_loss.h"
#include "nn/train/loss/detect_loss.h"
#include "nn/train/loss/segment_loss.h"

enum { NN_TASK_PARTS = 2 };

typedef struct nn_task_options {
    nn_detect_loss_options detect;
    nn_classify_loss_options classify;
    nn_segment_loss_options segment;
} nn_task_options;

// What the loss of a batch says.
typedef struct nn_task_value {
    double loss;
    double part[NN_TASK_PARTS]; // of the loss, whose order the task says
    int64_t hits;               // counted as the task says
    double features;            // of the loss: what a teacher of feature maps says, not the task's
} nn_task_value;

// How a network from elsewhere becomes one for a task (transfer.h).
typedef enum nn_transfer_kind {
    NN_TRANSFER_WEIGHTS,    // not at all: weights are taken by name
    NN_TRANSFER_LAST_LAYER, // with a new last layer: nn_put_classifier
    NN_TRANSFER_HEAD,       // with its own head or ours: nn_keep_head, nn_put_head
} nn_transfer_kind;

// A task: a table in a file of its own, listed in meson.build.
typedef struct nn_train_task {
    const char *name;              // as in a card
    nn_data_kind kind;             // what the data must hold
    const nn_evaluator *evaluator; // how the network is scored
    // What tells of an epoch's losses beside their mean: names of columns, and the numbers, of sums
    // over its steps.
    const char *epoch_parts[NN_TASK_PARTS];
    void (*epoch_values)(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures);
    // Where its options start elsewhere than their rows say, "epochs=40 batch=32"; NULL: nowhere.
    const char *defaults;
    nn_transfer_kind transfer;
    // Sets what of the card depends on the pictures to train on; NULL: nothing.
    void (*fit)(nn_card *card, const nn_dataset *data);
    // Finds the outputs of a training plan of `model` for batches of `batch` pictures; the plan
    // outlives the state. NN_EUNSUPPORTED when the network has not got them.
    nn_status (*open)(void **state, const nn_plan *plan, const nn_model *model, int batch,
                      const nn_task_options *options, nn_error *err);
    void (*close)(void *state); // of NULL: nothing
    // After a run of the plan on the pictures of `batch`: the loss, and `scale` times its gradients
    // at all outputs.
    nn_status (*run)(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                     nn_error *err);
} nn_train_task;

NN_API const nn_train_task *nn_train_task_find(const char *name); // NULL when there is none
NN_API const nn_train_task *nn_train_task_at(int i);               // NULL beyond the last

#endif
