// SPDX-License-Identifier: MIT
// The draws of augmentation: seeds, statistics, colours, blends and their targets, extremes.
#include "tests/support/alloc.h"
#include "tests/support/test.h"
#include "tests/support/views.h"

#include "nn/base/memory.h"
#include "nn/data/augment/augment_parts.h"

#include <math.h>
#include <stdio.h>

static float planes[3 * VIEWS_PIXELS], more[3 * VIEWS_PIXELS];

// A picture of one grey level for each class: 40, 80, 120, 160.
static void make_greys(nn_dataset *d)
{
    views_open(d);
    for (int i = 0; i < VIEWS_CLASSES; i++) {
        views_add(d, VIEWS_SIDE, VIEWS_SIDE, i, NULL, 0);
        memset(d->samples[i].image.rgb, 40 * (i + 1), (size_t)3 * VIEWS_PIXELS);
    }
}

// Everything, as strong as it may be.
static nn_augment_options everything(void)
{
    nn_augment_options o = views_plain();
    o.scale[0] = 0.01f;
    o.scale[1] = 100;
    o.area[1] = 1;
    o.ratio = 16;
    o.aspect = 0.99f;
    o.focus = o.mosaic = o.balance = o.flip_h = o.flip_v = o.rotate = o.erase = 0.5f;
    o.angle = 180;
    o.shear = 45;
    o.translate = o.brightness = o.contrast = o.saturation = 1;
    o.hue = 0.5f;
    o.hsv[0] = o.hsv[1] = o.hsv[2] = 1;
    o.lighting = 10;
    o.rand_count = NN_RAND_MAX;
    o.rand_strength = 10;
    o.erase_area[1] = 0.9f;
    o.mixup = o.cutmix = 0.3f;
    o.mix = o.paste = 0.5f;
    o.paste_most = 4;
    o.perspective = 0.3f;
    for (int i = 0; i < NN_CAMERA_EFFECTS; i++) {
        o.camera[i][0] = 0.3f;
        o.camera[i][1] = 1;
    }
    return o;
}

static void test_check(void **state)
{
    (void)state;
    nn_error err;
    nn_augment_options o;
    nn_augment_defaults(&o);
    assert_int_equal(nn_augment_check(&o, &err), NN_OK);
    o.hsv[2] = 1.5f;
    assert_int_equal(nn_augment_check(&o, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "--hsv 0,0,1.5: not H,S,V, each at least 0, at most 1"));
    o.hsv[2] = 0;
    o.camera[4][0] = 2;
    assert_int_equal(nn_augment_check(&o, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "--camera must be 0 to 1, not defocus=2"));
    o.camera[4][0] = 0;
    o.angle = NAN;
    assert_int_equal(nn_augment_check(&o, &err), NN_EINVAL);
    o.angle = 0;
    o.rand_count = NN_RAND_MAX + 1;
    assert_int_equal(nn_augment_check(&o, &err), NN_EINVAL);
    o.rand_count = 0;
    o.scale[0] = 2;
    assert_int_equal(nn_augment_check(&o, &err), NN_EINVAL);
    o = everything();
    assert_int_equal(nn_augment_check(&o, &err), NN_OK);
}

// All options but the name of the preset.
static void describe(const nn_augment_options *o, char text[2048])
{
    size_t used = 0;
    for (const nn_option *row = nn_augment_option_rows() + 1; row->field.name; row++) {
        char *value = nn_option_write(row, o);
        used += (size_t)snprintf(text + used, 2048 - used, "%s=%s ", row->field.name, value);
        nn_free(value);
    }
    assert_true(used < 2048);
}

