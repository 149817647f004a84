// SPDX-License-Identifier: MIT
// A model that is ready to run: its detector and its class names.
#ifndef PLUGINS_INFER_MODEL_H
#define PLUGINS_INFER_MODEL_H

#include "nn/predict/detector.h"
#include "plugins/meta/nerometa_internal.h"

#include <gst/video/video.h>

typedef struct NeroModel {
    nn_detector *detector; // owned
    NeroLabels *labels;    // owned reference
} NeroModel;

// Loads a model (a file or an installed name). NULL, with a text in `err`, on failure. Of the
// options threads, head and labels are used.
NeroModel *nero_model_open(const char *name, const nn_detector_options *options, nn_error *err);
void nero_model_free(NeroModel *m); // NULL is a no-op
// Runs the model once on a blank frame of this kind. Afterwards plans and memory for such frames
// exist, and a model that cannot run is known before the first frame.
nn_status nero_model_warm(NeroModel *m, const GstVideoInfo *info, nn_error *err);
// One line for the user when the model's head was guessed, or else when its tuning is out of date;
// NULL otherwise. The caller frees it with g_free.
char *nero_model_note(const NeroModel *m);
// *mask gets the classes that a comma-separated filter names (g_free), or NULL for all. A label
// that the model does not have gives NN_EINVAL and is left out.
nn_status nero_model_filter(const NeroModel *m, const char *filter, bool **mask, nn_error *err);

#endif
