// SPDX-License-Identifier: MIT
// Depthwise rows: every level against C, with canaries, NaN and infinity.
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <math.h>

enum { LANES = 8, MAX_WIDTH = 27 };

static guard floats(int64_t n, float range, uint64_t seed)
{
    guard g = guard_new((size_t)n * sizeof(float), seed % 3 * sizeof(float));
    guard_fill(g.data, n, range, seed);
    return g;
}

static void check(const nn_depthwise_kernels *c, const nn_depthwise_kernels *k, const char *level,
                  int height, int width, int64_t stride, int64_t dilation, int64_t n)
{
    const int64_t row = ((n > 0 ? n - 1 : 0) * stride + dilation * (width - 1) + 1) * LANES;
    guard x = floats(height * row, 2.0f, 1), weight = floats(height * width * LANES, 1.0f, 2);
    guard bias = floats(LANES, 1.0f, 3), skip = floats(n * LANES, 3.0f, 4);
    guard want = floats(n * LANES, 1.0f, 5), got = floats(n * LANES, 1.0f, 5);
    if (n == 9)
        ((float *)x.data)[3] = NAN, ((float *)x.data)[LANES + 1] = INFINITY;
    nn_depthwise d = {.height = height,
                      .width = width,
                      .weight = weight.data,
                      .bias = bias.data,
                      .row = row,
                      .tap = dilation * LANES,
                      .step = stride * LANES};
    static const nn_act acts[] = {NN_ACT_NONE,  NN_ACT_RELU,       NN_ACT_LEAKY_RELU,
                                  NN_ACT_RELU6, NN_ACT_HARD_SWISH, NN_ACT_LEAKY_RELU_03};
    for (int mode = 0; mode < 12; mode++) {
        d.act = acts[mode / 2];
        d.skip = mode & 1 ? skip.data : NULL;
        c->run(&d, want.data, x.data, n);
        k->run(&d, got.data, x.data, n);
        for (int64_t i = 0; i < n * LANES; i++) {
            const double a = (double)((float *)got.data)[i], b = (double)((float *)want.data)[i];
            if (!(fabs(a - b) <= 2e-3) && !(isnan(a) && isnan(b)) && a != b)
                fail_msg("%s %dx%d stride %d, n = %d: float %d is %.9g, not %.9g", level, height,
                         width, (int)stride, (int)n, (int)i, a, b);
        }
    }
    guard_free(&x);
    guard_free(&weight);
    guard_free(&bias);
    guard_free(&skip);
    guard_free(&want);
    guard_free(&got);
}

static void test_levels_agree(void **state)
{
    static const int sizes[][2] = {{1, 1}, {3, 3}, {5, 5}, {7, 7}, {2, 3}};
    const char *name;
    nn_kernels c;
    (void)state;
    nn_kernels_init(&c, 0);
    for (int level = 0; guard_level(level, &name); level++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int64_t stride = 1; stride <= 3; stride++)
                for (int64_t n = 0; n <= MAX_WIDTH; n++)
                    check(&c.depthwise, &guard_level(level, &name)->depthwise, name, sizes[s][0],
                          sizes[s][1], stride, 1 + n % 2, n);
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_nchw8c(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
