// SPDX-License-Identifier: MIT
// Fuzz target: JPEG and PNG pictures, also as pictures of numbers.
#include "nn/io/image/image.h"
#include "tests/fuzz/fuzz.h"

// Every pixel must have been written.
static void look_at(const uint8_t *bytes, int64_t count)
{
    unsigned sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += bytes[i];
    volatile unsigned seen = sum;
    (void)seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_image image;
    nn_indices indices;
    nn_error err;
    if (nn_indices_parse(&indices, data, size, &err) == NN_OK) {
        look_at(indices.value, (int64_t)indices.width * indices.height);
        nn_indices_release(&indices);
    }
    if (nn_image_parse(&image, data, size, &err) != NN_OK)
        return 0;
    look_at(image.rgb, (int64_t)image.width * image.height * 3);
    nn_image_release(&image);
    return 0;
}
