// SPDX-License-Identifier: MIT
// One training of `neroscale train`: everything that lives for it, and its way through the epochs.
#ifndef APP_TRAIN_TRAIN_RUN_H
#define APP_TRAIN_TRAIN_RUN_H

#include "app/cli/progress.h"
#include "app/report/task.h"
#include "app/train/history.h"
#include "app/train/train_options.h"
#include "nn/io/save_format.h"
#include "nn/train/run.h"

#include <signal.h>

typedef struct app_train {
    app_train_options o;
    const nn_save_format *format; // of the model file
    nn_ranks *ranks; // the processes that train together; the first validates and writes
    nn_names labels, source_names; // labels: with the rivals behind
    int rivals;                    // how many
    bool asked;                    // --classes were given
    nn_dataset train, val;
    bool have_data;
    nn_model *model;
    struct nn_teacher **teachers; // those of --distill
    int teacher_count;
    struct nn_feature_teacher *features; // of --distill-features; NULL: none
    float *rates;                        // factors of learning rates; NULL: all 1
    nn_pool *pool;
    nn_trainer *trainer;
    const nn_train_task *task;
    const app_task *say; // what is said of it
    app_history history;
    app_progress progress;
    nn_training *run;
    nn_error failure;           // of a callback
    double drawn, draw_seconds; // when the curves were drawn last (app_now), and how long it took
    int shown_epoch;            // whose bar it is, from 1
    bool has_new_row;           // the history, since they were drawn
    bool cannot_draw;
} app_train;

// From options that are set to a trainer that is ready, at the step of the last checkpoint when it
// is to go on. `ranks` may be set before. What was begun is released in any case by the second.
nn_status app_train_prepare(app_train *t, nn_error *err);
void app_train_release(app_train *t); // leaves it zeroed; a zeroed one is a no-op

// The network of the options, for the classes that they or the data name; its parameters are not
// set yet.
nn_status app_train_build(app_train *t, nn_error *err);
// Where training starts: random parameters, and those that a file has. After the data were read.
nn_status app_train_start(app_train *t, nn_error *err);

// What --class-weights says about the loss of segmentation. After the data were read.
nn_status app_train_weigh(app_train *t, nn_error *err);

// Takes the parameters of --init that fit by name and shape, and says which did not.
nn_status app_train_take(app_train *t, nn_error *err);
// After app_train_start: adds outputs to the model that the teacher of --distill-features reads.
nn_status app_train_open_features(app_train *t, nn_error *err);
// Opens the teachers of --distill for the labels.
nn_status app_train_open_teachers(app_train *t, nn_error *err);
void app_train_close_teachers(app_train *t);
// What --freeze and --lr-scale say about learning rates.
nn_status app_train_rates(app_train *t, nn_error *err);

// Opens t->run for the trainer and the data.
nn_status app_train_open_run(app_train *t, nn_error *err);
// From the step where the trainer is to the last one, or until *stop: validation, history and a
// checkpoint after every epoch.
nn_status app_train_run(app_train *t, const volatile sig_atomic_t *stop, nn_error *err);
// Writes the best weights (or the last, when nothing was validated) as a model file.
nn_status app_train_finish(app_train *t, nn_error *err);

#endif
