// SPDX-License-Identifier: MIT
// Speed of convolution in bfloat16, and of float32 split into two of them, on one core, in GFLOP/s,
// beside the float32 microkernel.
// Argument: part of a name.
#include "nn/base/memory.h"
#include "tests/kernels/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BLOCK = NN_BF16_BLOCK, PANEL = 16 };

// A square image of `size` pixels a side, a kernel of `kernel` a side.
typedef struct bench_case {
    const char *name;
    int size, channels, kernel, outputs;
} bench_case;

static const bench_case cases[] = {
    {"3x3 64>64 @56", 56, 64, 3, 64},     {"3x3 256>256 @14", 14, 256, 3, 256},
    {"3x3 512>512 @7", 7, 512, 3, 512},   {"1x1 64>256 @56", 56, 64, 1, 256},
    {"1x1 512>128 @28", 28, 512, 1, 128}, {"1x1 1024>256 @14", 14, 1024, 1, 256},
    {"1x1 2048>512 @7", 7, 2048, 1, 512},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *new_zeros(int64_t bytes)
{
    void *p = nn_calloc((size_t)bytes, 1);
    if (!p)
        exit(1);
    return p;
}

static double best_of(const nn_bf16_conv_kernels *k, const nn_bf16_conv *t, int64_t places,
                      bool split)
{
    void (*const run)(const nn_bf16_conv *t, int64_t first, int64_t places) =
        split ? k->run_split : k->run;
    double best = 1e9;
    for (const double end = now() + 0.2; now() < end;) {
        const double start = now();
        if (k->begin)
            k->begin();
        run(t, 0, places);
        if (k->end)
            k->end();
        best = now() - start < best ? now() - start : best;
    }
    return best;
}

// The same pixels with the float32 microkernel, panel by panel.
static double best_of_float(const nn_microkernels *k, const bench_case *c, float *x, float *weight,
                            float *out)
{
    const int pitch = c->size + c->kernel - 1, pixels = c->size * c->size, taps = c->kernel * 8;
    const int blocks = c->channels / 8, depth = c->channels * c->kernel * c->kernel;
    const float **pixel = new_zeros((int64_t)pixels * (int64_t)sizeof *pixel);
    int32_t *place = new_zeros(pixels * 4), *offset = new_zeros((int64_t)blocks * c->kernel * 4);
    nn_microkernel_args t = {.offset = offset,
                             .blocks = blocks * c->kernel,
                             .run = taps,
                             .channels = PANEL,
                             .plane = (int64_t)pixels * 8};
    for (int i = 0; i < pixels; i++) {
        pixel[i] = x + (i / c->size * pitch + i % c->size) * 8;
        place[i] = i * 8;
    }
    for (int i = 0; i < t.blocks; i++)
        offset[i] = (i / c->kernel * pitch + i % c->kernel) * pitch * 8;
    double best = 1e9;
    for (const double end = now() + 0.2; now() < end;) {
        const double start = now();
        for (int p = 0; p < c->outputs / PANEL; p++) {
            t.weight = weight + (int64_t)p * depth * PANEL;
            t.out = out + p * 2 * t.plane;
            k->run(&t, pixels, pixel, place);
        }
        best = now() - start < best ? now() - start : best;
    }
    nn_free(pixel);
    nn_free(place);
    nn_free(offset);
    return best;
}

int bench_bf16conv(int argc, char **argv)
{
    nn_kernels best;
    nn_kernels_init(&best, nn_cpu_flags());
    if (best.bf16conv.speed <= 0) {
        printf("this machine has neither AVX-512 BF16 nor AMX\n");
        return 0;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bench_case *c = &cases[i];
        if (argc > 1 && !strstr(c->name, argv[1]))
            continue;
        const int pitch = c->size + c->kernel - 1, taps = c->kernel * c->kernel;
        const int64_t numbers = (int64_t)c->channels * (pitch * pitch + NN_BF16_SLACK);
        const int64_t weights = (int64_t)c->outputs * c->channels * taps;
        uint16_t *x = new_zeros(numbers * 4), *weight = new_zeros(weights * 4);
        float *bias = new_zeros((int64_t)c->outputs * 4);
        float *out = new_zeros((int64_t)c->outputs * c->size * c->size * 4);
        int32_t *offset = new_zeros((int64_t)c->channels / BLOCK * taps * 4);
        nn_bf16_conv t = {.x = x,
                          .offset = offset,
                          .low = numbers,
                          .stretches = c->channels / BLOCK * taps,
                          .pitch = pitch,
                          .width = c->size,
                          .weight = weight,
                          .bias = bias,
                          .panels = c->outputs / PANEL,
                          .channels = c->outputs,
                          .out = out,
                          .row = (int64_t)c->size * 8,
                          .plane = (int64_t)c->size * c->size * 8};
        for (int s = 0; s < t.stretches; s++)
            offset[s] =
                (s / taps * pitch * pitch + s % taps / c->kernel * pitch + s % c->kernel) * BLOCK;
        const double operations = 2e-9 * (double)weights * c->size * c->size;
        const int64_t places = (int64_t)(c->size - 1) * pitch + c->size;
        const double took = best_of(&best.bf16conv, &t, places, false);
        const double took_split =
            best.bf16conv.split_speed > 0 ? best_of(&best.bf16conv, &t, places, true) : 0;
        const double took_float =
            best_of_float(&best.microkernel, c, (float *)x, (float *)weight, out);
        printf("%-20s  bf16 %7.1f GFLOP/s  float32 %7.1f GFLOP/s  %.2f times", c->name,
               operations / took, operations / took_float, took_float / took);
        if (took_split > 0)
            printf("  split %7.1f GFLOP/s  %.2f times", operations / took_split,
                   took_float / took_split);
        puts("");
        nn_free(x);
        nn_free(weight);
        nn_free(bias);
        nn_free(out);
        nn_free(offset);
    }
    return 0;
}
