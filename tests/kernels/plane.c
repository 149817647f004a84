// SPDX-License-Identifier: MIT
// Rows of dense planes: every level against the definitions, over odd lengths; equal maxima and
// NaN.
#include "nn/kernels/kernels.h"

#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <math.h>

static void check_arg_max(const nn_plane_kernels *k, int64_t n, int64_t step)
{
    const int64_t length = n > 0 ? (n - 1) * step + 1 : 0;
    guard x = guard_new((size_t)length * sizeof(float), 4 * (size_t)(n % 16));
    guard y = guard_new((size_t)n * sizeof(float), 4),
          at = guard_new((size_t)n * sizeof(int32_t), 8);
    float *xs = x.data, *ys = y.data;
    guard_fill(xs, length, 2.0f, (uint64_t)(n + 100 * step));
    guard_fill(ys, n, 2.0f, (uint64_t)n);
    for (int64_t i = 0; i < n; i++) {
        ((int32_t *)at.data)[i] = -1;
        if (i % 5 == 1)
            xs[i * step] = ys[i]; // equal: the earlier one stays
        if (i % 7 == 2)
            xs[i * step] = NAN;
        if (i % 11 == 2)
            ys[i] = NAN;
    }
    float want[80];
    int32_t places[80];
    for (int64_t i = 0; i < n; i++) {
        const float v = xs[i * step];
        const bool larger = isnan(v) || v > ys[i];
        want[i] = larger ? v : ys[i];
        places[i] = larger ? 7 + (int32_t)(i * step) : -1;
    }
    k->arg_max(ys, at.data, xs, step, 7, n);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(((int32_t *)at.data)[i], places[i]);
        assert_true(ys[i] == want[i] || (isnan(ys[i]) && isnan(want[i])));
    }
    guard_free(&x);
    guard_free(&y);
    guard_free(&at);
}

static void arg_max_takes_the_first_of_equals(void **state)
{
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= 70; n++)
            for (int64_t step = 1; step <= 3; step++)
                check_arg_max(&guard_level(level, &name)->plane, n, step);
}

static void check_norm(const nn_plane_kernels *k, int64_t rows, int64_t n)
{
    const nn_plane_rows r = {rows, n, n + 3};
    const int64_t length = rows > 0 ? (rows - 1) * r.step + n : 0;
    guard x = guard_new((size_t)length * sizeof(float), 4);
    guard gy = guard_new((size_t)length * sizeof(float), 12);
    guard gx = guard_new((size_t)length * sizeof(float), 8);
    float *xs = x.data, *g = gy.data, *to = gx.data;
    guard_fill(xs, length, 2.0f, (uint64_t)n);
    guard_fill(g, length, 3.0f, (uint64_t)n + 1);
    double sums[2], want[2] = {0, 0}, size = 0;
    for (int64_t i = 0; i < length; i++) {
        to[i] = 5.0f;
        const double product = (double)g[i] * ((double)xs[i] - 0.25);
        if (i % r.step >= n)
            continue;
        want[0] += (double)g[i];
        want[1] += product;
        size += fabs((double)g[i]) + fabs(product);
    }
    k->norm_sums(sums, g, xs, 0.25f, &r);
    for (int i = 0; i < 2; i++)
        assert_true(fabs(sums[i] - want[i]) <= 1e-13 * size);
    for (int add = 0; add < 2; add++) {
        k->norm_grad(to, g, xs, 0.5f, -0.125f, 0.75f, add, &r);
        for (int64_t i = 0; i < length; i++) {
            const double once = 0.5 * (double)g[i] - 0.125 * (double)xs[i] + 0.75;
            const double expected = i % r.step >= n ? 5.0 : (add + 1) * once;
            const double scale = fabs((double)g[i]) + fabs((double)xs[i]) + 1.0;
            assert_true(fabs((double)to[i] - expected) <= 5e-7 * scale);
        }
    }
    guard_free(&x);
    guard_free(&gy);
    guard_free(&gx);
}

static void norms_are_summed_and_passed_back(void **state)
{
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= 70; n++)
            for (int64_t rows = 0; rows <= 5; rows += 1 + rows / 2)
                check_norm(&guard_level(level, &name)->plane, rows, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arg_max_takes_the_first_of_equals),
        cmocka_unit_test(norms_are_summed_and_passed_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
