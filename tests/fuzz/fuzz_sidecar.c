// SPDX-License-Identifier: MIT
// Fuzz target: the JSON file beside an ONNX model, and the card that it makes.
#include "nn/io/sidecar.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_sidecar *s;
    nn_error err;
    if (nn_sidecar_parse(&s, "model.json", data, size, &err) != NN_OK)
        return 0;
    nn_card card = {0};
    int h = 1, w = 1;
    nn_sidecar_input(s, &h, &w);
    // A sidecar that was accepted can be applied.
    if (h < 1 || w < 1 || nn_sidecar_apply(s, nn_sidecar_head(s), &card, &err) != NN_OK)
        abort();
    nn_card_release(&card);
    nn_sidecar_free(s);
    return 0;
}
