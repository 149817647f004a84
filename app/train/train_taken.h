// SPDX-License-Identifier: MIT
// The share of a new model that comes from the model of --init.
#ifndef APP_TRAIN_TRAIN_TAKEN_H
#define APP_TRAIN_TRAIN_TAKEN_H

#include "app/train/train_options.h"

// Numbers of parameters, without batch norm statistics.
typedef struct app_taken {
    double taken, all;
    bool backbone; // all but the head, from a model that was trained to be that
} app_taken;

// Adds parameter i of `m`; the fraction `part` of it was taken.
void app_taken_add(app_taken *t, const nn_model *m, int i, double part);
// Counts all of `m`. Parameters whose names begin with `prefix` count by the fraction `part`, the
// others fully.
app_taken app_taken_but(const nn_model *m, const char *prefix, double part);

// Prints "taken from person: 96 % of the parameters", followed by `more`. NN_EINVAL when it is less
// than half, neither --partial was given nor the whole backbone taken.
nn_status app_taken_say(const app_taken *t, const app_train_options *o, const char *more,
                        nn_error *err);

// "; head.cls starts anew: 7 classes instead of 1", or "; classes person, car by name, rabbit
// anew". `part`: how the `old` classes contribute to those of `m` (nn_class_parts). g_free.
char *app_taken_classes(const nn_model *m, const float *part, int old, int known);

#endif
