// SPDX-License-Identifier: MIT
// Fuzz target: the state of a search for a network within a budget.
#include "app/scale/scale.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static scale_search s;
    char *settings = NULL;
    if (scale_parse(&s, &settings, (const char *)data, size, NULL) == NN_OK) {
        for (int i = 0; i < s.count; i++)
            if (!(s.list[i].alpha > 0 && s.list[i].width > 0 && s.list[i].height > 0 &&
                  s.list[i].rounds <= SCALE_MOST_ROUNDS))
                abort();
        if (s.count > SCALE_MOST || !settings)
            abort();
    }
    g_free(settings);
    return 0;
}
