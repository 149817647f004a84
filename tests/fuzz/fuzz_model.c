// SPDX-License-Identifier: MIT
// Fuzz target: safetensors files with a graph in their metadata, as stored and fused, and a run of
// small ones.
#include "nn/io/io.h"
#include "nn/predict/load_model_internal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/run_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_model *m;
    nn_error err;
    if (nn_model_parse(&m, data, size, &err) != NN_OK)
        return 0;
    fuzz_model(m, size % 2);
    if (nn_model_fuse(&m, 0, &err) == NN_OK)
        fuzz_model(m, true);
    nn_model_free(m);
    return 0;
}
