// SPDX-License-Identifier: MIT
// Fuzz target: weights of Keras in HDF5.
#include "nn/io/format.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

extern const nn_io_format nn_io_hdf5;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_bundle b;
    nn_error err;
    if (!nn_io_hdf5.probe(data, size) || nn_bundle_parse(&b, data, size, &err) != NN_OK)
        return 0;
    // Every element must have been written.
    double sum = 0;
    for (int i = 0; i < b.count; i++)
        for (int64_t k = 0; k < nn_shape_count(&b.tensors[i].tensor.shape); k++)
            sum += (double)nn_tensor_f32(&b.tensors[i].tensor)[k];
    volatile bool seen = isnan(sum);
    (void)seen;
    nn_bundle_release(&b);
    return 0;
}
