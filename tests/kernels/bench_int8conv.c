// SPDX-License-Identifier: MIT
// Speed of quantised convolution on one core, level by level, in GOP/s, as a fraction of the peak
// of VNNI, and beside the float32 microkernel. Argument: part of a name.
#include "nn/base/memory.h"
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = NN_INT8_BLOCK };

// A square image of `size` pixels a side, a kernel of `kernel` a side.
typedef struct bench_case {
    const char *name;
    int size, channels, kernel, outputs, stride;
} bench_case;

static const bench_case cases[] = {
    {"7x7/2 3>64 @112", 112, 3, 7, 64, 2},     {"3x3 64>64 @56", 56, 64, 3, 64, 1},
    {"3x3 128>128 @28", 28, 128, 3, 128, 1},   {"3x3/2 128>128 @28", 28, 128, 3, 128, 2},
    {"3x3 256>256 @14", 14, 256, 3, 256, 1},   {"3x3 512>512 @7", 7, 512, 3, 512, 1},
    {"1x1 64>64 @56", 56, 64, 1, 64, 1},       {"1x1 64>256 @56", 56, 64, 1, 256, 1},
    {"1x1 256>64 @56", 56, 256, 1, 64, 1},     {"1x1 512>128 @28", 28, 512, 1, 128, 1},
    {"1x1 1024>256 @14", 14, 1024, 1, 256, 1}, {"1x1 2048>512 @7", 7, 2048, 1, 512, 1},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__x86_64__)
#include <immintrin.h>
// Sixteen chains of vpdpbusd that wait for nothing else.
__attribute__((target("avx512f,avx512vnni"))) static int multiply(int64_t times)
{
    __m512i x = _mm512_set1_epi32(0x01020304), c[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        c[i] = _mm512_set1_epi32(i);
    for (int64_t t = 0; t < times; t++) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            c[i] = _mm512_dpbusd_epi32(c[i], x, x);
            __asm__("" : "+v"(c[i])); // keep the chains apart
        }
    }
    int sum = 0;
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        sum += _mm512_reduce_add_epi32(c[i]);
    return sum;
}
static double measure_peak(void)
{
    enum { TIMES = 1 << 18 };
    static volatile int sink;
    double best = 1e9;
    for (int i = 0; i < 16 && nn_cpu_flags() & NN_CPU_AVX512_VNNI; i++) {
        double start = now();
        sink = multiply(TIMES);
        best = now() - start < best ? now() - start : best;
    }
    (void)sink;
    return best < 1e9 ? TIMES * 16.0 * 128.0 * 1e-9 / best : 0;
}
#else
static double measure_peak(void)
{
    return 0.0;
}
#endif

typedef struct layer {
    const bench_case *c;
    uint8_t *image, *out;
    void *packed;
    int8_t *weight;
    int32_t *offset, *start;
    float *scale;
    int64_t row, plane;
    nn_int8_conv t;
} layer;

