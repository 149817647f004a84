// SPDX-License-Identifier: MIT
// Speed of the blocked convolution microkernel on one core, level by level, in GFLOP/s and as a
// fraction of the peak. Argument: part of a name.
#include "nn/base/memory.h"
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A square image of `size` pixels a side, a kernel of `kernel` a side.
typedef struct bench_case {
    const char *name;
    int size, channels, kernel, outputs, rows; // rows: output rows of one call
    bool half;
} bench_case;

static const bench_case cases[] = {
    {"3x3 64>64 @56", 56, 64, 3, 64, 14, false},
    {"3x3 128>128 @28", 28, 128, 3, 128, 14, false},
    {"3x3 256>256 @14", 14, 256, 3, 256, 14, false},
    {"3x3 512>512 @7", 7, 512, 3, 512, 7, false},
    {"3x3 512>512 @7 half", 7, 512, 3, 512, 7, true},
    {"5x5 48>128 @14", 14, 48, 5, 128, 14, false},
    {"1x1 64>64 @56", 56, 64, 1, 64, 14, false},
    {"1x1 64>256 @56", 56, 64, 1, 256, 14, false},
    {"1x1 256>64 @56", 56, 256, 1, 64, 4, false},
    {"1x1 512>128 @28", 28, 512, 1, 128, 4, false},
    {"1x1 1024>256 @14", 14, 1024, 1, 256, 4, false},
    {"3x3 16>8 @72", 72, 16, 3, 8, 7, false},
    {"1x1 96>8 @44", 44, 96, 1, 8, 11, false},
    {"1x1 2048>512 @7", 7, 2048, 1, 512, 7, false},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__x86_64__)
#include <immintrin.h>
// Twelve chains of FMA that wait for nothing else.
__attribute__((target("avx2,fma"))) static double multiply(int64_t times)
{
    __m256 x = _mm256_set1_ps(0.999f), c[12];
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++)
        c[i] = _mm256_set1_ps((float)i);
    for (int64_t t = 0; t < times; t++) {
#pragma GCC unroll 12
        for (int i = 0; i < 12; i++) {
            c[i] = _mm256_fmadd_ps(c[i], x, x);
            __asm__("" : "+x"(c[i])); // keep the chains apart
        }
    }
    float sum = 0;
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++)
        sum += _mm256_cvtss_f32(c[i]);
    return (double)sum;
}
static double measure_peak(void)
{
    enum { TIMES = 1 << 20 };
    static volatile double sink;
    double best = 1e9;
    for (int i = 0; i < 8 && nn_cpu_flags() & NN_CPU_AVX2; i++) {
        double start = now();
        sink = multiply(TIMES);
        best = now() - start < best ? now() - start : best;
    }
    (void)sink;
    return TIMES * 12.0 * 16.0 * 1e-9 / best;
}
#else
static double measure_peak(void)
{
    return 0.0;
}
#endif

typedef struct layer {
    const bench_case *c;
    float *image, *out;
    void *weight;
    const float **pixel;
    int32_t *place, *offset;
    int64_t plane, depth;
    nn_microkernel_args t;
} layer;

static void *new_filled(int64_t floats)
{
    float *p = nn_alloc((size_t)floats * sizeof *p);
    if (!p)
        exit(1);
    for (int64_t i = 0; i < floats; i++)
        p[i] = 0.001f * (float)(i % 1001) - 0.5f;
    return p;
}

static layer new_layer(const bench_case *c)
{
    layer l = {.c = c};
    const int64_t width = c->size + c->kernel - 1;
    l.plane = width * width * 8;
    l.depth = (int64_t)c->kernel * c->kernel * c->channels;
    const int padded = c->outputs < NN_PANEL_CHANNELS ? NN_PANEL_CHANNELS : c->outputs;
    l.image = new_filled(l.plane * c->channels / 8);
    l.out = new_filled((int64_t)c->size * c->size * c->outputs);
    l.weight = new_filled(l.depth * padded); // as halves: any finite numbers
    l.t.blocks = c->channels / 8 * c->kernel;
    l.offset = new_filled(l.t.blocks);
    l.pixel = nn_alloc((size_t)c->size * (size_t)c->size * sizeof *l.pixel);
    l.place = new_filled((int64_t)c->size * c->size);
    if (!l.pixel)
        exit(1);
    if (c->half)
        memset(l.weight, 0x11, (size_t)(l.depth * c->outputs) * 2);
    for (int b = 0; b < l.t.blocks; b++)
        l.offset[b] = (int32_t)(b / c->kernel * l.plane + b % c->kernel * width * 8);
    for (int i = 0; i < c->size * c->size; i++) {
        l.pixel[i] = l.image + (i / c->size * width + i % c->size) * 8;
        l.place[i] = i * 8;
    }
    l.t.offset = l.offset;
    l.t.run = 8 * c->kernel;
    l.t.half = c->half;
    l.t.act = NN_ACT_RELU;
    l.t.channels = c->outputs < NN_PANEL_CHANNELS ? 8 : 16;
    l.t.plane = (int64_t)c->size * c->size * 8;
    return l;
}

// Strips of rows outside, output channels inside.
static void run_layer(layer *l, const nn_microkernels *tile)
{
    const int pixels = l->c->size * l->c->size, step = l->c->rows * l->c->size;
    for (int at = 0; at < pixels; at += step)
        for (int o = 0, n; o < l->c->outputs; o += n * NN_PANEL_CHANNELS) {
            nn_microkernel_args t[2];
            n = nn_microkernel_panels(tile);
            if (o + NN_PANEL_CHANNELS >= l->c->outputs)
                n = 1;
            for (int i = 0; i < n; i++) {
                const int64_t first = o + i * NN_PANEL_CHANNELS;
                t[i] = l->t;
                t[i].weight = (const char *)l->weight + first * l->depth * (l->c->half ? 2 : 4);
                t[i].out = l->out + first / 8 * l->t.plane;
            }
            nn_microkernel_run_panels(tile, t, n, pixels - at < step ? pixels - at : step,
                                      l->pixel + at, l->place + at);
        }
}

static double measure(layer *l, const nn_microkernels *tile, double seconds)
{
    double best = 1e9, end = now() + seconds;
    do {
        double start = now();
        run_layer(l, tile);
        best = now() - start < best ? now() - start : best;
    } while (now() < end);
    return best;
}

int bench_microkernel(int argc, char **argv)
{
    const double seconds = 0.2, peak = measure_peak();
    const char *level;
    const nn_kernels *kernels;
    printf("peak %.1f GFLOP/s\n", peak);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (argc > 1 && !strstr(cases[i].name, argv[1]))
            continue;
        layer l = new_layer(&cases[i]);
        printf("%-22s", cases[i].name);
        for (int k = 1; (kernels = guard_level(k, &level)) != NULL; k++) {
            const double took = measure(&l, &kernels->microkernel, seconds);
            const double rate =
                2e-9 * (double)l.depth * cases[i].outputs * cases[i].size * cases[i].size / took;
            printf("  %s %6.1f GF/s %3.0f %%", level, rate, peak > 0 ? 100 * rate / peak : 0.0);
        }
        printf("\n");
        nn_free(l.image);
        nn_free(l.out);
        nn_free(l.weight);
        nn_free(l.pixel);
        nn_free(l.place);
        nn_free(l.offset);
    }
    return 0;
}
