// SPDX-License-Identifier: MIT
// Private to app/label: what lives for one run, and its stages.
#ifndef APP_LABEL_RUN_H
#define APP_LABEL_RUN_H

#include "app/label/label.h"

typedef struct label_work {
    const label_options *o;
    const volatile sig_atomic_t *stop;
    label_outcome *out;
    label_teachers *teachers;
    app_progress progress;
    char **names; // pictures of a folder, sorted; NULL: a video
    char *folder; // that they lie in
    int looked;   // pictures in this run
    double began; // looking
} label_work;

// Frames of a camera go into a recording in the folder of labels, unless there is one.
nn_status label_record(label_work *w, nn_error *err);
// Everything that is not among the finds yet is looked at.
nn_status label_run_teachers(label_work *w, nn_error *err);
// Pictures, labels and the contact sheet.
nn_status label_output(label_work *w, nn_error *err);

// Loads a picture of the folder; NN_EFORMAT and the like when it is damaged.
nn_status label_load(const label_work *w, int number, nn_image *image, nn_error *err);

#endif
