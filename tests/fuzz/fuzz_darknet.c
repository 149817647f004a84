// SPDX-License-Identifier: MIT
// Fuzz target: Darknet's networks up to the graph. The text ends at the first NUL, the weights
// stand behind it.
#include "nn/io/darknet/darknet.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
    const size_t text = end ? (size_t)(end - data) : size;
    const size_t skip = end ? text + 1 : size;
    nn_model *m;
    nn_error err;
    if (nn_darknet_parse(&m, data, text, data + skip, size - skip, NULL, &err) != NN_OK)
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
