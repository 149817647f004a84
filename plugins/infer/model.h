// SPDX-License-Identifier: MIT
// A model that is ready to run: its detector and its class names, counted by its users.
#ifndef PLUGINS_INFER_MODEL_H
#define PLUGINS_INFER_MODEL_H

#include "nn/predict/detector.h"
#include "plugins/meta/nerometa_internal.h"

typedef struct NeroModel {
    nn_detector *detector; // owned
    NeroLabels *labels;    // owned reference
    gint refs;             // atomic
} NeroModel;

// Loads a model (a file or an installed name). NULL, with a text in `err`, on failure. Of the
// options threads, head, labels, precision, tail_limits, input_h and input_w are used.
NeroModel *nero_model_open(const char *name, const nn_detector_options *options, nn_error *err);
NeroModel *nero_model_ref(NeroModel *m);
void nero_model_unref(NeroModel *m); // NULL is a no-op
// One line for the user when the model's head was guessed, or else when its tuning is out of date;
// NULL otherwise. The caller frees it with g_free.
char *nero_model_note(const NeroModel *m);
// *mask gets the classes that a comma-separated filter names (g_free), or NULL for all. A label
// that the model does not have gives NN_EINVAL and is left out.
nn_status nero_model_filter(const NeroModel *m, const char *filter, bool **mask, nn_error *err);

#endif
