// SPDX-License-Identifier: MIT
// Element-wise kernels: every level against the C library in float64, and against level 0 for odd
// lengths, unaligned pointers, aliased operands and extreme numbers.
#include "nn/kernels/kernels.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <float.h>
#include <math.h>

enum { SWEEP = 400000, LONG = 5003 };

static const char *const act_names[NN_ACT_COUNT] = {
    "none",       "relu",           "gelu",          "silu",          "mish",       "sigmoid",
    "leaky_relu", "leaky_relu_001", "leaky_relu_02", "leaky_relu_03", "hard_swish", "relu6"};
// Of the leaky ones below 0.
static const float leaks[NN_ACT_COUNT] = {[NN_ACT_LEAKY_RELU] = 0.1f,
                                          [NN_ACT_LEAKY_RELU_001] = 0.01f,
                                          [NN_ACT_LEAKY_RELU_02] = 0.2f,
                                          [NN_ACT_LEAKY_RELU_03] = 0.3f};

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double exact(int act, double x)
{
    switch (act) {
    case NN_ACT_RELU:
        return x > 0.0 ? x : 0.0;
    case NN_ACT_GELU:
        return 0.5 * x * erfc(-x * M_SQRT1_2);
    case NN_ACT_SILU:
        return x * sigmoid(x);
    case NN_ACT_MISH:
        return x * tanh(log1p(exp(x)));
    case NN_ACT_SIGMOID:
        return sigmoid(x);
    case NN_ACT_LEAKY_RELU:
    case NN_ACT_LEAKY_RELU_001:
    case NN_ACT_LEAKY_RELU_02:
    case NN_ACT_LEAKY_RELU_03:
        return x < 0.0 ? (double)leaks[act] * x : x;
    case NN_ACT_HARD_SWISH:
        return x * fmin(fmax(x + 3.0, 0.0), 6.0) / 6.0;
    case NN_ACT_RELU6:
        return fmin(fmax(x, 0.0), 6.0);
    default:
        return x;
    }
}

static double exact_slope(int act, double x)
{
    const double s = sigmoid(x);
    switch (act) {
    case NN_ACT_RELU:
        return x > 0.0;
    case NN_ACT_GELU:
        return 0.5 * erfc(-x * M_SQRT1_2) + x * exp(-0.5 * x * x) / sqrt(2.0 * M_PI);
    case NN_ACT_SILU:
        return s * (1.0 + x * sigmoid(-x));
    case NN_ACT_MISH: {
        const double t = tanh(log1p(exp(x)));
        return t + x * (1.0 - t * t) * s;
    }
    case NN_ACT_SIGMOID:
        return s * sigmoid(-x);
    case NN_ACT_LEAKY_RELU:
    case NN_ACT_LEAKY_RELU_001:
    case NN_ACT_LEAKY_RELU_02:
    case NN_ACT_LEAKY_RELU_03:
        return x < 0.0 ? (double)leaks[act] : 1.0;
    case NN_ACT_HARD_SWISH:
        return x <= -3.0 ? 0.0 : x >= 3.0 ? 1.0 : (2.0 * x + 3.0) / 6.0;
    case NN_ACT_RELU6:
        return x > 0.0 && x < 6.0;
    default:
        return 1.0;
    }
}

// A dense sweep over [-110, 110] and then all magnitudes from the denormals up to 1e4.
static float *make_sweep(void)
{
    float *x = nn_alloc(2 * SWEEP * sizeof *x);
    nn_rng r = nn_rng_seed(5);
    assert_non_null(x);
    for (int i = 0; i < SWEEP; i++) {
        x[i] = -110.0f + 220.0f * (float)i / SWEEP;
        const float magnitude = powf(10.0f, nn_rng_range(&r, -41.0f, 4.0f));
        x[SWEEP + i] = i % 2 ? magnitude : -magnitude;
    }
    return x;
}

// Relative to the result; below 1e-33 anything goes, since exponents are followed to +-87 only. C's
// gelu goes through x / sqrt 2 rounded to float32: its tail is off by x^2 ulp.
static double bound_of(int act, double x, double want, bool slope)
{
    const double ulp = act == NN_ACT_GELU && x < 0.0 ? 4.0 + x * x : 4.0;
    const double near_root = slope ? 2.5e-7 : 0.0; // slopes of gelu, silu and mish change sign
    return ulp * 1.2e-7 * fabs(want) + near_root * (fabs(x) < 10.0) + 1e-33;
}

