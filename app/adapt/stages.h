// SPDX-License-Identifier: MIT
// Private to app/adapt: the stages of a run.
#ifndef APP_ADAPT_STAGES_H
#define APP_ADAPT_STAGES_H

#include "app/adapt/adapt.h"
#include "app/adapt/compare.h"

typedef struct adapt_plan {
    char init[1024];   // model that is trained on; "": from nothing
    char network[128]; // its options, when it starts from nothing
    int width, height; // of the network's input
    int pictures;      // to train on
    int objects;       // on them
    int epochs;
    double pace; // pictures a second in training, measured; 0: not known
} adapt_plan;

typedef struct adapt_work {
    const adapt_options *o;
    const volatile sig_atomic_t *stop;
    label_options label;  // with the folder and its parts
    label_outcome labels; // of the stage before
    adapt_plan plan;
    char *folder, *held; // labelled pictures: to learn and validate on; held back
    char *model;         // the specialist, when it is trained
} adapt_work;

// A network for objects as small and as large as those that were labelled, its input in the shape
// of the frame; for plan->init the input only, that leaves it three times as fast as LABEL_GENERAL.
void adapt_choose_network(const label_outcome *labels, adapt_plan *plan);

// Trains a network on the labels into w->model, or goes on with it, or finds it done.
nn_status adapt_train(adapt_work *w, nn_error *err);

// report.txt, report.json and compare.png in the work folder; the table also to `out`.
nn_status adapt_report(const adapt_work *w, adapt_comparison *c, const adapt_verdict *verdict,
                       FILE *out, nn_error *err);

#endif
