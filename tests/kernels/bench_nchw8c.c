// SPDX-License-Identifier: MIT
// Speed of the kernels on blocked rows and of depthwise convolution on one core, level by level.
// Argument: part of a name.
#include "nn/base/memory.h"
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <time.h>

enum { LANES = 8, WIDTH = 56, HEIGHT = 56, HALO = 3, ROW = (WIDTH + 2 * HALO) * LANES };
enum { PLANE = (HEIGHT + 2 * HALO) * ROW, BLOCKS = 8 };

typedef struct planes {
    float *x, *y, *dense, *weight; // BLOCKS blocked planes, as many floats, weights
} planes;

// One pass over all rows; returns its multiply-accumulates or, without any, 0.
typedef double pass(const nn_kernels *k, const planes *p);

static const float *in_row(const planes *p, int block, int y)
{
    return p->x + block * PLANE + (y + HALO) * ROW + HALO * LANES;
}

static float *out_row(const planes *p, int block, int y)
{
    return p->y + block * PLANE + (y + HALO) * ROW + HALO * LANES;
}

#define EACH_ROW                                                                                   \
    for (int b = 0; b < BLOCKS; b++)                                                               \
        for (int y = 0; y < HEIGHT; y++)

static double pack(const nn_kernels *k, const planes *p)
{
    EACH_ROW
    k->nchw8c.pack(out_row(p, b, y), p->dense + b * LANES * WIDTH * HEIGHT + y * WIDTH,
                   WIDTH * HEIGHT, LANES, WIDTH);
    return 0;
}

static double unpack(const nn_kernels *k, const planes *p)
{
    EACH_ROW
    k->nchw8c.unpack(p->dense + b * LANES * WIDTH * HEIGHT + y * WIDTH, WIDTH * HEIGHT,
                     in_row(p, b, y), LANES, WIDTH);
    return 0;
}

static double affine(const nn_kernels *k, const planes *p)
{
    EACH_ROW
    k->nchw8c.affine(out_row(p, b, y), in_row(p, b, y), p->weight, p->weight + LANES, true, WIDTH);
    return 0;
}

static double shift_lanes(const nn_kernels *k, const planes *p)
{
    EACH_ROW
    k->nchw8c.lanes(out_row(p, b, y), 3, in_row(p, b, y), 0, 5, WIDTH);
    return 0;
}

static void pool(const nn_kernels *k, const planes *p, int size, int stride, bool max)
{
    const nn_nchw8c_window w = {size, size, ROW, stride * LANES};
    for (int b = 0; b < BLOCKS; b++)
        for (int y = 0; y * stride < HEIGHT; y++)
            if (max)
                k->nchw8c.window_max(out_row(p, b, y), in_row(p, b, y * stride), &w,
                                     WIDTH / stride);
            else
                k->nchw8c.window_sum(out_row(p, b, y), in_row(p, b, y * stride), &w, 0.1f,
                                     WIDTH / stride);
}

#define POOL(word, size, stride, max)                                                              \
    static double word(const nn_kernels *k, const planes *p)                                       \
    {                                                                                              \
        pool(k, p, size, stride, max);                                                             \
        return 0;                                                                                  \
    }
POOL(max3s1, 3, 1, true)
POOL(max3s2, 3, 2, true)
POOL(max2s2, 2, 2, true)
POOL(mean3s1, 3, 1, false)
POOL(mean2s2, 2, 2, false)

static double mean_all(const nn_kernels *k, const planes *p)
{
    const nn_nchw8c_window w = {HEIGHT, WIDTH, ROW, 0};
    for (int b = 0; b < BLOCKS; b++)
        k->nchw8c.window_sum(out_row(p, b, 0), in_row(p, b, 0), &w, 0.1f, 1);
    return 0;
}

static double max_channels(const nn_kernels *k, const planes *p)
{
    const nn_nchw8c_column column = {PLANE, BLOCKS * LANES, 1};
    for (int y = 0; y < HEIGHT; y++)
        k->nchw8c.channel_max(p->dense + y * WIDTH, in_row(p, 0, y), &column, WIDTH);
    return 0;
}

