// SPDX-License-Identifier: MIT
// Pictures in memory, and options and calls that draw views of them.
#include "tests/support/views.h"

#include "tests/support/test.h"

#include "nn/base/memory.h"

void views_add(nn_dataset *d, int width, int height, int32_t class, const nn_truth *t, int count)
{
    nn_sample s = {.name = nn_strdup("x"),
                   .width = width,
                   .height = height,
                   .image = {width, height, nn_calloc((size_t)3 * width, (size_t)height)},
                   .truths = count ? nn_alloc(count * sizeof *t) : NULL,
                   .truth_count = count,
                   .classes = nn_alloc(sizeof(int32_t)),
                   .class_count = 1,
                   .in_memory = true};
    s.classes[0] = class;
    for (int i = 0; i < count; i++) {
        s.truths[i] = t[i];
        for (int y = (int)t[i].y0; y < (int)t[i].y1; y++)
            memset(s.image.rgb + 3 * (y * width + (int)t[i].x0), 255,
                   3 * (size_t)(t[i].x1 - t[i].x0));
    }
    assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
}

void views_open(nn_dataset *d)
{
    int index;
    const nn_source source = {.path = "memory"};
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_source(d, &source, &index, NULL), NN_OK);
}

nn_augment_options views_plain(void)
{
    nn_augment_options o;
    nn_augment_defaults(&o);
    o.area[0] = o.area[1] = 0;
    o.scale[0] = o.scale[1] = o.crop = 1;
    o.aspect = o.flip_h = o.brightness = o.contrast = o.saturation = o.hue = 0;
    o.fit_h = o.fit_w = VIEWS_SIDE;
    return o;
}

void views_draw(float *to, float *targets, nn_dataset *d, int index, const nn_augment_options *o,
                uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    const int others[3] = {(int)(seed % 4), 1, 2};
    nn_view v = {VIEWS_SIDE, VIEWS_SIDE, to, .targets = targets, .classes = VIEWS_CLASSES};
    assert_int_equal(nn_augment_draw(&v, d, index, others, o, nn_kernels_best(), &rng, NULL),
                     NN_OK);
}
