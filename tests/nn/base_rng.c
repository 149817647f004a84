// SPDX-License-Identifier: MIT
// Random generator: published splitmix64 and FNV numbers, moments, bounds, streams, resuming.
#include "nn/base/rng.h"
#include "tests/support/test.h"

#include <math.h>

enum { DRAWS = 200000 };

// splitmix64 seeded with 1234567 (test vector of the reference implementation), FNV-1a of "foobar".
static void hashes_are_the_published_ones(void **state)
{
    const uint64_t want[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                             4593380528125082431u, 16408922859458223821u};
    nn_rng r = {1234567};
    (void)state;
    assert_true(nn_hash_mix(0) == 0xE220A8397B1DCDAFu);
    for (int i = 0; i < 5; i++)
        assert_true(nn_rng_next(&r) == want[i]);
    assert_true(nn_hash_name("") == 0xCBF29CE484222325u);
    assert_true(nn_hash_name("foobar") == 0x85944171F73967E8u);
}

// The upper half of a product of 128 bits, computed elsewhere.
static void bounds_scale_the_whole_number(void **state)
{
    static const int64_t bounds[] = {10, INT64_MAX, 0x123456789ABCDEF};
    static const int64_t want[][3] = {
        {3, 1, 5},
        {3228913858555182658, 1601584105599403986, 4908745966099185210},
        {28701456520490512, 14236303160883590, 43633297476437201},
    };
    (void)state;
    for (int i = 0; i < 3; i++) {
        nn_rng r = {1234567};
        for (int k = 0; k < 3; k++)
            assert_true(nn_rng_below(&r, bounds[i]) == want[i][k]);
    }
}

static void uniform_has_its_moments(void **state)
{
    nn_rng r = nn_rng_seed(1);
    double sum = 0.0, squares = 0.0;
    int bins[16] = {0};
    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        const float u = nn_rng_uniform(&r);
        assert_true(u >= 0.0f && u < 1.0f);
        sum += (double)u;
        squares += (double)u * (double)u;
        bins[(int)(u * 16.0f)]++;
    }
    assert_true(fabs(sum / DRAWS - 0.5) < 0.003);
    assert_true(fabs(squares / DRAWS - 1.0 / 3.0) < 0.003);
    for (int i = 0; i < 16; i++)
        assert_true(fabs(bins[i] - DRAWS / 16.0) < 5 * sqrt(DRAWS / 16.0));
}

static void normal_has_its_moments(void **state)
{
    nn_rng r = nn_rng_seed(2);
    double sum = 0.0, squares = 0.0, fourth = 0.0;
    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        const double x = (double)nn_rng_normal(&r);
        assert_true(isfinite(x));
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    assert_true(fabs(sum / DRAWS) < 0.012);
    assert_true(fabs(squares / DRAWS - 1.0) < 0.016);
    assert_true(fabs(fourth / DRAWS - 3.0) < 0.12);
}

static void ranges_are_kept(void **state)
{
    nn_rng r = nn_rng_seed(3);
    int bins[7] = {0};
    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        const float x = nn_rng_range(&r, -2.5f, 4.0f);
        const int64_t k = nn_rng_below(&r, 7);
        assert_true(x >= -2.5f && x <= 4.0f);
        assert_in_range(k, 0, 6);
        bins[k]++;
    }
    for (int i = 0; i < 7; i++)
        assert_true(fabs(bins[i] - DRAWS / 7.0) < 5 * sqrt(DRAWS / 7.0));
    assert_int_equal(nn_rng_below(&r, 1), 0);
    assert_int_equal(nn_rng_below(&r, 0), 0);
    assert_int_equal(nn_rng_below(&r, -3), 0);
    for (int i = 0; i < 1000; i++)
        assert_true(nn_rng_below(&r, INT64_MAX) >= 0);
}

static void seeds_and_streams_differ(void **state)
{
    (void)state;
    nn_rng a = nn_rng_seed(5), b = nn_rng_seed(5), c = nn_rng_seed(6);
    assert_true(nn_rng_next(&a) == nn_rng_next(&b));
    assert_true(nn_rng_next(&a) != nn_rng_next(&c));
    // Neighbouring streams are uncorrelated: the first draws of many behave like one generator.
    double sum = 0.0, products = 0.0, last = 0.0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        nn_rng s = nn_rng_stream(9, i), again = nn_rng_stream(9, i);
        const double u = (double)nn_rng_uniform(&s) - 0.5;
        assert_true((double)nn_rng_uniform(&again) - 0.5 == u);
        sum += u;
        products += u * last;
        last = u;
    }
    assert_true(fabs(sum / DRAWS) < 0.003);
    assert_true(fabs(products / DRAWS) < 0.001);
}

static void a_saved_state_goes_on(void **state)
{
    nn_rng r = nn_rng_seed(8);
    (void)state;
    for (int i = 0; i < 10; i++)
        nn_rng_normal(&r);
    nn_rng copy = {r.state};
    for (int i = 0; i < 10; i++)
        assert_true(nn_rng_normal(&r) == nn_rng_normal(&copy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_the_published_ones),
        cmocka_unit_test(bounds_scale_the_whole_number),
        cmocka_unit_test(uniform_has_its_moments),
        cmocka_unit_test(normal_has_its_moments),
        cmocka_unit_test(ranges_are_kept),
        cmocka_unit_test(seeds_and_streams_differ),
        cmocka_unit_test(a_saved_state_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
