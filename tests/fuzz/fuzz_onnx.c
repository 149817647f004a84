// SPDX-License-Identifier: MIT
// Fuzz target: ONNX models up to the graph, constant folding included, and a run of small ones.
#include "nn/io/onnx/onnx.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/run_model.h"

enum { MAX_CONSTANTS = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_model *m;
    nn_error err;
    const nn_onnx_options options = {.constant_bytes = MAX_CONSTANTS + 4 * size};
    if (nn_onnx_parse(&m, data, size, &options, &err) != NN_OK)
        return 0;
    fuzz_model(m, size % 2);
    nn_model_free(m);
    return 0;
}
