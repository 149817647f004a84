// SPDX-License-Identifier: MIT
// Fuzz target: PyTorch files, both containers, and the pickles in them.
#include "nn/io/io.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_bundle b;
    nn_error err;
    if (nn_bundle_parse(&b, data, size, &err) != NN_OK)
        return 0;
    // Every element must have been written.
    unsigned sum = 0;
    for (int i = 0; i < b.count; i++) {
        const uint8_t *bytes = b.tensors[i].tensor.data;
        for (size_t k = 0, n = nn_tensor_bytes(&b.tensors[i].tensor); k < n; k++)
            sum += bytes[k];
    }
    volatile unsigned seen = sum;
    (void)seen;
    nn_bundle_release(&b);
    return 0;
}
