// SPDX-License-Identifier: MIT
// Hashes of pictures: near for the same scene, far for another one, at any size.
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/data/picture_hash.h"

static nn_image make(uint64_t seed, int width, int height, int noise)
{
    nn_rng rng = nn_rng_seed(seed + 99);
    nn_image m = {width, height, nn_alloc((size_t)3 * width * height)};
    for (int i = 0; i < width * height; i++) {
        const int x = i % width * 7 / width, y = i / width * 7 / height;
        for (int c = 0; c < 3; c++)
            m.rgb[3 * i + c] = (uint8_t)(20 + nn_hash_mix(seed * 64 + (uint64_t)(y * 7 + x)) % 200 +
                                         (uint64_t)nn_rng_below(&rng, noise));
    }
    return m;
}

static nn_picture_hash hash_of(uint64_t seed, int width, int height, int noise)
{
    nn_image m = make(seed, width, height, noise);
    const nn_picture_hash h = nn_picture_hash_of(&m);
    nn_image_release(&m);
    return h;
}

static void test_near_and_far(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        const nn_picture_hash a = hash_of(seed, 126, 126, 1);
        const nn_picture_hash same = hash_of(seed, 126, 126, 1), large = hash_of(seed, 252, 315, 1);
        const nn_picture_hash noisy = hash_of(seed, 126, 126, 8),
                              other = hash_of(seed + 50, 126, 126, 1);
        assert_int_equal(nn_picture_distance(&a, &same), 0);
        assert_true(nn_picture_distance(&a, &large) <= 8);
        assert_true(nn_picture_distance(&a, &noisy) <= 24);
        assert_true(nn_picture_distance(&a, &other) > 30);
        assert_false(a.flat);
    }
}

static void test_small_and_flat(void **state)
{
    (void)state;
    for (int w = 1; w < 12; w += 2)
        for (int h = 1; h < 12; h += 5) {
            const nn_picture_hash a = hash_of(3, w, h, 1), b = hash_of(3, w, h, 1);
            assert_int_equal(nn_picture_distance(&a, &b), 0);
        }
    nn_image flat = {20, 20, nn_calloc(3, 400)};
    assert_true(nn_picture_hash_of(&flat).flat);
    nn_image_release(&flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near_and_far),
        cmocka_unit_test(test_small_and_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
