// SPDX-License-Identifier: MIT
// The state of one training of `neroscale train`, and its steps.
#ifndef APP_TRAIN_TRAIN_RUN_H
#define APP_TRAIN_TRAIN_RUN_H

#include "app/cli/progress.h"
#include "app/report/task.h"
#include "app/train/history.h"
#include "app/train/train_inspect.h"
#include "app/train/train_options.h"
#include "nn/io/save_format.h"
#include "nn/train/run.h"

#include <signal.h>

// --quantize (train_quantize.h).
typedef struct app_quantized {
    struct nn_fake_quantizer *fake; // owned; NULL: the training is not in 8 bits
    // Of the float32 model, and of its 8-bit form before and after the training.
    nn_score exact, calibrated, trained;
    bool scored;
} app_quantized;

typedef struct app_train {
    app_train_options o;
    const nn_save_format *format; // of the model file
    nn_ranks *ranks; // processes that train together; the first one validates and writes
    nn_names labels, source_names; // labels: followed by the rivals
    int rivals;                    // number of rivals
    bool asked;                    // --classes was given
    nn_dataset train, val;
    bool have_data;
    nn_model *model;
    bool given; // the model was there before app_train_prepare, and is trained as it is
    struct nn_teacher **teachers; // models of --distill
    int teacher_count;
    struct nn_feature_teacher *features; // teacher of --distill-features; NULL: none
    app_quantized quantized;
    float *rates; // factors on the learning rate of each parameter; NULL: all 1
    nn_pool *pool;
    nn_trainer *trainer;
    const nn_train_task *task;
    const app_task *say; // how the task is reported
    app_history history;
    app_progress progress;
    nn_training *run;
    nn_error failure;           // a failure inside a callback
    double drawn, draw_seconds; // last drawing of the curves (app_now) and its duration
    int shown_epoch;            // epoch of the current progress bar, from 1
    bool has_new_row;           // the history has a row that the curves lack
    bool cannot_draw;
    app_inspect inspect; // --inspect
} app_train;

// Prepares everything up to a trainer that is ready, with --resume at the step of the last
// checkpoint. `ranks` may be set before, and `model`: one that is trained as it is, whose classes
// are those of the data. app_train_release is to be called also after a failure.
nn_status app_train_prepare(app_train *t, nn_error *err);
void app_train_release(app_train *t); // zeroes it; a zeroed one is a no-op

// Begins another training with the same data and options, for o.trainer.epochs, of a model with the
// same parameters but for their shapes, which is taken over.
nn_status app_train_again(app_train *t, nn_model *model, nn_error *err);

// Builds the network for the classes; its parameters are not set yet.
nn_status app_train_build(app_train *t, nn_error *err);
// Called after the data were read. Sets the parameters: random ones, then those of --init.
nn_status app_train_start(app_train *t, nn_error *err);

// Called after the data were read. Sets the class weights of --class-weights.
nn_status app_train_weigh(app_train *t, nn_error *err);

// Takes the parameters of --init that fit by name and shape, and prints which do not.
nn_status app_train_take(app_train *t, nn_error *err);
// Called after app_train_start. Adds outputs for --distill-features to the model.
nn_status app_train_open_features(app_train *t, nn_error *err);
// Opens the teachers of --distill for the labels.
nn_status app_train_open_teachers(app_train *t, nn_error *err);
void app_train_close_teachers(app_train *t);
// Sets the factors on learning rates by --freeze and --lr-scale.
nn_status app_train_rates(app_train *t, nn_error *err);

// Opens t->run for the trainer and the data.
nn_status app_train_open_run(app_train *t, nn_error *err);
// Trains from the trainer's step to the last one or until *stop. Validates, and writes history and
// a checkpoint after every epoch.
nn_status app_train_run(app_train *t, const volatile sig_atomic_t *stop, nn_error *err);
// Writes into a card how the model was trained. `score` may be NULL.
nn_status app_train_record(app_train *t, nn_card *card, const nn_score *score, nn_error *err);
// Writes the best weights as the model file; without validation the last ones.
nn_status app_train_finish(app_train *t, nn_error *err);

#endif
