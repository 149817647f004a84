// SPDX-License-Identifier: MIT
// Fuzz target: lines of inspect.jsonl, which a resumed training goes on with and draws.
#include "app/report/inspect_record.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    app_inspect_record r = {0};
    const char *text = (const char *)data;
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        const size_t line = end ? (size_t)(end - text) : size;
        app_inspect_record_read(&r, text, line, 1000, NULL);
        text += line + (end != NULL);
        size -= line + (end != NULL);
    }
    for (int e = 0; e < r.count; e++) { // all have the layers of the first, and their own channels
        if (r.epochs[e].count != r.epochs[0].count || r.epochs[e].step > 1000)
            abort();
        for (int i = 0; i < r.epochs[e].count; i++) {
            const app_inspect_layer *l = &r.epochs[e].layers[i];
            int bad = 0;
            for (int c = 0; c < l->channels; c++)
                bad += l->state[c] != NN_CHANNEL_ALIVE;
            if (bad != l->dead + l->saturated || l->channels != r.epochs[0].layers[i].channels)
                abort();
        }
    }
    app_inspect_record_release(&r);
    return 0;
}
