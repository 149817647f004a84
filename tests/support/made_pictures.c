// SPDX-License-Identifier: MIT
// Generated pictures in memory.
#include "tests/support/made_pictures.h"

#include "nn/base/memory.h"
#include "tests/support/test.h"

#include <stdio.h>

void made_pictures(nn_dataset *d, int count, int side, uint64_t seed, made_paint *paint)
{
    int source;
    nn_rng rng = nn_rng_seed(seed);
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_source(d, &(nn_source){.path = "made"}, &source, NULL), NN_OK);
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "made %d", i);
        nn_sample s = {.name = nn_strdup(name),
                       .width = side,
                       .height = side,
                       .image = {side, side, nn_alloc(3 * (size_t)side * (size_t)side)},
                       .classes = nn_calloc(1, sizeof(int32_t)),
                       .class_count = 1,
                       .source = source,
                       .in_memory = true};
        s.classes[0] = paint(s.image.rgb, side, i, &rng);
        assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
    }
}
