// SPDX-License-Identifier: MIT
// A model that is ready to run: its detector and what its class numbers mean.
#ifndef PLUGINS_INFER_MODEL_H
#define PLUGINS_INFER_MODEL_H

#include "nn/predict/detector.h"
#include "plugins/meta/nerometa_internal.h"

#include <gst/video/video.h>

typedef struct NeroModel {
    nn_detector *detector; // owned
    NeroLabels *labels;    // owned reference
} NeroModel;

// Loads a model (file or installed name); NULL and a text in `err` when that fails. Of the options
// only threads, head and labels count.
NeroModel *nero_model_open(const char *name, const nn_detector_options *options, nn_error *err);
void nero_model_free(NeroModel *m); // NULL is a no-op
// Runs it once on a blank frame of this kind, so that plans and memory for such frames are there
// before the first of them comes, and a model that cannot run is known.
nn_status nero_model_warm(NeroModel *m, const GstVideoInfo *info, nn_error *err);
// One line about a model whose head was guessed, for people; NULL otherwise. Freed with g_free.
char *nero_model_guess(const NeroModel *m);
// *mask: which classes a comma-separated filter names (g_free), NULL for all. A label that the
// model does not have is NN_EINVAL and left out.
nn_status nero_model_filter(const NeroModel *m, const char *filter, bool **mask, nn_error *err);

#endif