static void *new_bytes(int64_t bytes)
{
    uint8_t *p = nn_calloc((size_t)bytes, 1);
    if (!p)
        exit(1);
    for (int64_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(i * 7 % 251);
    return p;
}

static layer new_layer(const bench_case *c)
{
    layer l = {.c = c};
    const int64_t width = (int64_t)c->size * c->stride + c->kernel - 1;
    const int blocks = (c->channels + BLOCK - 1) / BLOCK, taps = c->kernel * c->kernel;
    l.row = width * BLOCK;
    l.plane = width * l.row;
    l.t.stretches = blocks * taps;
    l.t.quads = c->channels < BLOCK ? 1 : 4;
    l.t.in_row = l.t.quads == 4 ? c->kernel : 1;
    l.t.step = (int64_t)c->stride * BLOCK;
    l.t.panels = c->outputs / BLOCK;
    l.t.channels = c->outputs;
    l.t.out_plane = (int64_t)c->size * c->size * BLOCK;
    l.image = new_bytes(l.plane * blocks);
    l.out = new_bytes(l.t.out_plane * l.t.panels);
    l.weight = new_bytes((int64_t)l.t.stretches * l.t.quads * 4 * c->outputs);
    l.packed = new_bytes((int64_t)l.t.stretches * l.t.quads * 8 * c->outputs);
    l.offset = new_bytes((int64_t)l.t.stretches * 4);
    l.start = new_bytes((int64_t)c->outputs * 4);
    l.scale = new_bytes((int64_t)c->outputs * 4);
    for (int i = 0; i < c->outputs; i++) {
        l.start[i] = i;
        l.scale[i] = 0.001f;
    }
    for (int s = 0; s < l.t.stretches; s++)
        l.offset[s] =
            (int32_t)(s / taps * l.plane + s % taps / c->kernel * l.row + s % c->kernel * BLOCK);
    l.t.offset = l.offset;
    l.t.start = l.start;
    l.t.requant = (nn_int8_requant){.scale = l.scale, .shift = l.scale, .high = 255};
    return l;
}

// As many panels as kernels like outside, rows inside; 1x1 in one run.
static double run_layer(layer *l, const nn_int8_conv_kernels *k)
{
    nn_int8_conv t = l->t;
    const int group = k->panels, size = l->c->size, all = size * size;
    const int run = l->c->kernel == 1 || k->rows ? all : size;
    if (run > size && l->c->kernel > 1)
        t.row = size;
    t.x_row = l->c->stride * l->row;
    t.out_row = (int64_t)size * BLOCK;
    const double start = now();
    if (k->begin)
        k->begin(&t, run);
    for (int p = 0; p < l->t.panels; p += group) {
        t.panels = l->t.panels - p < group ? l->t.panels - p : group;
        t.weight = (const char *)l->packed +
                   (int64_t)p * t.stretches * t.quads * 4 * BLOCK * k->weight_bytes;
        for (int i = 0; i < all; i += run)
            k->run(&t, l->image + i / size * t.x_row, l->out + p * t.out_plane + i * BLOCK, NULL,
                   run);
    }
    if (k->end)
        k->end();
    return now() - start;
}

int bench_int8conv(int argc, char **argv)
{
    static const unsigned masks[] = {NN_CPU_AVX2, NN_CPU_AVX2 | NN_CPU_AVX_VNNI,
                                     NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_AVX512_VNNI,
                                     NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_AVX512_VNNI | NN_CPU_AMX,
                                     NN_CPU_AVX2};
    const int levels = sizeof masks / sizeof *masks;
    static const char *const names[] = {"avx2", "avxvnni", "avx512vnni", "amx", "avx2 small"};
    const double peak = measure_peak();
    printf("peak of vpdpbusd %.0f GOP/s\n", peak);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bench_case *c = &cases[i];
        if (argc > 1 && !strstr(c->name, argv[1]))
            continue;
        layer l = new_layer(c);
        printf("%-20s", c->name);
        for (int m = 0; m < levels; m++) {
            nn_int8_conv_kernels k;
            double best = 1e9, end;
            if ((masks[m] & nn_cpu_flags()) != masks[m])
                continue;
            nn_int8_conv_init(&k, masks[m]);
            if (m == levels - 1)
                k = *k.small;
            k.pack(l.packed, l.weight, (int64_t)l.t.stretches * l.t.quads * l.t.panels);
            for (end = now() + 0.2; now() < end;) {
                const double took = run_layer(&l, &k);
                best = took < best ? took : best;
            }
            const double rate = 2e-9 * c->kernel * c->kernel * c->channels * (double)c->outputs *
                                c->size * c->size / best;
            printf("  %s %6.1f GOP/s %3.0f %%", names[m], rate, peak > 0 ? 100 * rate / peak : 0.0);
        }
        printf("\n");
        nn_free(l.image);
        nn_free(l.out);
        nn_free(l.weight);
        nn_free(l.packed);
        nn_free(l.offset);
        nn_free(l.start);
        nn_free(l.scale);
    }
    return 0;
}
