// SPDX-License-Identifier: MIT
// Every level of the taps family against sums by definition, with canaries round the outputs.
#include "tests/kernels/bench.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/kernels/kernels.h"

#include <math.h>

enum { GUARD = 16, MAX_K = 64 };
static const float canary = 12345.5f;

static float *new_random(int64_t n, uint64_t seed)
{
    float *p = nn_alloc((size_t)(n + 1) * sizeof *p);
    assert_non_null(p);
    nn_rng rng = nn_rng_seed(seed);
    for (int64_t i = 0; i < n; i++)
        p[i] = nn_rng_range(&rng, -1.0f, 1.0f);
    return p;
}

// A rows x columns matrix of row length ld; what must stay untouched holds the canary.
static float *new_guarded(int64_t rows, int64_t columns, int64_t ld, float value)
{
    float *block = nn_alloc((size_t)(rows * ld + 2 * GUARD) * sizeof *block);
    assert_non_null(block);
    for (int64_t i = 0; i < rows * ld + 2 * GUARD; i++)
        block[i] = canary;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            block[GUARD + i * ld + j] = value;
    return block;
}

static void check_guarded(const float *block, int64_t rows, int64_t columns, int64_t ld)
{
    for (int64_t i = 0; i < rows * ld + 2 * GUARD; i++) {
        int64_t at = i - GUARD;
        bool inside = at >= 0 && at < rows * ld && at % ld < columns;
        assert_true(inside || block[i] == canary);
    }
}

static void check_size(const nn_taps_kernels *kernels, int64_t m, int64_t n, int64_t k)
{
    int32_t offset[MAX_K];
    nn_rng rng = nn_rng_seed(9);
    int64_t span = n + 37, lda = k + 2, ldn = n + 3, ldk = k + 5;
    for (int64_t p = 0; p < k; p++) // overlapping, unordered, the last one up to the end of b
        offset[p] = p + 1 < k ? (int32_t)nn_rng_below(&rng, 37) : 37;
    float *a = new_random(m * lda, 1), *b = new_random(span, 2), *wide = new_random(m * ldn, 3);
    float *c = new_guarded(m, n, ldn, NAN), *t = new_guarded(m, k, ldk, 0.5f);
    kernels->product(m, n, k, a, lda, b, offset, c + GUARD, ldn);
    kernels->product_t(m, n, k, wide, ldn, b, offset, t + GUARD, ldk);
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (int64_t p = 0; p < k; p++)
                sum += (double)a[i * lda + p] * (double)b[offset[p] + j];
            assert_true(fabs(sum - (double)c[GUARD + i * ldn + j]) < 2e-5);
        }
        for (int64_t p = 0; p < k; p++) {
            double sum = 0.5;
            for (int64_t j = 0; j < n; j++)
                sum += (double)wide[i * ldn + j] * (double)b[offset[p] + j];
            assert_true(fabs(sum - (double)t[GUARD + i * ldk + p]) < 1e-4);
        }
    }
    check_guarded(c, m, n, ldn);
    check_guarded(t, m, k, ldk);
    nn_free(a);
    nn_free(b);
    nn_free(wide);
    nn_free(c);
    nn_free(t);
}

static void products_are_the_sums(void **state)
{
    (void)state;
    const unsigned levels[] = {0, NN_CPU_AVX2, ~0u};
    const int64_t ns[] = {0, 1, 7, 8, 9, 23, 24, 25, 31, 55, 700};
    const int64_t ks[] = {0, 1, 2, 3, 4, 27, MAX_K};
    for (int level = 0; level < 3; level++) {
        nn_taps_kernels kernels;
        nn_taps_init(&kernels, levels[level] & nn_cpu_flags());
        for (int64_t m = 0; m < 10; m++)
            for (int n = 0; n < (int)(sizeof ns / sizeof *ns); n++)
                for (int k = 0; k < (int)(sizeof ks / sizeof *ks); k++)
                    check_size(&kernels, m, ns[n], ks[k]);
    }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_gemm(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_the_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
