// SPDX-License-Identifier: MIT
// Fuzz target: tensor files, and the model card in their metadata.
#include "nn/io/io.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

// Reads every byte that the bundle says is there.
static unsigned touch(const nn_bundle *b)
{
    unsigned sum = 0;
    for (int i = 0; i < b->count; i++) {
        const nn_tensor *t = &b->tensors[i].tensor;
        const uint8_t *bytes = t->data;
        for (size_t k = 0, n = nn_tensor_bytes(t); k < n; k++)
            sum += bytes[k];
        if (nn_bundle_find(b, b->tensors[i].name) != t)
            abort();
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_bundle b;
    nn_error err;
    if (nn_bundle_parse(&b, data, size, &err) != NN_OK)
        return 0;
    volatile unsigned sum = touch(&b);
    (void)sum;
    const char *json = nn_bundle_meta(&b, "neroscale");
    nn_card card;
    if (json && nn_card_from_json(&card, json, &err) == NN_OK)
        nn_card_release(&card);
    nn_bundle_release(&b);
    return 0;
}
