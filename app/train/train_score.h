// SPDX-License-Identifier: MIT
// How good a model file is on validation data, whatever its task.
#ifndef APP_TRAIN_TRAIN_SCORE_H
#define APP_TRAIN_TRAIN_SCORE_H

#include "app/cli/progress.h"
#include "nn/data/dataset.h"
#include "nn/eval/class_metrics.h"
#include "nn/eval/mask_metrics.h"
#include "nn/eval/metrics.h"
#include "nn/graph/card.h"
#include "nn/train/loss/task.h"

#include <cjson/cJSON.h>

enum { APP_SCORE_VALUES = 3 };

typedef struct app_score {
    double worth;                   // what makes one set of weights better than another
    double value[APP_SCORE_VALUES]; // in the order of the columns
    nn_metrics_score boxes;         // of a detector
    nn_class_summary classes;       // of a classifier
    nn_mask_summary masks;          // of segmentation
} app_score;

// The data to score on, and how.
typedef struct app_scoring {
    nn_dataset *data;
    int labels, threads;
    bool multi;             // pictures may show several classes
    app_progress *progress; // borrowed; begun anew for the data, called `name`; NULL: none is shown
    const char *name;
} app_scoring;

typedef struct app_score_kind {
    const char *task;
    const char *worth_name;    // what app_score.worth is, in a word or two
    const char *loss_columns;  // of history.csv: two of the loss
    const char *score_columns; // and those of the scores
    int values;                // how many they are
    // Those two of the loss, from sums over the steps of an epoch.
    void (*loss_values)(double out[2], const nn_task_value *sum, double steps, double pictures);
    const char *loss_format; // of these two, for people
    // Scores a model file exactly as inference would see the pictures.
    nn_status (*score)(app_score *s, const char *model, const app_scoring *how, nn_error *err);
    // Puts the best thresholds into `card`, and scores with them; NULL: the card has none.
    nn_status (*choose)(app_score *s, nn_card *card, const char *model, const app_scoring *how,
                        nn_error *err);
    // A text such as "AP50 0.9123  AP50:95 0.6012"; returns buf.
    const char *(*describe)(const app_score *s, char *buf, size_t size);
    void (*add_json)(cJSON *score, const app_score *s); // for a card
} app_score_kind;

const app_score_kind *app_score_kind_of(const nn_train_task *task);

#endif