static double depthwise(const nn_kernels *k, const planes *p, int size, int stride, int width)
{
    nn_depthwise d = {.height = size,
                      .width = size,
                      .weight = p->weight,
                      .bias = p->weight,
                      .row = ROW,
                      .tap = LANES,
                      .step = stride * LANES,
                      .act = NN_ACT_RELU};
    double macs = 0;
    for (int b = 0; b < BLOCKS; b++)
        for (int y = 0; y * stride < width; y++) {
            k->depthwise.run(&d, out_row(p, b, y),
                             in_row(p, b, y * stride - size / 2) - size / 2 * LANES,
                             width / stride);
            macs += (double)(width / stride * size * size * LANES);
        }
    return macs;
}

#define DEPTHWISE(word, size, stride, width)                                                       \
    static double word(const nn_kernels *k, const planes *p)                                       \
    {                                                                                              \
        return depthwise(k, p, size, stride, width);                                               \
    }
DEPTHWISE(depthwise3, 3, 1, 56)
DEPTHWISE(depthwise3s2, 3, 2, 56)
DEPTHWISE(depthwise3at7, 3, 1, 7)
DEPTHWISE(depthwise5, 5, 1, 56)
DEPTHWISE(depthwise7, 7, 1, 56)
DEPTHWISE(depthwise7at14, 7, 1, 14)

static const struct {
    const char *name;
    pass *pass;
} benches[] = {
    {"pack", pack},
    {"unpack", unpack},
    {"affine relu", affine},
    {"lanes", shift_lanes},
    {"max 3x3 s1", max3s1},
    {"max 3x3 s2", max3s2},
    {"max 2x2 s2", max2s2},
    {"mean 3x3 s1", mean3s1},
    {"mean 2x2 s2", mean2s2},
    {"mean 56x56", mean_all},
    {"max over channels", max_channels},
    {"depthwise 3x3", depthwise3},
    {"depthwise 3x3 s2", depthwise3s2},
    {"depthwise 3x3, 7x7", depthwise3at7},
    {"depthwise 5x5", depthwise5},
    {"depthwise 7x7", depthwise7},
    {"depthwise 7x7, 14x14", depthwise7at14},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void measure(const char *name, const char *level, pass *run, const nn_kernels *k,
                    const planes *p)
{
    double best = 1.0, macs = 0.0;
    for (int repeat = 0; repeat < 200; repeat++) {
        const double start = now();
        macs = run(k, p);
        const double seconds = now() - start;
        best = seconds < best ? seconds : best;
    }
    printf("%-22s %-6s %8.1f us", name, level, best * 1e6);
    if (macs > 0)
        printf(" %7.1f GFLOP/s", 2e-9 * macs / best);
    putchar('\n');
}

int bench_nchw8c(int argc, char **argv)
{
    const size_t floats = (size_t)BLOCKS * PLANE;
    const planes p = {nn_alloc(floats * 4), nn_alloc(floats * 4), nn_alloc(floats * 4),
                      nn_alloc(64 * LANES * 4)};
    const char *level;
    if (!p.x || !p.y || !p.dense || !p.weight)
        return 1;
    guard_fill(p.x, (int64_t)floats, 1.0f, 1);
    guard_fill(p.dense, (int64_t)floats, 1.0f, 2);
    for (int i = 0; i < 64 * LANES; i++)
        p.weight[i] = 0.1f;
    printf("%d channels, %dx%d\n", BLOCKS * LANES, WIDTH, HEIGHT);
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++)
        for (int l = 0; guard_level(l, &level); l++)
            if (argc < 2 || strstr(benches[i].name, argv[1]))
                measure(benches[i].name, level, benches[i].pass, guard_level(l, &level), &p);
    nn_free(p.x);
    nn_free(p.y);
    nn_free(p.dense);
    nn_free(p.weight);
    return 0;
}
