// SPDX-License-Identifier: MIT
// Whole models as the start of `neroscale train`: options that are inherited, and the graph that is
// trained further.
#ifndef APP_TRAIN_TRAIN_INIT_H
#define APP_TRAIN_TRAIN_INIT_H

#include "app/train/train_options.h"
#include "nn/train/transfer.h"

// Opens the model of --init into o->start if it is a whole model and no --network is given; with
// --network only weights are taken, later. Options that were not given are inherited: network and
// options of one of our models. `sized`: --size was given. A missing file is reported later.
nn_status app_train_inherit(app_train_options *o, bool sized, nn_error *err);

// Makes a model read from `path` for one input size accept any, when `size` (a text) differs and
// the graph allows it.
void app_train_fit_size(nn_model **m, const char *path, const char *size);

// Whether the training has the input size of o->start unless --size is given. Pretrained networks
// give theirs to classifiers alone: other tasks need larger ones.
bool app_train_keeps_size(const app_train_options *o);

// Whether o->start brings a graph of its own that is trained further.
bool app_train_has_graph(const app_train_options *o);

// Makes the model to train from the graph of o->start for these labels and keypoints of an object;
// prints what was taken.
nn_status app_train_from_graph(nn_model **out, const app_train_options *o, const nn_names *labels,
                               int keypoints, nn_error *err);

// Fills the class outputs of our head in `m`, "head.cls*", with the rows of the same classes in
// o->start, one of our models. Other classes stay as in `fresh`, the network before anything was
// taken. Returns a text about the classes (g_free), and *rows gets the fraction of rows that was
// taken; NULL: nothing was changed.
char *app_train_take_classes(nn_model *m, const nn_model *fresh, const app_train_options *o,
                             double *rows);

// What the options of the task say in the card of a new model.
void app_train_describe(nn_card *card, const app_train_options *o);

#endif
