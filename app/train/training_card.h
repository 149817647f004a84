// SPDX-License-Identifier: MIT
// The training part of a model's card: written by `train`, read by `eval`.
#ifndef APP_TRAIN_TRAINING_CARD_H
#define APP_TRAIN_TRAINING_CARD_H

#include "app/data/data_options.h"
#include "nn/eval/evaluation.h"
#include "nn/graph/card.h"

typedef struct app_training {
    const char *command;
    app_data_options *sources;
    const nn_names *source_classes; // names of the class numbers in label files
    const nn_dataset *train, *val;
    const nn_option_values *options; // all options of the training
    int option_count;
    const char *task;
    int best_epoch;
    double seconds, images_per_second;
    const nn_evaluator *evaluator;
    const nn_score *score;      // NULL: the training had no validation
    const nn_score *calibrated; // of the 8-bit form before the training; NULL: there is none
} app_training;

nn_status app_training_to_card(nn_card *card, const app_training *t, nn_error *err);

// The class names of the training data and the rules for other classes; both empty when the card
// has none. The caller releases *names and frees *rules with g_free.
nn_status app_training_classes(const nn_card *card, nn_names *names, char **rules, nn_error *err);

#endif