static void test_presets(void **state)
{
    (void)state;
    nn_augment_options o, usual;
    nn_error err;
    nn_augment_defaults(&usual);
    for (int classes = 0; classes < 2; classes++) {
        char seen[4][2048], all[2048];
        static const char *const names[] = {"none", "usual", "strong", "anywhere"};
        for (int i = 0; i < 4; i++) {
            nn_augment_defaults(&o);
            o.fit_w = 77;
            o.std[1] = 0.5f;
            o.stretch = true;
            o.mixup = 5;
            assert_int_equal(nn_augment_preset(&o, names[i], classes, &err), NN_OK);
            assert_int_equal(nn_augment_check(&o, &err), NN_OK);
            assert_true(o.fit_w == 77 && o.std[1] == 0.5f && o.stretch);
            o.stretch = false;
            describe(&o, seen[i]);
        }
        for (int i = 0; i < 3; i++)
            assert_string_not_equal(seen[i], seen[i + 1]);
        describe(&usual, all);
        assert_string_equal(seen[1], all);
    }
    assert_int_equal(nn_augment_preset(&o, "wild", true, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "none, usual, strong"));
    nn_dataset d; // "none" is what inference sees
    views_open(&d);
    views_add(&d, 100, 60, 0, NULL, 0);
    for (int i = 0; i < 3 * 6000; i++)
        d.samples[0].image.rgb[i] = (uint8_t)(i * 7);
    float t[VIEWS_CLASSES];
    nn_augment_defaults(&o);
    assert_int_equal(nn_augment_preset(&o, "none", true, &err), NN_OK);
    views_draw(planes, t, &d, 0, &o, 1);
    views_draw(more, t, &d, 0, &o, 2);
    assert_memory_equal(planes, more, sizeof planes);
    nn_dataset_release(&d);
}

static void test_beta(void **state)
{
    (void)state;
    static const double alphas[] = {0.2, 1, 4};
    enum { N = 20000 };
    for (int k = 0; k < 3; k++) {
        nn_rng rng = nn_rng_seed(k);
        double sum = 0, squares = 0;
        for (int i = 0; i < N; i++) {
            const double x = nn_augment_beta(alphas[k], &rng);
            assert_true(x >= 0 && x <= 1);
            sum += x;
            squares += (x - 0.5) * (x - 0.5);
        }
        const double variance = 1 / (4 * (2 * alphas[k] + 1));
        assert_float_equal(sum / N, 0.5, 0.01);
        assert_float_equal(squares / N, variance, 0.04 * variance);
    }
    nn_rng rng = nn_rng_seed(9); // so small that both gammas may be 0
    for (int i = 0; i < 1000; i++) {
        const double x = nn_augment_beta(1e-4, &rng);
        assert_true(x >= 0 && x <= 1);
    }
}

// The grey of a blend tells the share of each picture: the targets must have the same shares.
static void test_mixup(void **state)
{
    (void)state;
    enum { N = 400 };
    nn_dataset d;
    make_greys(&d);
    nn_augment_options o = views_plain();
    o.mixup = 0.4f;
    o.mix = 0.75f;
    int mixed = 0;
    for (int i = 0; i < N; i++) {
        float t[VIEWS_CLASSES];
        views_draw(planes, t, &d, 3, &o, (uint64_t)i);
        double level = 0, sum = 0;
        int classes = 0;
        for (int c = 0; c < VIEWS_CLASSES; c++) {
            level += (double)t[c] * 40 * (c + 1) / 255;
            sum += (double)t[c];
            classes += t[c] > 0;
        }
        assert_float_equal(sum, 1, 1e-5);
        assert_float_equal(planes[VIEWS_PIXELS / 2], level, 1e-5);
        assert_float_equal(planes[3 * VIEWS_PIXELS - 1], level, 1e-5);
        mixed += classes > 1;
    }
    // Two pictures of one class: the target does not change.
    assert_in_range(mixed, (int)(0.75 * 0.75 * N) - 40, (int)(0.75 * 0.75 * N) + 40);
    nn_dataset_release(&d);
}

static void test_cutmix(void **state)
{
    (void)state;
    enum { N = 300 };
    nn_dataset d;
    make_greys(&d);
    nn_augment_options o = views_plain();
    o.cutmix = 1;
    double kept = 0;
    for (int i = 0; i < N; i++) {
        float t[VIEWS_CLASSES];
        int seen[VIEWS_CLASSES] = {0};
        views_draw(planes, t, &d, 3, &o, (uint64_t)(4 * i + i % 3));
        for (int p = 0; p < VIEWS_PIXELS; p++)
            seen[(int)(planes[p] * 255 / 40 + 0.5f) - 1]++;
        for (int c = 0; c < VIEWS_CLASSES; c++)
            assert_float_equal(t[c], (double)seen[c] / VIEWS_PIXELS, 1e-5);
        kept += (double)t[3];
    }
    // A rectangle that reaches beyond the view is cut: more than half is kept on average.
    assert_true(kept / N > 0.5 && kept / N < 0.85);
    nn_dataset_release(&d);
}