static void test_activations_against_float64(void **state)
{
    const char *name;
    float *x = make_sweep(), *y = nn_alloc(2 * SWEEP * sizeof *y);
    float *one = nn_alloc(2 * SWEEP * sizeof *one), *g = nn_calloc(2 * SWEEP, sizeof *g);
    (void)state;
    assert_true(y && one && g);
    for (int i = 0; i < 2 * SWEEP; i++)
        one[i] = 1.0f;
    for (int level = 0; guard_level(level, &name); level++)
        for (int act = 0; act < NN_ACT_COUNT; act++) {
            const nn_eltwise_kernels *k = &guard_level(level, &name)->eltwise;
            memset(g, 0, 2 * SWEEP * sizeof *g);
            k->act[act](y, x, 2 * SWEEP);
            k->act_grad[act](g, one, x, 2 * SWEEP);
            for (int i = 0; i < 2 * SWEEP; i++) {
                const double v = (double)x[i], want = exact(act, v), slope = exact_slope(act, v);
                if (!(fabs((double)y[i] - want) <= bound_of(act, v, want, false)))
                    fail_msg("%s %s(%.9g) = %.9g, not %.9g", name, act_names[act], v, (double)y[i],
                             want);
                if (!(fabs((double)g[i] - slope) <= bound_of(act, v, slope, true)))
                    fail_msg("%s %s'(%.9g) = %.9g, not %.9g", name, act_names[act], v, (double)g[i],
                             slope);
            }
        }
    nn_free(x);
    nn_free(y);
    nn_free(one);
    nn_free(g);
}

// The operands of one comparison with level 0: three inputs, and an output that starts with
// numbers; all at odd addresses.
typedef struct operands {
    guard a, b, y, want;
    int64_t n;
} operands;

static float *at(const guard *g)
{
    return g->data;
}

static operands make_operands(int64_t n, uint64_t seed)
{
    const size_t bytes = (size_t)n * sizeof(float);
    operands o = {guard_new(bytes, 4 * (seed % 8)), guard_new(bytes, 4 * (seed / 8 % 8)),
                  guard_new(bytes, 4 * (seed / 3 % 8)), guard_new(bytes, 0), n};
    guard_fill(at(&o.a), n, 6.0f, seed);
    guard_fill(at(&o.b), n, 6.0f, seed + 1);
    guard_fill(at(&o.y), n, 6.0f, seed + 2);
    memcpy(o.want.data, o.y.data, bytes);
    return o;
}

// `slack` is for fused multiply-add: it may differ by the rounding of the product. The relative
// part is wide for the tail of C's gelu; the comparison with float64 is the narrow one.
static void finish_operands(operands *o, const char *level, const char *what, double slack)
{
    for (int64_t i = 0; i < o->n; i++) {
        const double got = (double)at(&o->y)[i], want = (double)at(&o->want)[i];
        if (!(fabs(got - want) <= 1e-5 * fabs(want) + slack))
            fail_msg("%s %s, n = %d: element %d is %.9g, not %.9g", level, what, (int)o->n, (int)i,
                     got, want);
    }
    guard_free(&o->a);
    guard_free(&o->b);
    guard_free(&o->y);
    guard_free(&o->want);
}

static void compare_activations(const nn_eltwise_kernels *c, const nn_eltwise_kernels *k,
                                const char *name, int64_t n)
{
    for (int act = 0; act < NN_ACT_COUNT; act++) {
        operands o = make_operands(n, (uint64_t)(n * 7 + act));
        c->act[act](at(&o.want), at(&o.a), n);
        k->act[act](at(&o.y), at(&o.a), n);
        finish_operands(&o, name, act_names[act], 1e-34);
        o = make_operands(n, (uint64_t)(n * 7 + act)); // in place
        c->act[act](at(&o.want), at(&o.want), n);
        k->act[act](at(&o.y), at(&o.y), n);
        finish_operands(&o, name, act_names[act], 1e-34);
        o = make_operands(n, (uint64_t)(n * 5 + act));
        c->act_grad[act](at(&o.want), at(&o.b), at(&o.a), n);
        k->act_grad[act](at(&o.y), at(&o.b), at(&o.a), n);
        finish_operands(&o, name, act_names[act], 1e-4);
    }
}

