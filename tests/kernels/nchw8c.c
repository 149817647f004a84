// SPDX-License-Identifier: MIT
// Kernels on blocked rows: every level against C, all widths up to a few registers, canaries.
#include "nn/base/rng.h"
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <math.h>

enum { MAX_WIDTH = 21, LANES = 8 };

static void expect_close(const char *level, const char *what, const guard *got, const guard *want,
                         double tolerance)
{
    const float *a = got->data, *b = want->data;
    for (size_t i = 0; i < want->bytes / sizeof *b; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= tolerance) && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("%s %s: float %d is %.9g, not %.9g", level, what, (int)i, (double)a[i],
                     (double)b[i]);
}

static guard floats(int64_t n, uint64_t seed)
{
    guard g = guard_new((size_t)n * sizeof(float), seed % 3 * sizeof(float));
    guard_fill(g.data, n, 4.0f, seed);
    return g;
}

// The outputs of C and of another level, equal at first.
typedef struct outputs {
    guard want, got;
} outputs;

static outputs outputs_new(int64_t n)
{
    return (outputs){floats(n, 99), floats(n, 99)};
}

static void outputs_check(outputs *o, const char *level, const char *what, double tolerance)
{
    expect_close(level, what, &o->got, &o->want, tolerance);
    guard_free(&o->got);
    guard_free(&o->want);
}

static void check_layout(const nn_nchw8c_kernels *c, const nn_nchw8c_kernels *k, const char *level,
                         int64_t n, int channels)
{
    const int64_t stride = n + 3;
    guard dense = floats(LANES * stride, 1), blocked = floats(LANES * n, 2);
    outputs o = outputs_new(LANES * n);
    c->pack(o.want.data, dense.data, stride, channels, n);
    k->pack(o.got.data, dense.data, stride, channels, n);
    outputs_check(&o, level, "pack", 0.0);
    o = outputs_new(LANES * stride);
    c->unpack(o.want.data, stride, blocked.data, channels, n);
    k->unpack(o.got.data, stride, blocked.data, channels, n);
    outputs_check(&o, level, "unpack", 0.0);
    for (int from = 0; from + channels <= LANES; from++)
        for (int to = 0; to + channels <= LANES; to++) {
            o = outputs_new(LANES * n);
            c->lanes(o.want.data, to, blocked.data, from, channels, n);
            k->lanes(o.got.data, to, blocked.data, from, channels, n);
            outputs_check(&o, level, "lanes", 0.0);
        }
    const float *from[LANES];
    for (int i = 0; i < channels; i++)
        from[i] = (const float *)blocked.data + (5 * i + channels) % LANES;
    o = outputs_new(LANES * n);
    c->pick(o.want.data, from, channels, n);
    k->pick(o.got.data, from, channels, n);
    outputs_check(&o, level, "pick", 0.0);
    guard_free(&dense);
    guard_free(&blocked);
}

static void test_layout(void **state)
{
    const char *name;
    nn_kernels c;
    (void)state;
    nn_kernels_init(&c, 0);
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= MAX_WIDTH; n++)
            for (int channels = 1; channels <= LANES; channels++)
                check_layout(&c.nchw8c, &guard_level(level, &name)->nchw8c, name, n, channels);
}

static void test_arithmetic(void **state)
{
    const char *name;
    nn_kernels c;
    (void)state;
    nn_kernels_init(&c, 0);
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= MAX_WIDTH; n++) {
            const nn_nchw8c_kernels *k = &guard_level(level, &name)->nchw8c;
            guard x = floats(LANES * n, 3), m = floats(3 * n, 4), scale = floats(LANES, 5);
            guard shift = floats(LANES, 6);
            if (n > 2)
                ((float *)x.data)[LANES + 3] = NAN;
            for (int relu = 0; relu < 2; relu++) {
                outputs o = outputs_new(LANES * n);
                c.nchw8c.affine(o.want.data, x.data, scale.data, shift.data, relu, n);
                k->affine(o.got.data, x.data, scale.data, shift.data, relu, n);
                outputs_check(&o, name, "affine", 1e-4);
            }
            for (int64_t step = 1; step <= 3; step += 2) {
                outputs o = outputs_new(LANES * n);
                c.nchw8c.add_pixels(o.want.data, x.data, m.data, step, n);
                k->add_pixels(o.got.data, x.data, m.data, step, n);
                outputs_check(&o, name, "add_pixels", 0.0);
                o = outputs_new(LANES * n);
                c.nchw8c.mul_pixels(o.want.data, x.data, m.data, step, n);
                k->mul_pixels(o.got.data, x.data, m.data, step, n);
                outputs_check(&o, name, "mul_pixels", 0.0);
            }
            guard_free(&x);
            guard_free(&m);
            guard_free(&scale);
            guard_free(&shift);
        }
}

static void check_windows(const nn_nchw8c_kernels *c, const nn_nchw8c_kernels *k, const char *level,
                          nn_nchw8c_window w, int64_t n, bool nan)
{
    guard x = floats((w.height - 1) * w.row + (n - 1) * w.step + w.width * LANES, 7);
    if (nan)
        for (size_t i = 5; i < x.bytes / sizeof(float); i += 67)
            ((float *)x.data)[i] = NAN;
    outputs o = outputs_new(LANES * n);
    c->window_max(o.want.data, x.data, &w, n);
    k->window_max(o.got.data, x.data, &w, n);
    outputs_check(&o, level, "window_max", 0.0);
    o = outputs_new(LANES * n);
    c->window_sum(o.want.data, x.data, &w, 0.3f, n);
    k->window_sum(o.got.data, x.data, &w, 0.3f, n);
    outputs_check(&o, level, "window_sum", 1e-3);
    guard_free(&x);
}

