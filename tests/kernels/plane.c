// SPDX-License-Identifier: MIT
// Rows of dense planes: every level against the definitions, over odd lengths; equal maxima and
// NaN.
#include "nn/kernels/kernels.h"

#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <math.h>

// A row of n windows, and the maxima found one by one.
static void check_arg_max(const nn_plane_kernels *k, int64_t n, const nn_plane_window *w)
{
    const int64_t length = (w->height - 1) * w->row + (n - 1) * w->step + w->width;
    guard x = guard_new((size_t)(n ? length : 0) * sizeof(float), 4 * (size_t)(n % 16));
    guard y = guard_new((size_t)n * sizeof(float), 4);
    guard at = guard_new((size_t)n * sizeof(int32_t), 8);
    float *xs = x.data;
    guard_fill(xs, n ? length : 0, 2.0f, (uint64_t)(n + 100 * w->step));
    for (int64_t i = 0; n && i < length; i++)
        xs[i] = i % 13 == 5 ? NAN : i % 3 == 0 ? -INFINITY : floorf(xs[i]); // many are equal
    k->arg_max(y.data, at.data, xs, w, 7, n);
    for (int64_t i = 0; i < n; i++) {
        float most = -INFINITY;
        int64_t place = i * w->step;
        for (int64_t tap = 0; tap < w->height * w->width; tap++) {
            const int64_t p = i * w->step + tap / w->width * w->row + tap % w->width;
            place = isnan(xs[p]) || xs[p] > most ? p : place;
            most = isnan(xs[p]) || xs[p] > most ? xs[p] : most;
        }
        const float got = ((const float *)y.data)[i];
        assert_int_equal(((const int32_t *)at.data)[i], 7 + place);
        assert_true(got == most || (isnan(got) && isnan(most)));
    }
    guard_free(&x);
    guard_free(&y);
    guard_free(&at);
}

static void arg_max_takes_the_first_of_equals(void **state)
{
    static const int64_t sizes[][2] = {{1, 1}, {3, 3}, {2, 2}, {1, 5}, {3, 2}};
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= 35; n++)
            for (int64_t step = 1; step <= 4; step++)
                for (int i = 0; i < 5; i++) {
                    const nn_plane_window w = {sizes[i][0], sizes[i][1], 160, step};
                    check_arg_max(&guard_level(level, &name)->plane, n, &w);
                }
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
