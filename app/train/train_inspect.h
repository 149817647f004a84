// SPDX-License-Identifier: MIT
// `train --inspect`: looks into the layers after each epoch, says what is wrong, writes
// inspect.jsonl and inspect.png into the work folder.
#ifndef APP_TRAIN_TRAIN_INSPECT_H
#define APP_TRAIN_TRAIN_INSPECT_H

#include "app/report/inspect_record.h"

typedef struct app_inspect {
    nn_inspection *seen;       // NULL: not asked for
    app_inspect_record record; // of all epochs
    char *path, *picture;
    int said;                   // bad channels when a line was said last
    double drawn, draw_seconds; // last drawing (app_now) and its duration
    bool cannot_draw;
} app_inspect;

// Opens it for a training that is prepared, and reads the epochs before a resume. `pictures` are
// those that are looked at.
nn_status app_inspect_open(app_inspect *n, const char *work, nn_trainer *trainer,
                           nn_dataset *pictures, nn_error *err);
// To be called after each step.
nn_status app_inspect_step(app_inspect *n, const nn_train_state *s, nn_error *err);
// Draws it again, unless epochs are too short for that and not `always`. A failure is said once.
void app_inspect_draw(app_inspect *n, const char *title, bool always);
void app_inspect_close(app_inspect *n);

#endif
