// SPDX-License-Identifier: MIT
// Whole models as the start of `neroscale train`: what is inherited from them, and how their graph
// becomes the one that is trained.
#ifndef APP_TRAIN_TRAIN_INIT_H
#define APP_TRAIN_TRAIN_INIT_H

#include "app/train/train_options.h"
#include "nn/train/transfer.h"

// Opens the model of --init into o->start, when no --network says that only weights are wanted of
// it and it is a whole model. What was not given is inherited: network and options of one of ours.
// `sized`: --size was given. One that cannot be found is left for later checks.
nn_status app_train_inherit(app_train_options *o, bool sized, nn_error *err);

// Makes a model that was read from `path` for another size than the text `size` one for any, where
// that can be had.
void app_train_fit_size(nn_model **m, const char *path, const char *size);

// Whether o->start has a graph of its own, which is trained on.
bool app_train_has_graph(const app_train_options *o);

// The model to train, made of the graph of o->start for these labels; says what was taken.
nn_status app_train_from_graph(nn_model **out, const app_train_options *o, const nn_names *labels,
                               nn_error *err);

// Gives the class outputs of our head in `m`, "head.cls*", the rows of the same classes of
// o->start, one of ours; other classes start as in `fresh`, the same network before anything was
// taken. Returns what is to be said of the classes (g_free), *rows gets the part of the rows that
// was taken; NULL: nothing was changed.
char *app_train_take_classes(nn_model *m, const nn_model *fresh, const app_train_options *o,
                             double *rows);

// What the options of the task say in the card of a new model.
void app_train_describe(nn_card *card, const app_train_options *o);

#endif
