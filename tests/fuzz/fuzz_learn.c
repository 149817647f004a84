// SPDX-License-Identifier: MIT
// Fuzz target: the state of learning beside a stream, and the scores that it reads.
#include "app/learn/score.h"
#include "app/learn/state.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *name[] = {"person", "car"};
    const nn_names classes = {name, 2};
    double objects[2] = {0};
    learn_state state;
    learn_score score;
    if (learn_state_parse(&state, (const char *)data, size, NULL) == NN_OK &&
        (state.best > state.round || state.width % 32 || strlen(state.model) >= sizeof state.model))
        abort();
    if (learn_score_parse(&score, (const char *)data, size, &classes, objects, NULL) == NN_OK &&
        !(score.ap50 >= 0 && score.ap50 <= 1))
        abort();
    return 0;
}
