// SPDX-License-Identifier: MIT
// Private to app/label: the state of a run, and its stages.
#ifndef APP_LABEL_RUN_H
#define APP_LABEL_RUN_H

#include "app/label/label.h"

typedef struct label_work {
    const label_options *o;
    const volatile sig_atomic_t *stop;
    label_outcome *out;
    label_teachers *teachers;
    app_progress progress;
    char **names; // file names of a folder, sorted; NULL: a video
    char *folder; // folder of the pictures
    int looked;   // pictures processed in this run
    double began; // when the teachers started, seconds
} label_work;

// Records a camera into the folder of labels, unless a recording exists.
nn_status label_record(label_work *w, nn_error *err);
// Runs the teachers on everything without detections.
nn_status label_run_teachers(label_work *w, nn_error *err);
// Writes pictures, labels and the contact sheet.
nn_status label_output(label_work *w, nn_error *err);

// Loads picture `number` of the folder.
nn_status label_load(const label_work *w, int number, nn_image *image, nn_error *err);

#endif
