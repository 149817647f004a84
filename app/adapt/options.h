// SPDX-License-Identifier: MIT
// What a run of `neroscale adapt` is asked to do.
#ifndef APP_ADAPT_OPTIONS_H
#define APP_ADAPT_OPTIONS_H

#include "app/label/label.h"

#define ADAPT_FRESH "none" // value of `init`: a network with random weights

typedef struct adapt_options {
    label_options label;                // input, teachers, thresholds; `out` is set by adapt_run
    const char *general, *general_head; // model to beat; NULL: `street` or the first teacher
    const char *out;                    // the model file
    const char *work;                   // folder for everything but the model file
    const char *init;                   // model to start from, or ADAPT_FRESH; NULL: LABEL_START
    const char *network; // options of the network; NULL: chosen by the sizes of the objects
    int width, height;   // network input, pixels; 0, 0: chosen by the sizes of the objects
    int epochs;          // 0: as many as the time allows
    double budget;       // seconds of training
    int frames;          // largest number of pictures to train on
    double held, check;  // fractions of the pictures: for the comparison; for validation
    bool even_if_worse;  // write the model whatever the result of the comparison
} adapt_options;

#endif
