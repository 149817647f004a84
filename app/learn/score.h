// SPDX-License-Identifier: MIT
// Scores of a model from the output of `neroscale eval --json`.
#ifndef APP_LEARN_SCORE_H
#define APP_LEARN_SCORE_H

#include "nn/base/status.h"
#include "nn/data/class_map.h"

typedef struct learn_score {
    double ap50; // mean over the classes of the pictures; a class unknown to the model counts as 0
    int classes; // classes with objects
    double infer_ms; // milliseconds for a picture
    int pictures;
} learn_score;

// Reads the scores of one model. `objects` (0 at first) collects the number of objects of each of
// `classes` over several models, because a model reports no number for a class unknown to it.
nn_status learn_score_read(learn_score *s, const char *path, const nn_names *classes,
                           double *objects, nn_error *err);
nn_status learn_score_parse(learn_score *s, const char *text, size_t size, const nn_names *classes,
                            double *objects, nn_error *err);

#endif