static void test_erasing(void **state)
{
    (void)state;
    enum { N = 400 };
    nn_dataset d;
    make_greys(&d);
    nn_augment_options o = views_plain();
    o.erase = 0.5f;
    o.erase_area[0] = 0.1f;
    o.erase_area[1] = 0.3f;
    o.mean[1] = 0.5f;
    o.std[1] = 0.25f;
    int erased = 0, pixels = 0;
    double noise = 0;
    for (int i = 0; i < N; i++) {
        float t[VIEWS_CLASSES];
        views_draw(planes, t, &d, i % VIEWS_CLASSES, &o, (uint64_t)i);
        assert_true(t[i % VIEWS_CLASSES] == 1);
        const float plain = (40 * (float)(i % VIEWS_CLASSES + 1) / 255 - 0.5f) / 0.25f;
        int changed = 0;
        for (int p = VIEWS_PIXELS; p < 2 * VIEWS_PIXELS; p++)
            if (fabsf(planes[p] - plain) > 1e-5f) {
                changed++;
                noise += (double)planes[p];
                assert_true(planes[p] >= -2 && planes[p] <= 2);
            }
        erased += changed > 0;
        pixels += changed;
        assert_true(changed == 0 ||
                    (changed > 0.08 * VIEWS_PIXELS && changed < 0.33 * VIEWS_PIXELS));
    }
    assert_in_range(erased, N / 2 - 40, N / 2 + 40);
    assert_float_equal((double)pixels / erased / VIEWS_PIXELS, 0.2, 0.015);
    assert_float_equal(noise / pixels, 0, 0.02); // uniform between black and white
    nn_dataset_release(&d);
}

static void test_lighting(void **state)
{
    (void)state;
    enum { N = 3000 };
    nn_dataset d;
    make_greys(&d);
    nn_augment_options o = views_plain();
    o.lighting = 0.1f;
    double sum[3] = {0}, products[3][3] = {{0}};
    for (int i = 0; i < N; i++) {
        float t[VIEWS_CLASSES];
        double shift[3];
        views_draw(planes, t, &d, 2, &o, (uint64_t)i);
        for (int c = 0; c < 3; c++) {
            shift[c] = (double)planes[c * VIEWS_PIXELS] - 120.0 / 255;
            assert_true(planes[c * VIEWS_PIXELS] == planes[c * VIEWS_PIXELS + VIEWS_PIXELS - 1]);
            sum[c] += shift[c];
            for (int k = 0; k <= c; k++)
                products[c][k] += shift[c] * shift[k];
        }
    }
    // Sum over the axes of (0.1 variance)^2 times the components.
    const double red =
        0.01 * (0.5675 * 0.5675 * 0.2175 * 0.2175 + 0.7192 * 0.7192 * 0.0188 * 0.0188);
    for (int c = 0; c < 3; c++) {
        assert_float_equal(sum[c] / N, 0, 8e-4);
        assert_float_equal(products[c][c] / N, red, 0.1 * red); // nearly the same for all
    }
    assert_true(products[1][0] / N > 0.9 * red); // light goes up and down in all
    nn_dataset_release(&d);
}

static void fill(const float colour[3])
{
    for (int i = 0; i < 3 * VIEWS_PIXELS; i++)
        planes[i] = colour[i / VIEWS_PIXELS];
}

static void test_hsv(void **state)
{
    (void)state;
    static const float colours[][3] = {{200, 40, 40}, {10, 250, 90}, {30, 30, 200},
                                       {90, 90, 90},  {0, 0, 0},     {255, 255, 255},
                                       {250, 250, 3}, {7, 200, 200}};
    nn_augment_options o = views_plain();
    for (int k = 0; k < 8; k++) {
        const float *c = colours[k];
        const float top = fmaxf(c[0], fmaxf(c[1], c[2])), low = fminf(c[0], fminf(c[1], c[2]));
        for (int i = 0; i < 50; i++) {
            nn_rng rng = nn_rng_seed((uint64_t)i), copy = rng;
            o.hsv[0] = 0.5f;
            o.hsv[1] = o.hsv[2] = 0;
            fill(c);
            nn_augment_colour(planes, VIEWS_PIXELS, &o, &rng); // only turned: light and chroma stay
            const float *p = planes;
            const float r = 255 * p[0], g = 255 * p[VIEWS_PIXELS], b = 255 * p[2 * VIEWS_PIXELS];
            assert_float_equal(fmaxf(r, fmaxf(g, b)), top, 1e-2);
            assert_float_equal(fminf(r, fminf(g, b)), low, 1e-2);
            const float turn = nn_rng_range(&copy, -0.5f, 0.5f);
            if (k == 0 && turn > 0 && turn < 1.0f / 6) // red towards yellow: green rises
                assert_float_equal(g, 40 + 160 * 6 * turn, 0.1);
            o.hsv[0] = 0;
            o.hsv[1] = o.hsv[2] = 0.5f;
            rng = nn_rng_seed((uint64_t)i);
            fill(c);
            nn_augment_colour(planes, VIEWS_PIXELS, &o, &rng);
            const float light = fmaxf(p[0], fmaxf(p[VIEWS_PIXELS], p[2 * VIEWS_PIXELS]));
            assert_true(light >= 0.5f * top / 255 - 1e-4f && light <= 1.5f * top / 255 + 1e-4f);
            assert_true(k != 3 || (p[0] == p[VIEWS_PIXELS] && p[0] == p[2 * VIEWS_PIXELS]));
        }
    }
}

