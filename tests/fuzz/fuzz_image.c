// SPDX-License-Identifier: MIT
// Fuzz target: pictures of all kinds, one after the other when they move, and pictures of numbers.
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

enum { MOST = 8 }; // pictures of a file: the others are decoded in the same way

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_image image;
    nn_image_player *player;
    nn_indices indices;
    nn_error err;
    int ms;
    if (nn_indices_parse(&indices, data, size, &err) == NN_OK) {
        look_at(indices.value, (int64_t)indices.width * indices.height);
        nn_indices_release(&indices);
    }
    if (nn_image_player_parse(&player, data, size, &err) != NN_OK)
        return 0;
    for (int i = 0; i < MOST && nn_image_player_next(player, &image, &ms, &err) == 1; i++) {
        look_at(image.rgb, (int64_t)image.width * image.height * 3);
        nn_image_release(&image);
    }
    nn_image_player_close(player);
    return 0;
}
