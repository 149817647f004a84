// SPDX-License-Identifier: MIT
// The state of learning that is kept between runs.
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

// The content of DIR/state.json.
typedef struct learn_state {
    learn_phase phase;
    int round;         // current or last round; 0: none yet
    int best;          // round of the model in use; 0: the user's model
    int before;        // round of the previous model in use
    int checked;       // last round whose pictures `best` was checked on
    int width, height; // input of the specialists, pixels; 0: unknown
    char model[4096];  // the user's model, as the user named it
    char teacher[4096];
} learn_state;

// Loads the state; all 0 without a file. NN_EFORMAT for a damaged file.
nn_status learn_state_load(learn_state *s, const char *dir, nn_error *err);
// The same from text in memory.
nn_status learn_state_parse(learn_state *s, const char *text, size_t size, nn_error *err);
nn_status learn_state_save(const learn_state *s, const char *dir, nn_error *err);

#endif