static void test_windows(void **state)
{
    const char *name;
    nn_kernels c;
    (void)state;
    nn_kernels_init(&c, 0);
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t size = 0; size < 49; size++)
            for (int64_t n = 1; n <= 9; n++)
                for (int64_t stride = 1; stride <= 3; stride++) {
                    const nn_nchw8c_window w = {.height = size / 7 + 1,
                                                .width = size % 7 + 1,
                                                .row = (n * stride + 9) * LANES,
                                                .step = stride * LANES};
                    check_windows(&c.nchw8c, &guard_level(level, &name)->nchw8c, name, w, n, n % 2);
                }
}

static void check_columns(const nn_nchw8c_kernels *c, const nn_nchw8c_kernels *k, const char *level,
                          int64_t channels, int64_t n)
{
    const int64_t blocks = (channels + LANES - 1) / LANES, plane = (n + 2) * LANES;
    guard x = floats(blocks * plane, 11);
    if (n > 4)
        ((float *)x.data)[3 * LANES] = NAN;
    for (int64_t i = 0; channels % LANES && i < n; i++) // not to be looked at
        ((float *)x.data)[(blocks - 1) * plane + LANES * i + 7] = NAN;
    for (int64_t step = 1; step <= LANES; step += 7) {
        const nn_nchw8c_column column = {plane, channels, step};
        outputs o = outputs_new(LANES * n);
        c->channel_max(o.want.data, x.data, &column, n);
        k->channel_max(o.got.data, x.data, &column, n);
        outputs_check(&o, level, "channel_max", 0.0);
        o = outputs_new(LANES * n);
        c->channel_sum(o.want.data, x.data, &column, 0.3f, n);
        k->channel_sum(o.got.data, x.data, &column, 0.3f, n);
        outputs_check(&o, level, "channel_sum", 1e-3);
    }
    guard_free(&x);
}

static void test_columns(void **state)
{
    const char *name;
    nn_kernels c;
    (void)state;
    nn_kernels_init(&c, 0);
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= MAX_WIDTH; n++)
            for (int64_t channels = 1; channels < 36; channels++)
                check_columns(&c.nchw8c, &guard_level(level, &name)->nchw8c, name, channels, n);
}

static void check_lrn(const nn_nchw8c_kernels *c, const nn_nchw8c_kernels *k, const char *level,
                      int before, int after, int64_t channels, int64_t n)
{
    const int64_t blocks = (channels + LANES - 1) / LANES, plane = (n + 1) * LANES;
    guard x = guard_new((size_t)(blocks * plane) * sizeof(float), 0);
    nn_rng r = nn_rng_seed((uint64_t)channels);
    for (int64_t i = 0; i < blocks * plane; i++)
        ((float *)x.data)[i] = nn_rng_range(&r, -3.0f, 3.0f);
    for (int beta = 0; beta < 2; beta++) {
        const nn_nchw8c_lrn l = {before,   after, 1.5f,         0.2f, beta ? 0.75f : 0.4f,
                                 channels, plane, plane + LANES};
        outputs o = outputs_new(blocks * (plane + LANES));
        c->lrn(o.want.data, x.data, &l, n);
        k->lrn(o.got.data, x.data, &l, n);
        outputs_check(&o, level, "lrn", 2e-6);
    }
    guard_free(&x);
}

static void test_lrn(void **state)
{
    static const int sizes[][2] = {{2, 2}, {0, 0}, {1, 0}, {0, 1}, {8, 7}, {8, 8}, {3, 2}};
    const char *name;
    nn_kernels c;
    (void)state;
    nn_kernels_init(&c, 0);
    for (int level = 0; guard_level(level, &name); level++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int64_t channels = 1; channels < 36; channels++)
                for (int64_t n = 0; n < 4; n++)
                    check_lrn(&c.nchw8c, &guard_level(level, &name)->nchw8c, name, sizes[s][0],
                              sizes[s][1], channels, n);
}

static void test_lerp(void **state)
{
    const char *name;
    nn_kernels c;
    (void)state;
    nn_kernels_init(&c, 0);
    guard top = floats(LANES * 10, 8), bottom = floats(LANES * 10, 9);
    nn_nchw8c_tap taps[MAX_WIDTH];
    for (int i = 0; i < MAX_WIDTH; i++)
        taps[i] = (nn_nchw8c_tap){i * 7 % 10, i * 3 % 10, (float)i / MAX_WIDTH};
    for (int level = 0; guard_level(level, &name); level++)
        for (int64_t n = 0; n <= MAX_WIDTH; n++) {
            outputs o = outputs_new(LANES * n);
            c.nchw8c.lerp(o.want.data, top.data, bottom.data, taps, 0.3f, n);
            guard_level(level, &name)
                ->nchw8c.lerp(o.got.data, top.data, bottom.data, taps, 0.3f, n);
            outputs_check(&o, name, "lerp", 2e-5);
        }
    guard_free(&top);
    guard_free(&bottom);
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_nchw8c(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),  cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_windows), cmocka_unit_test(test_columns),
        cmocka_unit_test(test_lrn),     cmocka_unit_test(test_lerp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
