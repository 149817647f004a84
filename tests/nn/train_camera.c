// SPDX-License-Identifier: MIT
// Camera effects: each changes pictures as it should, within the levels, and reproducibly.
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/data/augment/camera.h"
#include "nn/io/image/image.h"

#include <math.h>

enum { SIDE = 64, PIXELS = SIDE * SIDE };
static float picture[3 * PIXELS], planes[3 * PIXELS], more[3 * PIXELS];

// Blocks of colours with a light texture: something for every effect to change.
static void make_picture(void)
{
    for (int i = 0; i < 3 * PIXELS; i++) {
        const int x = i % SIDE, y = i / SIDE % SIDE, c = i / PIXELS;
        const uint64_t block = (uint64_t)(y / 8 * 8 + x / 8) * 3 + (uint64_t)c;
        picture[i] = (float)(40 + nn_hash_mix(block) % 150 + (uint64_t)(x * 7 + y * 3) % 16);
    }
}

static void fill(float *to, float level)
{
    for (int i = 0; i < 3 * PIXELS; i++)
        to[i] = level;
}

// Applies one effect, surely and up to `strength`; returns the mean change of a level.
static double apply(int effect, float strength, uint64_t seed)
{
    nn_camera_options o = {{0}};
    nn_rng rng = nn_rng_seed(seed);
    double change = 0;
    o[effect][0] = 1;
    o[effect][1] = strength;
    memcpy(more, planes, sizeof more);
    assert_int_equal(nn_camera_apply(planes, SIDE, SIDE, o, &rng, NULL), NN_OK);
    for (int i = 0; i < 3 * PIXELS; i++) {
        assert_true(planes[i] >= 0 && planes[i] <= 255);
        change += fabs((double)planes[i] - (double)more[i]);
    }
    return change / (3 * PIXELS);
}

static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < NN_CAMERA_EFFECTS; i++)
        assert_int_equal(nn_camera_find(nn_camera_name(i)), i);
    assert_null(nn_camera_name(NN_CAMERA_EFFECTS));
    assert_null(nn_camera_name(-1));
    assert_int_equal(nn_camera_find("sepia"), -1);
}

// The same seed gives the same view, another seed another one; stronger is further away.
static void test_each(void **state)
{
    (void)state;
    make_picture();
    for (int e = 0; e < NN_CAMERA_EFFECTS; e++) {
        static float first[3 * PIXELS];
        const bool grey = strcmp(nn_camera_name(e), "grey") == 0;
        double weak = 0, strong = 0;
        int others = 0;
        for (uint64_t seed = 0; seed < 12; seed++) {
            memcpy(planes, picture, sizeof planes);
            weak += apply(e, 0.2f, seed);
            memcpy(planes, picture, sizeof planes);
            strong += apply(e, 1, seed);
            memcpy(first, planes, sizeof first);
            memcpy(planes, picture, sizeof planes);
            apply(e, 1, seed);
            assert_memory_equal(first, planes, sizeof first);
            memcpy(planes, picture, sizeof planes);
            apply(e, 1, seed + 100);
            others += memcmp(first, planes, sizeof first) != 0;
        }
        assert_true(strong / 12 > 1);
        assert_true(grey ? others == 0 : others > 3);
        assert_true(grey ? strong == weak : strong > weak);
    }
}

// An effect that is off draws no number and leaves all others as they were; one that is on has the
// right frequency.
static void test_off_and_often(void **state)
{
    (void)state;
    make_picture();
    nn_camera_options o = {{0}};
    for (int e = 0; e < NN_CAMERA_EFFECTS; e++)
        o[e][1] = 1;
    nn_rng rng = nn_rng_seed(3);
    const uint64_t before = rng.state;
    memcpy(planes, picture, sizeof planes);
    assert_int_equal(nn_camera_apply(planes, SIDE, SIDE, o, &rng, NULL), NN_OK);
    assert_true(rng.state == before);
    assert_memory_equal(planes, picture, sizeof planes);
    const int grey = nn_camera_find("grey");
    int seen = 0;
    o[grey][0] = 0.3f;
    for (int i = 0; i < 400; i++) {
        memcpy(planes, picture, sizeof planes);
        assert_int_equal(nn_camera_apply(planes, SIDE, SIDE, o, &rng, NULL), NN_OK);
        seen += memcmp(planes, picture, sizeof planes) != 0;
    }
    assert_in_range(seen, 90, 150);
}