// All at once, as strong as may be, on pictures of all shapes: no view is anything but finite and
// inside the levels, targets add up, and the same seed gives the same view.
static void test_extremes(void **state)
{
    (void)state;
    static const int shapes[][2] = {{1, 1}, {1, 300}, {300, 1}, {2, 3}, {200, 150}};
    const nn_augment_options o = everything();
    nn_dataset d;
    views_open(&d);
    for (int i = 0; i < 5; i++) {
        const nn_truth box = {0, 0, (float)shapes[i][0], (float)shapes[i][1], i % 2, false, 0, 0};
        views_add(&d, shapes[i][0], shapes[i][1], i % VIEWS_CLASSES, &box, 1);
    }
    for (int i = 0; i < 300; i++) {
        const bool boxes = i % 2;
        const int h = i % 3 ? VIEWS_SIDE : 1, w = i % 5 ? VIEWS_SIDE : 2;
        float targets[2][VIEWS_CLASSES];
        nn_truth truths[2][4];
        for (int k = 0; k < 2; k++) {
            nn_rng rng = nn_rng_seed((uint64_t)i);
            nn_view v = {h, w, k ? more : planes, .classes = boxes ? 0 : VIEWS_CLASSES};
            v.targets = targets[k];
            v.truths = truths[k];
            v.capacity = boxes ? 4 : 0;
            assert_int_equal(nn_augment_draw(&v, &d, i % 5, (int[3]){1, 2, 4}, &o,
                                             nn_kernels_best(), &rng, NULL),
                             NN_OK);
            float sum = 0;
            for (int c = 0; c < VIEWS_CLASSES && !boxes; c++)
                sum += targets[k][c];
            assert_true(boxes || fabsf(sum - 1) < 1e-5f);
        }
        assert_memory_equal(planes, more, sizeof(float) * 3 * (size_t)(h * w));
        assert_true(boxes || memcmp(targets[0], targets[1], sizeof targets[0]) == 0);
        for (int p = 0; p < 3 * h * w; p++)
            assert_true(planes[p] >= -1e-5f && planes[p] <= 1 + 1e-5f);
    }
    nn_dataset_release(&d);
}

typedef struct drawing {
    nn_dataset *data;
    const nn_augment_options *options;
    uint64_t seed;
} drawing;

static nn_status draw_view(void *ctx, nn_error *err)
{
    const drawing *w = ctx;
    float targets[VIEWS_CLASSES];
    nn_rng rng = nn_rng_seed(w->seed);
    nn_view v = {VIEWS_SIDE, VIEWS_SIDE, planes, .targets = targets, .classes = VIEWS_CLASSES};
    return nn_augment_draw(&v, w->data, 0, (int[3]){1, 2, 3}, w->options, nn_kernels_best(), &rng,
                           err);
}

static void test_no_memory(void **state)
{
    (void)state;
    nn_augment_options o = everything();
    o.mix = o.rotate = 1;
    nn_dataset d;
    make_greys(&d);
    int failures = 0;
    for (int seed = 0; seed < 4; seed++)
        failures += alloc_fail_each(draw_view, &(drawing){&d, &o, (uint64_t)seed});
    assert_true(failures > 20);
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),    cmocka_unit_test(test_presets),
        cmocka_unit_test(test_beta),     cmocka_unit_test(test_mixup),
        cmocka_unit_test(test_cutmix),   cmocka_unit_test(test_erasing),
        cmocka_unit_test(test_lighting), cmocka_unit_test(test_hsv),
        cmocka_unit_test(test_extremes), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
