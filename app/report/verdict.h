// SPDX-License-Identifier: MIT
// A verdict in words: what a model is good at, what it gets wrong and why, and what to do about it.
#ifndef APP_REPORT_VERDICT_H
#define APP_REPORT_VERDICT_H

#include "nn/eval/box_misses.h"

#include <glib.h>

enum { APP_VERDICT_MOST = 4 }; // sentences

typedef struct app_verdict_class {
    const char *name;
    double score;   // AP50, F1 or IoU; NAN: nothing to score
    double objects; // true ones that were scored: boxes, pictures or pixels
    double learnt;  // boxes, pictures of it that it was learnt from; < 0: not known
} app_verdict_class;

// An epoch of the training.
typedef struct app_verdict_epoch {
    double loss, score; // score: NAN when it was not validated
} app_verdict_epoch;

// Measured numbers; zeroed: not known.
typedef struct app_verdict_facts {
    const char *score_name; // "AP50"
    const char *unit;       // what `confusion` counts, "objects"
    const char *learnt;     // what `learnt` counts, "boxes"
    bool pixels;            // `confusion` counts pixels, which are told as parts
    double good, fair;      // from which score on a class is called so
    const app_verdict_class *classes;
    int class_count;
    const double *confusion; // class_count x class_count, a row for each true class; NULL: none
    int pictures;            // that were scored
    nn_box_misses misses;    // of detectors
    double threshold, iou_threshold;
    int input_w, input_h;
    const app_verdict_epoch *epochs;
    int epoch_count;
    int all_epochs; // that the training was to have
} app_verdict_facts;

// The sentences, the most important first, each without a full stop: at most APP_VERDICT_MOST, at
// least one. g_ptr_array_unref.
GPtrArray *app_verdict(const app_verdict_facts *f);

// For the files of the verdict: what is said of a training, and of the mistakes of a detector;
// g_free. NULL: nothing.
char *app_verdict_training(const app_verdict_facts *f);
char *app_verdict_misses(const app_verdict_facts *f);
char *app_verdict_alarms(const app_verdict_facts *f);

#endif