// Blurs, fewer pixels and fields find nothing to change in a picture of one level; grey nothing in
// a grey one; black and white stay under gamma.
static void test_what_stays(void **state)
{
    (void)state;
    static const char *const names[] = {"defocus", "motion", "lowres", "interlace", "grey"};
    for (int i = 0; i < 5; i++) {
        fill(planes, 77);
        assert_true(apply(nn_camera_find(names[i]), 1, 4) < 1e-3);
    }
    for (int i = 0; i < 2; i++) {
        fill(planes, i ? 255 : 0);
        assert_true(apply(nn_camera_find("gamma"), 1, (uint64_t)i) < 1e-3);
    }
    fill(planes, 200);
    apply(nn_camera_find("night"), 1, 8);
    double sum = 0;
    for (int i = 0; i < 3 * PIXELS; i++)
        sum += (double)planes[i];
    assert_true(sum / (3 * PIXELS) < 190);
}

// A point becomes a spot of the same light around the same place.
static void test_blurs_keep_light(void **state)
{
    (void)state;
    static const char *const names[] = {"defocus", "motion"};
    for (int k = 0; k < 2; k++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            fill(planes, 0);
            planes[SIDE / 2 * SIDE + SIDE / 2] = 255;
            apply(nn_camera_find(names[k]), 1, seed);
            double sum = 0, x = 0, y = 0;
            for (int i = 0; i < PIXELS; i++) {
                sum += (double)planes[i];
                x += (double)planes[i] * (i % SIDE);
                y += (double)planes[i] * (i / SIDE);
            }
            assert_float_equal(sum, 255, 0.1);
            assert_float_equal(x / sum, SIDE / 2, 0.75);
            assert_float_equal(y / sum, SIDE / 2, 0.75);
        }
}

// Noise has no mean, and more where more light is; grey noise is one for all channels.
static void test_noise(void **state)
{
    (void)state;
    int grey = 0;
    double variance[2] = {0, 0};
    for (uint64_t seed = 0; seed < 60; seed++) {
        for (int i = 0; i < 3 * PIXELS; i++)
            planes[i] = i % SIDE < SIDE / 2 ? 60 : 180;
        apply(nn_camera_find("noise"), 1, seed);
        double sum[2] = {0, 0};
        bool same = true;
        for (int i = 0; i < 3 * PIXELS; i++) {
            const int half = i % SIDE >= SIDE / 2;
            const double d = (double)planes[i] - (half ? 180 : 60);
            sum[half] += d;
            variance[half] += d * d;
            same = same && fabsf(planes[i] - planes[i % PIXELS]) < 1e-3f;
        }
        for (int half = 0; half < 2; half++)
            assert_true(fabs(sum[half]) / (1.5 * PIXELS) < 1);
        grey += same;
    }
    assert_true(variance[1] > 1.2 * variance[0]);
    assert_in_range(grey, 12, 36);
}

static double distance_after(int quality)
{
    uint8_t rgb[3 * PIXELS];
    for (int i = 0; i < 3 * PIXELS; i++)
        rgb[i] = (uint8_t)picture[i % 3 * PIXELS + i / 3];
    const nn_image image = {SIDE, SIDE, rgb};
    assert_int_equal(nn_image_recompress(&image, quality, NULL), NN_OK);
    double sum = 0;
    for (int i = 0; i < 3 * PIXELS; i++)
        sum += fabs((double)rgb[i] - (double)picture[i % 3 * PIXELS + i / 3]);
    return sum / (3 * PIXELS);
}

static void test_jpeg(void **state)
{
    (void)state;
    make_picture();
    assert_true(distance_after(10) > distance_after(60) && distance_after(60) > distance_after(95));
    assert_true(distance_after(0) == distance_after(1));
    // Views of any size, also of less than a block.
    nn_camera_options o = {{0}};
    o[nn_camera_find("jpeg")][0] = o[nn_camera_find("jpeg")][1] = 1;
    for (int h = 1; h < 20; h += 6)
        for (int w = 1; w < 20; w += 3) {
            nn_rng rng = nn_rng_seed(1);
            fill(planes, 90);
            assert_int_equal(nn_camera_apply(planes, h, w, o, &rng, NULL), NN_OK);
            for (int i = 0; i < 3 * h * w; i++)
                assert_float_equal(planes[i], 90, 3);
        }
}

static nn_status apply_all(void *ctx, nn_error *err)
{
    nn_camera_options o;
    nn_rng rng = nn_rng_seed(5);
    (void)ctx;
    for (int e = 0; e < NN_CAMERA_EFFECTS; e++)
        o[e][0] = o[e][1] = 1;
    memcpy(planes, picture, sizeof planes);
    return nn_camera_apply(planes, SIDE, SIDE, o, &rng, err);
}

static void test_no_memory(void **state)
{
    (void)state;
    make_picture();
    assert_true(alloc_fail_each(apply_all, NULL) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_off_and_often),
        cmocka_unit_test(test_what_stays),
        cmocka_unit_test(test_blurs_keep_light),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_jpeg),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
