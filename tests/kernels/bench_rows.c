// SPDX-License-Identifier: MIT
// Speed of the element-wise, half and update kernels on one core, level by level, in elements a
// nanosecond: once in the second-level cache, once from memory. Argument: part of a name.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <time.h>

enum { SMALL = 1 << 14, LARGE = 1 << 23 };

typedef struct buffers {
    float *a, *b, *c, *y;
    uint16_t *h;
} buffers;

typedef void run(const nn_kernels *k, const buffers *b, int64_t n);

static volatile double sink;

#define ACT_RUN(word, ACT)                                                                         \
    static void word(const nn_kernels *k, const buffers *b, int64_t n)                             \
    {                                                                                              \
        k->eltwise.act[ACT](b->y, b->a, n);                                                        \
    }                                                                                              \
    static void word##_grad(const nn_kernels *k, const buffers *b, int64_t n)                      \
    {                                                                                              \
        k->eltwise.act_grad[ACT](b->y, b->b, b->a, n);                                             \
    }
ACT_RUN(relu, NN_ACT_RELU)
ACT_RUN(gelu, NN_ACT_GELU)
ACT_RUN(silu, NN_ACT_SILU)
ACT_RUN(mish, NN_ACT_MISH)
ACT_RUN(sigmoid, NN_ACT_SIGMOID)

static void add(const nn_kernels *k, const buffers *b, int64_t n)
{
    k->eltwise.add(b->y, b->a, b->b, n);
}

static void axpy(const nn_kernels *k, const buffers *b, int64_t n)
{
    k->eltwise.axpy(b->y, 0.5f, b->a, n);
}

static void affine(const nn_kernels *k, const buffers *b, int64_t n)
{
    k->eltwise.affine(b->y, b->a, 0.5f, 1.0f, n);
}

static void sum(const nn_kernels *k, const buffers *b, int64_t n)
{
    sink += k->eltwise.sum(b->a, n);
}

static void dot(const nn_kernels *k, const buffers *b, int64_t n)
{
    sink += k->eltwise.dot(b->a, b->b, n);
}

static void max(const nn_kernels *k, const buffers *b, int64_t n)
{
    sink += (double)k->eltwise.max(b->a, n);
}

static void from_f16(const nn_kernels *k, const buffers *b, int64_t n)
{
    k->cast.f32_from_f16(b->y, b->h, n);
}

static void to_f16(const nn_kernels *k, const buffers *b, int64_t n)
{
    k->cast.f16_from_f32(b->h, b->a, n);
}

static void to_bf16(const nn_kernels *k, const buffers *b, int64_t n)
{
    k->cast.bf16_from_f32(b->h, b->a, n);
}

static void sgd(const nn_kernels *k, const buffers *b, int64_t n)
{
    k->update.sgd(b->y, b->c, b->b, n, 1e-4f, 0.9f, 1e-4f, 1);
}

static void adamw(const nn_kernels *k, const buffers *b, int64_t n)
{
    k->update.adamw(b->y, b->c, b->a, b->b, n, 1e-4f, 0.9f, 0.999f, 1e-8f, 1e-4f);
}

static void ema(const nn_kernels *k, const buffers *b, int64_t n)
{
    k->update.ema(b->y, b->a, n, 0.999f);
}

static const struct {
    const char *name;
    run *run;
} benches[] = {
    {"relu", relu},
    {"gelu", gelu},
    {"silu", silu},
    {"mish", mish},
    {"sigmoid", sigmoid},
    {"relu grad", relu_grad},
    {"gelu grad", gelu_grad},
    {"silu grad", silu_grad},
    {"mish grad", mish_grad},
    {"sigmoid grad", sigmoid_grad},
    {"add", add},
    {"axpy", axpy},
    {"affine", affine},
    {"sum", sum},
    {"dot", dot},
    {"max", max},
    {"f32 from f16", from_f16},
    {"f16 from f32", to_f16},
    {"bf16 from f32", to_bf16},
    {"sgd", sgd},
    {"ema", ema},
    {"adamw", adamw}, // last: it leaves its inputs changed
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Ordinary numbers: denormals are slow on many CPUs and rare in networks.
static void fill(const buffers *b)
{
    nn_rng r = nn_rng_seed(1);
    for (int i = 0; i < LARGE; i++) {
        b->a[i] = nn_rng_range(&r, -6.0f, 6.0f);
        b->b[i] = nn_rng_range(&r, -1.0f, 1.0f);
    }
    memset(b->c, 0, LARGE * sizeof *b->c);
    memset(b->y, 0, LARGE * sizeof *b->y);
    memset(b->h, 0, LARGE * sizeof *b->h);
}

// Elements a nanosecond, the best of several runs of at least 10 ms.
static double measure(run *r, const nn_kernels *k, const buffers *b, int64_t n)
{
    double best = 0.0;
    for (int repeat = 0; repeat < 4; repeat++) {
        const double start = now();
        double seconds, elements = 0.0;
        do {
            r(k, b, n);
            elements += (double)n;
            seconds = now() - start;
        } while (seconds < 0.01);
        best = elements / seconds > best ? elements / seconds : best;
    }
    return best * 1e-9;
}

int bench_rows(int argc, char **argv)
{
    const buffers b = {nn_alloc(LARGE * 4), nn_alloc(LARGE * 4), nn_alloc(LARGE * 4),
                       nn_alloc(LARGE * 4), nn_alloc(LARGE * 2)};
    const char *level;
    if (!b.a || !b.b || !b.c || !b.y || !b.h)
        return 1;
    printf("%-16s %-8s %10s %10s  Gelements/s\n", "kernel", "level", "cache", "memory");
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++)
        for (int l = 0; guard_level(l, &level); l++) {
            if (argc > 1 && !strstr(benches[i].name, argv[1]))
                continue;
            const nn_kernels *k = guard_level(l, &level);
            fill(&b);
            printf("%-16s %-8s %10.2f %10.2f\n", benches[i].name, level,
                   measure(benches[i].run, k, &b, SMALL), measure(benches[i].run, k, &b, LARGE));
        }
    nn_free(b.a);
    nn_free(b.b);
    nn_free(b.c);
    nn_free(b.y);
    nn_free(b.h);
    return 0;
}
