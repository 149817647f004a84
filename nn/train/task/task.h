// SPDX-License-Identifier: MIT
// A training task: the outputs that a loss reads, its gradients there, and its numbers.
#ifndef NN_TRAIN_TASK_TASK_H
#define NN_TRAIN_TASK_TASK_H

#include "nn/base/api.h"
#include "nn/data/folder.h"
#include "nn/eval/evaluation.h"
#include "nn/graph/plan.h"
#include "nn/train/loader.h"
#include "nn/train/loss/classify_loss.h"
#include "nn/train/loss/detect_loss.h"
#include "nn/train/loss/instance_loss.h"
#include "nn/train/loss/pose_loss.h"
#include "nn/train/loss/pretrain_loss.h"
#include "nn/train/loss/segment_loss.h"
#include "nn/train/loss/upscale_loss.h"
#include "nn/train/ranks.h"

enum { NN_TASK_PARTS = 2, NN_TASK_INPUTS = 2 };

typedef struct nn_task_options {
    nn_detect_loss_options detect;
    nn_classify_loss_options classify;
    nn_segment_loss_options segment;
    nn_pose_loss_options pose;
    nn_upscale_loss_options upscale;
    nn_pretrain_loss_options pretrain;
    float mask_weight; // of the masks of instances
    nn_ranks *ranks;   // contrast: whose pictures and texts are one batch; may be NULL
} nn_task_options;

// The loss of a batch.
typedef struct nn_task_value {
    double loss;
    double part[NN_TASK_PARTS]; // parts of the loss, in the order of the task
    int64_t hits;               // correct predictions, as the task counts them
    // Part of the loss from distillation of feature maps or of a float32 model: not the task's.
    double features;
} nn_task_value;

// How a foreign network becomes one for the task (transfer.h).
typedef enum nn_transfer_kind {
    NN_TRANSFER_WEIGHTS,    // not at all: weights are matched by name
    NN_TRANSFER_LAST_LAYER, // with a new last layer: nn_replace_classifier
    // With its own head or a new one, on maps of several strides: nn_keep_head, nn_replace_head.
    NN_TRANSFER_HEAD,
} nn_transfer_kind;

// A task: a table in a file of its own, listed in meson.build.
typedef struct nn_train_task {
    const nn_evaluator *evaluator; // scores the network; has the name and the kind of data
    // The columns beside the mean loss of an epoch: their names, and their numbers from the sums
    // over the steps.
    const char *epoch_parts[NN_TASK_PARTS];
    void (*epoch_values)(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures);
    const char *network; // the usual one; NULL: neroscale_alexpp
    // Options whose defaults differ from those in their rows, "epochs=40 batch=32"; NULL: none.
    const char *defaults;
    nn_transfer_kind transfer;
    int cell;          // sides of the input are multiples of it; 0: any
    int least_classes; // there must be as many; 0: any
    int views;         // of each picture, in a row; 0: 1. The loss sees `batch` times as many
    // part[0] of nn_task_value tells how far outputs are from being all the same; below this for
    // some time the training has collapsed and ends. 0: it does not.
    double collapsed;
    bool teachers; // detectors can teach by what they find (nn_task_options.detect)
    bool rivals;   // classes that are told apart and not reported are possible
    // Class weights that are computed from the data, in nn_task_options: a resumed training must
    // have the same. weight_bytes 0: none.
    size_t weight_offset, weight_bytes;
    // Computes them by the rarity of the classes; NULL: none.
    void (*weigh)(const nn_dataset *data, int classes, float *weight);
    // Sets the parts of the card that depend on options; NULL: none.
    void (*describe)(nn_card *card, const nn_task_options *options);
    // Sets the parts of the card that depend on the training pictures; NULL: none.
    void (*fit)(nn_card *card, const nn_dataset *data);
    // Makes the model that is trained of the one that is kept, whose parameters come first in it;
    // NULL: they are the same.
    nn_status (*extend)(nn_model **out, const nn_model *model, const nn_task_options *options,
                        uint64_t seed, nn_error *err);
    // Shapes of the network's inputs behind the pictures, for a batch of `batch`, at most
    // NN_TASK_INPUTS; returns their number. NULL: pictures are its only input.
    int (*inputs)(const nn_model *model, int batch, nn_shape shapes[]);
    // Fills those inputs before the plan runs; NULL: there are none.
    nn_status (*feed)(void *state, const nn_batch *batch, nn_error *err);
    // Finds the outputs of a training plan of `model` for batches of `batch` pictures. The plan
    // outlives the state. NN_EUNSUPPORTED when the network lacks the outputs.
    nn_status (*open)(void **state, const nn_plan *plan, const nn_model *model, int batch,
                      const nn_task_options *options, nn_error *err);
    void (*close)(void *state); // NULL is a no-op
    // After the plan ran on the pictures of `batch`: computes the loss, and `scale` times its
    // gradients at all outputs.
    nn_status (*run)(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                     nn_error *err);
} nn_train_task;

NN_API const nn_train_task *nn_train_task_find(const char *name); // NULL when there is none
// NN_ENOTFOUND "WHERE NAME: not one of ..."
NN_API nn_status nn_train_task_unknown(const char *name, const char *where, nn_error *err);
NN_API const nn_train_task *nn_train_task_at(int i); // NULL beyond the last
// The usual input in pixels, where the task has one of its own; otherwise the network gives it.
NN_API bool nn_train_task_size(const nn_train_task *task, int *width, int *height);

#endif
