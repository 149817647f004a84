// SPDX-License-Identifier: MIT
// Optimiser kernels: every level against the update rules in float64, over odd lengths.
#include "nn/kernels/kernels.h"

#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <math.h>

// Parameters w with moments m and v and gradient g, as they were and as a kernel left them.
typedef struct params {
    guard w, m, v, g, w0, m0, v0;
    int64_t n;
} params;

static float at(const guard *g, int64_t i)
{
    return ((const float *)g->data)[i];
}

static params make_params(int64_t n)
{
    const size_t bytes = (size_t)n * sizeof(float), shift = 4 * (size_t)(n % 8);
    params p = {.n = n};
    guard *const all[] = {&p.w, &p.m, &p.v, &p.g, &p.w0, &p.m0, &p.v0};
    for (size_t i = 0; i < 7; i++)
        *all[i] = guard_new(bytes, (shift + 4 * i) % 64);
    guard_fill(p.w.data, n, 2.0f, (uint64_t)n);
    guard_fill(p.m.data, n, 0.5f, (uint64_t)n + 1);
    guard_fill(p.v.data, n, 3.0f, (uint64_t)n + 2);
    guard_fill(p.g.data, n, 4.0f, (uint64_t)n + 3);
    for (int64_t i = 0; i < n; i++)
        ((float *)p.v.data)[i] = fabsf(at(&p.v, i));
    memcpy(p.w0.data, p.w.data, bytes);
    memcpy(p.m0.data, p.m.data, bytes);
    memcpy(p.v0.data, p.v.data, bytes);
    return p;
}

static void release_params(params *p)
{
    guard *const all[] = {&p->w, &p->m, &p->v, &p->g, &p->w0, &p->m0, &p->v0};
    for (size_t i = 0; i < 7; i++)
        guard_free(all[i]);
}

// `size`: magnitude of the summands, to which rounding is relative.
static void expect(const char *what, int64_t i, float got, double want, double size)
{
    if (!(fabs((double)got - want) <= 4e-7 * (fabs(want) + size) + 1e-38))
        fail_msg("%s: element %d is %.9g, not %.9g", what, (int)i, (double)got, want);
}

static void check_sgd(const nn_update_kernels *k, int64_t n, int nesterov)
{
    params p = make_params(n);
    k->sgd(p.w.data, p.m.data, p.g.data, n, 0.1f, 0.9f, 0.01f, nesterov);
    for (int64_t i = 0; i < n; i++) {
        const double w = (double)at(&p.w0, i), v = (double)at(&p.m0, i), g = (double)at(&p.g, i);
        const double slope = g + (double)0.01f * w, v1 = (double)0.9f * v + slope;
        const double step = nesterov ? slope + (double)0.9f * v1 : v1;
        const double size = fabs(w) + fabs(v) + fabs(g);
        expect("momentum", i, at(&p.m, i), v1, size);
        expect("sgd weight", i, at(&p.w, i), w - (double)0.1f * step, size);
    }
    release_params(&p);
}

static void check_adamw(const nn_update_kernels *k, int64_t n)
{
    const double rate = (double)1e-2f, b1 = (double)0.9f, b2 = (double)0.999f, eps = (double)1e-6f;
    params p = make_params(n);
    k->adamw(p.w.data, p.m.data, p.v.data, p.g.data, n, 1e-2f, 0.9f, 0.999f, 1e-6f, 1e-4f);
    for (int64_t i = 0; i < n; i++) {
        const double w = (double)at(&p.w0, i), m = (double)at(&p.m0, i), v = (double)at(&p.v0, i);
        const double g = (double)at(&p.g, i), m1 = b1 * m + (1 - b1) * g;
        const double v1 = b2 * v + (1 - b2) * g * g, step = rate * m1 / (sqrt(v1) + eps);
        expect("first moment", i, at(&p.m, i), m1, fabs(m) + fabs(g));
        expect("second moment", i, at(&p.v, i), v1, v + g * g);
        const double want = w - (double)1e-4f * w - step;
        expect("adamw weight", i, at(&p.w, i), want,
               fabs(w) + 2 * rate * (fabs(m) + fabs(g)) / (sqrt(v1) + eps));
    }
    release_params(&p);
}

static void check_ema(const nn_update_kernels *k, int64_t n)
{
    params p = make_params(n);
    k->ema(p.w.data, p.g.data, n, 0.998f);
    for (int64_t i = 0; i < n; i++) {
        const double avg = (double)at(&p.w0, i), w = (double)at(&p.g, i), d = (double)0.998f;
        expect("average", i, at(&p.w, i), d * avg + (1 - d) * w, fabs(avg) + fabs(w));
    }
    release_params(&p);
}

static void test_levels(void **state)
{
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= 68; n++) {
            const nn_update_kernels *k = &guard_level(level, &name)->update;
            const int64_t length = n == 68 ? 4099 : n;
            check_sgd(k, length, 0);
            check_sgd(k, length, 1);
            check_adamw(k, length);
            check_ema(k, length);
        }
}

// With a constant gradient AdamW moves each weight by about the rate, whatever the gradient's size.
static void test_adamw_step_size(void **state)
{
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++) {
        float w[3] = {0}, m[3] = {0}, v[3] = {0};
        const float g[3] = {1e-3f, -1.0f, 50.0f};
        for (int t = 1; t <= 20; t++) {
            const double c1 = 1 - pow(0.9, t), c2 = sqrt(1 - pow(0.999, t));
            guard_level(level, &name)
                ->update.adamw(w, m, v, g, 3, (float)(0.01 * c2 / c1), 0.9f, 0.999f,
                               (float)(1e-8 * c2), 0.0f);
        }
        assert_float_equal(w[0], -0.2f, 1e-4f);
        assert_float_equal(w[1], 0.2f, 1e-4f);
        assert_float_equal(w[2], -0.2f, 1e-4f);
    }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_rows(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_adamw_step_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
