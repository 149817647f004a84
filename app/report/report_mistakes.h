// SPDX-License-Identifier: MIT
// Keeps the pictures with the worst mistakes of a detector during its evaluation.
#ifndef APP_REPORT_REPORT_MISTAKES_H
#define APP_REPORT_REPORT_MISTAKES_H

#include "app/report/report_sheet.h"
#include "nn/eval/metrics.h"

enum { APP_MISTAKES = 12 };

typedef struct app_mistake {
    char *name;           // of the picture; owned
    double badness;       // number of missed objects plus the scores of false boxes
    int missed, wrong;    // counts of these
    app_report_cell cell; // the part of the picture with the mistakes
} app_mistake;

typedef struct app_mistakes {
    float threshold;                // of the detector in use
    char *const *labels;            // borrowed
    app_mistake list[APP_MISTAKES]; // worst first
    int count, pictures;            // pictures: those with mistakes
} app_mistakes;

void app_mistakes_release(app_mistakes *m);
// Judges the detections of a picture, best score first. They and the truths are in pixels of a
// full_w x full_h picture, of which `frame` (RGB) may be a smaller copy. Keeps the picture when it
// is among the worst so far.
nn_status app_mistakes_add(app_mistakes *m, const char *name, const nn_frame *frame, int full_w,
                           int full_h, const nn_truth *truths, int truth_count, const nn_box *boxes,
                           int box_count, nn_error *err);

#endif
