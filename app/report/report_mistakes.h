// SPDX-License-Identifier: MIT
// Keeps the pictures with a detector's worst mistakes during its evaluation.
#ifndef APP_REPORT_REPORT_MISTAKES_H
#define APP_REPORT_REPORT_MISTAKES_H

#include "app/report/report_sheet.h"
#include "nn/eval/metrics.h"

enum { APP_MISTAKES = 12 };

typedef struct app_mistake {
    char *name;           // owned: name of the picture
    double badness;       // missed objects plus the scores of false boxes
    int missed, wrong;    // missed objects, false boxes
    app_report_cell cell; // the part of the picture with the mistakes
} app_mistake;

typedef struct app_mistakes {
    const struct nn_evaluation *evaluation; // borrowed
    const nn_similarity *measure;           // NULL: boxes
    float threshold;                        // score from which the detector reports boxes
    char *const *labels;                    // borrowed
    app_mistake list[APP_MISTAKES];         // worst first
    int count, pictures;                    // pictures: number with mistakes
} app_mistakes;

void app_mistakes_release(app_mistakes *m);
// Compares the detections of a picture, highest score first, with its true objects. Both are in
// pixels of the full picture; `frame` (RGB) may be a smaller copy. Keeps the picture when it is
// among the worst so far.
nn_status app_mistakes_add(app_mistakes *m, const char *name, const nn_frame *frame,
                           const nn_scored_objects *objects, nn_error *err);

#endif
