// SPDX-License-Identifier: MIT
// Fuzz target: ncnn models up to the graph, and a run of small ones. The text ends at the first
// NUL; the weights follow.
#include "nn/io/ncnn/ncnn.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/run_model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    const size_t text = end ? (size_t)(end - data) : size, weights = end ? size - text - 1 : 0;
    void *bin = malloc(weights); // as a map of a file it is aligned
    nn_model *m;
    nn_error err;
    if (weights)
        memcpy(bin, end + 1, weights);
    if (nn_ncnn_parse(&m, data, text, bin, weights, NULL, &err) == NN_OK) {
        fuzz_model(m, size % 2);
        nn_model_free(m);
    }
    free(bin);
    return 0;
}
