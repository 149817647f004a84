// SPDX-License-Identifier: MIT
// The state that learning keeps between runs.
#ifndef APP_LEARN_STATE_H
#define APP_LEARN_STATE_H

#include "nn/base/status.h"

#include <stddef.h>

typedef enum learn_phase {
    LEARN_COLLECT, // no round is in progress
    LEARN_LABEL,   // the teacher labels the pictures
    LEARN_TRAIN,
    LEARN_JUDGE,
} learn_phase;

// DIR/state.json.
typedef struct learn_state {
    learn_phase phase;
    int round;         // current or last round; 0: none yet
    int best;          // round of the model in use; 0: the user's
    int before;        // round of the previous model
    int checked;       // round up to which `best` was checked on fresh pictures
    int width, height; // input of the specialists; 0: not known yet
    char model[4096];  // the user's model, as it was named
    char teacher[4096];
} learn_state;

// Without a file everything is 0. A damaged file is an error.
nn_status learn_state_load(learn_state *s, const char *dir, nn_error *err);
// The same from memory.
nn_status learn_state_parse(learn_state *s, const char *text, size_t size, nn_error *err);
nn_status learn_state_save(const learn_state *s, const char *dir, nn_error *err);

#endif