static void compare_arithmetic(const nn_eltwise_kernels *c, const nn_eltwise_kernels *k,
                               const char *name, int64_t n)
{
    operands o = make_operands(n, (uint64_t)n);
    c->add(at(&o.want), at(&o.a), at(&o.b), n);
    k->add(at(&o.y), at(&o.a), at(&o.b), n);
    finish_operands(&o, name, "add", 0.0);
    o = make_operands(n, (uint64_t)n);
    c->add(at(&o.want), at(&o.want), at(&o.want), n);
    k->add(at(&o.y), at(&o.y), at(&o.y), n);
    finish_operands(&o, name, "add in place", 0.0);
    o = make_operands(n, (uint64_t)n);
    c->mul(at(&o.want), at(&o.a), at(&o.want), n);
    k->mul(at(&o.y), at(&o.a), at(&o.y), n);
    finish_operands(&o, name, "mul", 0.0);
    o = make_operands(n, (uint64_t)n);
    c->mul_add(at(&o.want), at(&o.a), at(&o.b), n);
    k->mul_add(at(&o.y), at(&o.a), at(&o.b), n);
    finish_operands(&o, name, "mul_add", 1e-3);
    o = make_operands(n, (uint64_t)n);
    c->axpy(at(&o.want), -1.7f, at(&o.a), n);
    k->axpy(at(&o.y), -1.7f, at(&o.a), n);
    finish_operands(&o, name, "axpy", 2e-5);
    o = make_operands(n, (uint64_t)n);
    c->affine(at(&o.want), at(&o.want), 0.3f, 2.5f, n);
    k->affine(at(&o.y), at(&o.y), 0.3f, 2.5f, n);
    finish_operands(&o, name, "affine", 5e-6);
    o = make_operands(n, (uint64_t)n);
    c->exp(at(&o.want), at(&o.a), 1.5f, n);
    k->exp(at(&o.y), at(&o.a), 1.5f, n);
    finish_operands(&o, name, "exp", 0.0);
}

static void compare_sums(const nn_eltwise_kernels *c, const nn_eltwise_kernels *k, int64_t n)
{
    operands o = make_operands(n, (uint64_t)n + 9);
    const float *a = at(&o.a), *b = at(&o.b);
    double magnitude = 1e-30;
    for (int64_t i = 0; i < n; i++)
        magnitude += fabs((double)a[i]) + fabs((double)a[i] * (double)b[i]) + 1e4;
    assert_true(fabs(k->sum(a, n) - c->sum(a, n)) <= 1e-14 * magnitude);
    assert_true(fabs(k->dot(a, b, n) - c->dot(a, b, n)) <= 1e-14 * magnitude);
    assert_true(fabs(k->sum_sq_diff(a, 0.7f, n) - c->sum_sq_diff(a, 0.7f, n)) <= 1e-14 * magnitude);
    assert_true(k->max(a, n) == c->max(a, n));
    finish_operands(&o, "", "sums", 0.0);
}

static void test_levels_agree(void **state)
{
    const char *name;
    nn_kernels c;
    (void)state;
    nn_kernels_init(&c, 0);
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= 68; n++) {
            const int64_t length = n == 68 ? LONG : n;
            const nn_eltwise_kernels *k = &guard_level(level, &name)->eltwise;
            compare_activations(&c.eltwise, k, name, length);
            compare_arithmetic(&c.eltwise, k, name, length);
            compare_sums(&c.eltwise, k, length);
        }
}

static void test_activation_limits(void **state)
{
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++)
        for (int act = 0; act < NN_ACT_COUNT; act++) {
            const nn_eltwise_kernels *k = &guard_level(level, &name)->eltwise;
            const float x[11] = {INFINITY, FLT_MAX, -FLT_MAX, NAN, 1e30f, -1e30f,
                                 0.0f,     -0.0f,   1e-45f,   NAN, 3.0f};
            const float one[11] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
            float y[11], g[11] = {0};
            k->act[act](y, x, 11);
            k->act_grad[act](g, one, x, 11);
            for (int i = 0; i < 11; i++) {
                assert_true(isnan(y[i]) == isnan(x[i]));
                assert_true(isnan(x[i]) || isfinite(g[i]));
            }
            const float below = act == NN_ACT_NONE ? 1.0f : leaks[act];
            const float most = act == NN_ACT_SIGMOID ? 1.0f : act == NN_ACT_RELU6 ? 6.0f : INFINITY;
            assert_true(y[0] == most);
            assert_true(y[1] == fminf(most, FLT_MAX));
            assert_true(fabsf(y[2] + below * FLT_MAX) <= 1e-34f);
            assert_true(y[6] == (act == NN_ACT_SIGMOID ? 0.5f : 0.0f) && y[7] == y[6]);
            assert_true(fabsf(g[0] - (isinf(most) ? 1.0f : 0.0f)) <= 1e-34f && g[1] == g[0]);
            assert_true(fabsf(g[2] - below) <= 1e-33f);
        }
}

// A gradient that is infinite where relu is closed must not come through as NaN.
static void test_relu_stops_infinity(void **state)
{
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++) {
        const nn_eltwise_kernels *k = &guard_level(level, &name)->eltwise;
        float gx[9] = {0};
        const float x[9] = {-1, -1, -1, -1, 0, -1, -1, -1, -1};
        const float gy[9] = {INFINITY, 1, 1, 1, NAN, 1, 1, 1, INFINITY};
        k->act_grad[NN_ACT_RELU](gx, gy, x, 9);
        for (int i = 0; i < 9; i++)
            assert_true(gx[i] == 0.0f);
    }
}

