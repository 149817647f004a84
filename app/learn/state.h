// SPDX-License-Identifier: MIT
// What learning remembers from run to run.
#ifndef APP_LEARN_STATE_H
#define APP_LEARN_STATE_H

#include "nn/base/status.h"

#include <stddef.h>

typedef enum learn_phase {
    LEARN_COLLECT, // no round is under way
    LEARN_LABEL,   // the teacher looks at the pictures
    LEARN_TRAIN,
    LEARN_JUDGE,
} learn_phase;

// DIR/state.json.
typedef struct learn_state {
    learn_phase phase;
    int round;         // that is under way, or the last one; 0: none yet
    int best;          // round whose model is in use; 0: that of the user
    int before;        // the one in use before that
    int checked;       // round up to which `best` was looked at on fresh pictures
    int width, height; // input of the specialists; 0: not known yet
    char model[4096];  // the user's, as it was named
    char teacher[4096];
} learn_state;

// No file is no error: everything is 0. A damaged one is.
nn_status learn_state_load(learn_state *s, const char *dir, nn_error *err);
// From the bytes of the file, for the above and for fuzzing.
nn_status learn_state_parse(learn_state *s, const char *text, size_t size, nn_error *err);
nn_status learn_state_save(const learn_state *s, const char *dir, nn_error *err);

#endif
