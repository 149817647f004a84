// SPDX-License-Identifier: MIT
// How much of a new model comes from the model of --init.
#ifndef APP_TRAIN_TRAIN_TAKEN_H
#define APP_TRAIN_TRAIN_TAKEN_H

#include "app/train/train_options.h"

// Numbers of parameters, without statistics.
typedef struct app_taken {
    double taken, all;
} app_taken;

// Adds parameter i of `m`, of which this part is taken.
void app_taken_add(app_taken *t, const nn_model *m, int i, double part);
// All of `m`: of parameters whose name begins with `prefix` this part, of the others all.
app_taken app_taken_but(const nn_model *m, const char *prefix, double part);

// Says "taken from person: 96 % of the parameters" and what follows, `more`. NN_EINVAL when it is
// less than half and --partial was not given.
nn_status app_taken_say(const app_taken *t, const app_train_options *o, const char *more,
                        nn_error *err);

// "; head.cls starts anew: 7 classes instead of 1", or "; classes person, car by name, rabbit anew"
// by the parts of the `old` classes in those of `m` (nn_class_parts). g_free.
char *app_taken_classes(const nn_model *m, const float *part, int old, int known);

#endif
