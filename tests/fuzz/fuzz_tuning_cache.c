// SPDX-License-Identifier: MIT
// Fuzz target: the tuning cache beside a model.
#include "nn/io/tuning_cache.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_tuning_cache *c;
    nn_error err;
    if (nn_tuning_cache_parse(&c, data, size, &err) != NN_OK)
        return 0;
    for (int i = 0; i < c->count; i++) // a name may be there twice: the first holds
        if (!nn_tuning_cache_find(c, c->list[i].node) || memchr(c->cpu, 0, sizeof c->cpu) == NULL)
            abort();
    nn_tuning_cache_free(c);
    return 0;
}
