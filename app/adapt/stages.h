// SPDX-License-Identifier: MIT
// Private to app/adapt: the stages of a run.
#ifndef APP_ADAPT_STAGES_H
#define APP_ADAPT_STAGES_H

#include "app/adapt/compare.h"
#include "app/adapt/options.h"

typedef struct adapt_plan {
    char init[1024];   // model to start from; "": random weights
    char network[128]; // options of a network with random weights or, with init, of a new head; "":
                       // none
    int width, height; // of the network's input, pixels
    int pictures;      // to train on
    int objects;       // labelled objects on those pictures
    int epochs;
    double images_per_second; // training speed, measured; 0: unknown
} adapt_plan;

typedef struct adapt_work {
    const adapt_options *o;
    const volatile sig_atomic_t *stop;
    label_options label;  // with the folder and the parts of the video
    label_outcome labels; // result of the labelling stage
    adapt_plan plan;
    char *folder, *held; // labelled pictures: for training and validation; held back
    char *model;         // the specialist, once it is trained
} adapt_work;

// Chooses a network that suits the sizes of the labelled objects and, unless plan->width is set, an
// input with the aspect ratio of the frame. With plan->init the input makes the network three times
// as fast as LABEL_GENERAL, and LABEL_START gets a new head for small objects.
void adapt_choose_network(const label_outcome *labels, adapt_plan *plan);

// Trains a network on the labels into w->model. Resumes an interrupted training and skips a
// finished one.
nn_status adapt_train(adapt_work *w, nn_error *err);

// Writes report.txt, report.json and compare.png into the work folder, and the table also to `out`.
nn_status adapt_report(const adapt_work *w, adapt_comparison *c, const adapt_verdict *verdict,
                       FILE *out, nn_error *err);

#endif
