// SPDX-License-Identifier: MIT
// Fuzz target: ONNX models up to the graph, everything that is folded included.
#include "nn/io/onnx.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_model *m;
    nn_error err;
    if (nn_onnx_parse(&m, data, size, NULL, &err) != NN_OK)
        return 0;
    // Every parameter must have been written.
    double sum = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        for (int64_t k = 0; k < nn_shape_count(&m->params[i].shape); k++)
            sum += (double)nn_tensor_f32(&m->params[i])[k];
    volatile bool seen = isnan(sum);
    (void)seen;
    nn_model_free(m);
    return 0;
}
