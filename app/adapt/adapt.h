// SPDX-License-Identifier: MIT
// One run of `neroscale adapt`: labels of a scene, a small network trained on them, and the proof
// that it does better there than the general one.
#ifndef APP_ADAPT_ADAPT_H
#define APP_ADAPT_ADAPT_H

#include "app/label/label.h"

#define ADAPT_FRESH "none" // a network that starts from nothing

typedef struct adapt_options {
    label_options label;                // input, teachers, thresholds; its `out` is chosen here
    const char *general, *general_head; // to be beaten; NULL: `street` or the first teacher
    const char *out;                    // model file
    const char *work;                   // folder of all else
    const char *init;                   // model to go on from, or ADAPT_FRESH; NULL: LABEL_START
    const char *network;                // its options; NULL: by the sizes of the objects
    int width, height;                  // of its input; 0, 0: by the sizes of the objects
    int epochs;                         // 0: as many as the time allows
    double budget;                      // seconds of training
    int frames;                         // to train on, at most
    double held, check;                 // parts of the pictures: compared on; validated on
    bool force;                         // write the model whatever the comparison says
} adapt_options;

// Says what it will do and how long that takes, does it, says what came out. *better: the model was
// written to `out`; otherwise it lies beside it under the name that adapt_rejected gives. Stopped
// by *stop, it returns NN_OK with *better false, and the same command goes on.
nn_status adapt_run(const adapt_options *o, const volatile sig_atomic_t *stop, bool *better,
                    nn_error *err);

// "cam.rejected.safetensors" for "cam.safetensors" (g_free).
char *adapt_rejected(const char *out);

#endif
