// SPDX-License-Identifier: MIT
// A verdict in words: what a model does well, what it gets wrong and why, and what to do.
#ifndef APP_REPORT_VERDICT_H
#define APP_REPORT_VERDICT_H

#include "nn/eval/box_misses.h"

#include <glib.h>

enum { APP_VERDICT_MOST = 4 }; // sentences

typedef struct app_verdict_class {
    const char *name;
    double score;   // AP50, F1 or IoU; NAN: no objects to score
    double objects; // true objects that were scored: boxes, pictures or pixels
    double learnt;  // examples in the training data: boxes or pictures; < 0: unknown
} app_verdict_class;

// An epoch of the training.
typedef struct app_verdict_epoch {
    double loss, score; // score: NAN when the epoch was not validated
} app_verdict_epoch;

// Measured numbers; what is unknown is zeroed.
typedef struct app_verdict_facts {
    const char *score_name; // "AP50"
    const char *unit;       // unit of `confusion`: "objects"
    const char *learnt;     // unit of `learnt`: "boxes"
    bool pixels;            // `confusion` counts pixels, which are printed as percentages
    double good, fair;      // lowest score that is called good, and fair
    const app_verdict_class *classes;
    int class_count;
    const double *confusion; // class_count x class_count, rows are true classes; NULL: none
    int pictures;            // scored pictures
    nn_box_misses misses;    // for detectors
    double threshold, iou_threshold;
    int input_w, input_h;
    const app_verdict_epoch *epochs;
    int epoch_count;
    int all_epochs; // epochs that the training was to have
} app_verdict_facts;

// The sentences, most important first, without full stops: 1 to APP_VERDICT_MOST. Free with
// g_ptr_array_unref.
GPtrArray *app_verdict(const app_verdict_facts *f);

// For the files of the verdict: sentences about the training and about a detector's mistakes. NULL:
// nothing to say. Free with g_free.
char *app_verdict_training(const app_verdict_facts *f);
char *app_verdict_misses(const app_verdict_facts *f);
char *app_verdict_alarms(const app_verdict_facts *f);

#endif
