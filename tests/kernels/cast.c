// SPDX-License-Identifier: MIT
// Half-precision kernels: exact against a definition in float64, every level bit for bit.
#include "nn/kernels/kernels.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <math.h>

enum { ALL = 65536 };

static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static float float_of(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

// IEEE 754 binary16 by its definition.
static double value_of_f16(uint16_t h)
{
    const int exponent = h >> 10 & 31, fraction = h & 1023;
    const double sign = h >> 15 ? -1.0 : 1.0;
    if (exponent == 31)
        return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static void test_every_f16_decodes(void **state)
{
    const char *name;
    uint16_t *h = nn_alloc(ALL * sizeof *h), *back = nn_alloc(ALL * sizeof *back);
    float *f = nn_alloc(ALL * sizeof *f);
    (void)state;
    assert_true(h && back && f);
    for (int i = 0; i < ALL; i++)
        h[i] = (uint16_t)i;
    for (int level = 0; guard_level(level, &name); level++) {
        const nn_cast_kernels *k = &guard_level(level, &name)->cast;
        k->f32_from_f16(f, h, ALL);
        k->f16_from_f32(back, f, ALL);
        for (int i = 0; i < ALL; i++) {
            const double want = value_of_f16(h[i]);
            if (isnan(want)) { // quiet, and the payload is kept
                assert_true(isnan(f[i]) && back[i] == (h[i] | 0x200));
                continue;
            }
            assert_true((double)f[i] == want && !signbit(f[i]) == !signbit(want));
            assert_int_equal(back[i], h[i]);
        }
    }
    nn_free(h);
    nn_free(back);
    nn_free(f);
}

// The nearest binary16 found by bisection over the finite ones; a tie goes to the even code.
static uint16_t nearest_f16(float f)
{
    const uint16_t sign = signbit(f) ? 0x8000 : 0;
    const double v = fabs((double)f);
    int low = 0, high = 0x7c00; // codes grow with the value; 0x7c00 stands for 2^16
    if (isnan(f))
        return (uint16_t)(sign | 0x7e00 | (bits_of(f) >> 13 & 1023));
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        *(value_of_f16((uint16_t)middle) <= v ? &low : &high) = middle;
    }
    const double above = high == 0x7c00 ? 65536.0 : value_of_f16((uint16_t)high);
    const double down = v - value_of_f16((uint16_t)low), up = above - v;
    const bool take_high = up < down || (up == down && high % 2 == 0);
    return (uint16_t)(sign | (take_high ? high : low));
}

// Floats at, beside and half way between halves, and random bit patterns.
static int make_floats(float *f)
{
    int n = 0;
    nn_rng r = nn_rng_seed(3);
    for (int h = 0; h < 0x7c00; h++) {
        const double a = value_of_f16((uint16_t)h);
        const double b = h + 1 == 0x7c00 ? 65536.0 : value_of_f16((uint16_t)(h + 1));
        const uint32_t middle = bits_of((float)((a + b) / 2)), sign = h % 2 ? 0x80000000 : 0;
        f[n++] = float_of(middle | sign);
        f[n++] = float_of((middle - 1) | sign);
        f[n++] = float_of((middle + 1) | sign);
    }
    for (int i = 0; i < ALL; i++)
        f[n++] = float_of((uint32_t)nn_rng_next(&r));
    const uint32_t special[] = {0,          0x80000000, 1,          0x80000001,
                                0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
                                0xffbfffff, 0x7f7fffff, 0x33000000, 0x33000001,
                                0x477fefff, 0x477ff000, 0x38800000, 0x387fffff};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        f[n++] = float_of(special[i]);
    return n;
}

static void test_f16_rounds_to_nearest_even(void **state)
{
    const char *name;
    float *f = nn_alloc(3 * ALL * sizeof *f);
    uint16_t *h = nn_alloc(3 * ALL * sizeof *h);
    (void)state;
    assert_true(f && h);
    const int n = make_floats(f);
    for (int level = 0; guard_level(level, &name); level++) {
        guard_level(level, &name)->cast.f16_from_f32(h, f, n);
        for (int i = 0; i < n; i++)
            if (h[i] != nearest_f16(f[i]))
                fail_msg("%s: %a becomes 0x%04x, not 0x%04x", name, (double)f[i], h[i],
                         nearest_f16(f[i]));
    }
    nn_free(f);
    nn_free(h);
}

static uint16_t nearest_bf16(float f)
{
    const uint32_t u = bits_of(f), low = u & 0xffff, high = u >> 16;
    if (isnan(f))
        return (uint16_t)(high | 0x40);
    return (uint16_t)(high + (low > 0x8000 || (low == 0x8000 && high % 2)));
}

static void test_bf16(void **state)
{
    const char *name;
    enum { N = 4 * ALL };
    float *f = nn_alloc(N * sizeof *f);
    uint16_t *h = nn_alloc(N * sizeof *h);
    nn_rng r = nn_rng_seed(4);
    (void)state;
    assert_true(f && h);
    for (int i = 0; i < N; i++) // around every tie, then anything
        f[i] = float_of(i < 3 * ALL ? (uint32_t)(i / 3) << 16 | (0x7fffu + (uint32_t)(i % 3))
                                    : (uint32_t)nn_rng_next(&r));
    for (int level = 0; guard_level(level, &name); level++) {
        const nn_cast_kernels *k = &guard_level(level, &name)->cast;
        k->bf16_from_f32(h, f, N);
        for (int i = 0; i < N; i++)
            if (h[i] != nearest_bf16(f[i]))
                fail_msg("%s: %a becomes 0x%04x, not 0x%04x", name, (double)f[i], h[i],
                         nearest_bf16(f[i]));
        for (int i = 0; i < ALL; i++)
            h[i] = (uint16_t)i;
        k->f32_from_bf16(f, h, ALL);
        for (int i = 0; i < ALL; i++)
            assert_int_equal(bits_of(f[i]), (uint32_t)i << 16);
        for (int i = 0; i < N; i++)
            f[i] = float_of((uint32_t)i * 2654435761u);
    }
    nn_free(f);
    nn_free(h);
}

static void check_length(const nn_cast_kernels *c, const nn_cast_kernels *k, int64_t n)
{
    const size_t shift = (size_t)(n % 16);
    guard f = guard_new((size_t)n * 4, 4 * shift), h = guard_new((size_t)n * 2, 2 * shift);
    guard f2 = guard_new((size_t)n * 4, 4), h2 = guard_new((size_t)n * 2, 6);
    guard_fill(f.data, n, 100.0f, (uint64_t)n);
    c->f16_from_f32(h2.data, f.data, n);
    k->f16_from_f32(h.data, f.data, n);
    assert_memory_equal(h.data, h2.data, (size_t)n * 2);
    c->f32_from_f16(f2.data, h.data, n);
    k->f32_from_f16(f.data, h.data, n);
    assert_memory_equal(f.data, f2.data, (size_t)n * 4);
    guard_fill(f.data, n, 100.0f, (uint64_t)n + 1);
    c->bf16_from_f32(h2.data, f.data, n);
    k->bf16_from_f32(h.data, f.data, n);
    assert_memory_equal(h.data, h2.data, (size_t)n * 2);
    c->f32_from_bf16(f2.data, h.data, n);
    k->f32_from_bf16(f.data, h.data, n);
    assert_memory_equal(f.data, f2.data, (size_t)n * 4);
    guard_free(&f);
    guard_free(&h);
    guard_free(&f2);
    guard_free(&h2);
}

static void test_lengths(void **state)
{
    const char *name;
    nn_kernels c;
    (void)state;
    nn_kernels_init(&c, 0);
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= 67; n++)
            check_length(&c.cast, &guard_level(level, &name)->cast, n);
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_rows(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_f16_decodes),
        cmocka_unit_test(test_f16_rounds_to_nearest_even),
        cmocka_unit_test(test_bf16),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