// Sums keep their digits where float32 would lose them all.
static void test_sums_are_accurate(void **state)
{
    const char *name;
    enum { N = 1 << 20 };
    float *x = nn_alloc(N * sizeof *x);
    (void)state;
    assert_non_null(x);
    for (int i = 0; i < N; i++)
        x[i] = 1000.0f + (i % 2 ? 0.125f : -0.125f);
    for (int level = 0; guard_level(level, &name); level++) {
        const nn_eltwise_kernels *k = &guard_level(level, &name)->eltwise;
        assert_true(k->sum(x, N) == 1000.0 * N);
        assert_true(k->sum_sq_diff(x, 1000.0f, N) == N / 64.0);
        assert_true(k->dot(x, x, N) == (1e6 + 1.0 / 64.0) * N);
    }
    nn_free(x);
}

static void test_exp(void **state)
{
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++) {
        const nn_eltwise_kernels *k = &guard_level(level, &name)->eltwise;
        const float far[9] = {-INFINITY, -FLT_MAX, -88.0f, 88.0f, FLT_MAX,
                              INFINITY,  NAN,      0.0f,   0.0f};
        float x[64], y[64];
        for (int i = 0; i < 8000; i += 64) {
            for (int j = 0; j < 64; j++)
                x[j] = -86.0f + 0.02f * (float)(i + j);
            k->exp(y, x, 0.5f, 64);
            for (int j = 0; j < 64; j++) {
                const double want = exp((double)(x[j] - 0.5f));
                assert_true(fabs((double)y[j] - want) <= 4e-7 * want);
            }
        }
        k->exp(y, far, 0.0f, 9);
        assert_true(y[0] > 0 && y[0] < 2e-38f && y[1] == y[0] && y[2] == y[0]);
        assert_true(y[3] > 6e37f && y[4] == y[3] && y[5] == y[3] && isnan(y[6]) && y[7] == 1.0f);
    }
}

static void test_max(void **state)
{
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++) {
        const nn_eltwise_kernels *k = &guard_level(level, &name)->eltwise;
        float x[67];
        assert_true(k->max(x, 0) == -INFINITY);
        for (int n = 1; n <= 67; n++)
            for (int where = 0; where < n; where++) {
                for (int i = 0; i < n; i++)
                    x[i] = -5.0f - (float)i;
                x[where] = -1.0f;
                x[(where + 1) % n] = n > 1 ? NAN : -1.0f; // passed over
                assert_true(k->max(x, n) == -1.0f);
            }
    }
}

static void test_table_is_full(void **state)
{
    const char *name;
    (void)state;
    for (int level = 0; guard_level(level, &name); level++) {
        const nn_kernels *k = guard_level(level, &name);
        void *const *pointer = (void *const *)k;
        // What few kernels need, and figures, which take the ends of their tables.
        const struct {
            const void *at;
            size_t size;
        } optional[] = {
            {&k->int8conv.begin, sizeof k->int8conv.begin},
            {&k->int8conv.end, sizeof k->int8conv.end},
            {&k->int8conv.rows, sizeof k->int8conv - offsetof(nn_int8_conv_kernels, rows)},
            {&k->bf16conv.begin, sizeof k->bf16conv.begin},
            {&k->bf16conv.end, sizeof k->bf16conv.end},
            {&k->microkernel.run_pair, sizeof k->microkernel.run_pair}, // NULL: no faster
            {&k->bf16conv.speed, sizeof k->bf16conv - offsetof(nn_bf16_conv_kernels, speed)},
            {&k->winograd.wide, sizeof(double)}};
        for (size_t i = 0; i < sizeof *k / sizeof *pointer; i++) {
            bool needed = true;
            for (size_t o = 0; o < sizeof optional / sizeof *optional; o++)
                needed = needed && (size_t)((const char *)&pointer[i] -
                                            (const char *)optional[o].at) >= optional[o].size;
            if (needed && !pointer[i])
                fail_msg("%s: word %zu of the table is empty", name, i);
        }
    }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_rows(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activations_against_float64),
        cmocka_unit_test(test_levels_agree),
        cmocka_unit_test(test_activation_limits),
        cmocka_unit_test(test_relu_stops_infinity),
        cmocka_unit_test(test_sums_are_accurate),
        cmocka_unit_test(test_exp),
        cmocka_unit_test(test_max),
        cmocka_unit_test(test_table_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
