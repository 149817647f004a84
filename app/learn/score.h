// SPDX-License-Identifier: MIT
// How good a model is, by what `neroscale eval --json` wrote.
#ifndef APP_LEARN_SCORE_H
#define APP_LEARN_SCORE_H

#include "nn/base/status.h"
#include "nn/data/class_map.h"

typedef struct learn_score {
    double ap50;     // mean over the classes of the pictures; one that the model lacks counts 0
    int classes;     // that have objects
    double infer_ms; // a picture
    int pictures;
} learn_score;

// Of one model; `objects` gets, and gives to the next model, how many objects each of `classes` has
// (0 at first): a model says nothing of a class that it lacks.
nn_status learn_score_read(learn_score *s, const char *path, const nn_names *classes,
                           double *objects, nn_error *err);
nn_status learn_score_parse(learn_score *s, const char *text, size_t size, const nn_names *classes,
                            double *objects, nn_error *err);

#endif
