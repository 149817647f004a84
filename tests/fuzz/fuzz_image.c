// SPDX-License-Identifier: MIT
// Fuzz target: JPEG and PNG pictures.
#include "nn/io/image.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_image image;
    nn_error err;
    if (nn_image_parse(&image, data, size, &err) != NN_OK)
        return 0;
    // Every pixel must have been written.
    unsigned sum = 0;
    for (int64_t i = 0; i < (int64_t)image.width * image.height * 3; i++)
        sum += image.rgb[i];
    volatile unsigned seen = sum;
    (void)seen;
    nn_image_release(&image);
    return 0;
}
