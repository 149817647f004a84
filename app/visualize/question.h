// SPDX-License-Identifier: MIT
// What a user wants to see of a network.
#ifndef APP_VISUALIZE_QUESTION_H
#define APP_VISUALIZE_QUESTION_H

#include "nn/explain/explain.h"

#include <stdbool.h>

// What is to be shown. All texts are borrowed.
typedef struct app_visualize {
    const char *model;    // as the user named it
    const char *method;   // its word; NULL: by the rest
    const char *layer;    // NULL: the method's choice
    const char *of_class; // name or number; NULL: the strongest
    int channel;          // of the layer; -1: the strongest ones
    int box;              // of a detector, from 0; -1: the strongest
    int strongest;        // activations that are projected; 0: all; -1: usual
    int top;              // channels or classes that are shown; 0: usual
    bool all_layers;
    bool invariance;      // curves of a picture that is moved
    bool occlusion;       // maps of a picture that a square covers in part
    const char *top_over; // data whose strongest patches are shown; NULL: none
    int steps;            // of maximize; 0: usual
    const char *out;      // a picture, a folder or a video
    const char *raw;      // NULL: none
    const char *json;     // NULL: none
    bool force;
    int interval;       // of a video: every Nth frame
    int64_t max_frames; // 0: all
    nn_explainer_options model_options;
    nn_explain_settings settings;
} app_visualize;

#endif
