// SPDX-License-Identifier: MIT
// Speed of matrix products and of their gather.
#include "nn/base/memory.h"
#include "tests/kernels/bench.h"

#include <stdio.h>

typedef struct product {
    const char *name;
    int64_t m, n, k;
    float *a, *b, *c;
} product;

static void multiply(const nn_kernels *k, void *ctx)
{
    const product *p = ctx;
    k->gemm.sgemm(false, false, p->m, p->n, p->k, 1.0f, p->a, p->k, p->b, p->n, 0.0f, p->c, p->n);
}

static void multiply_transposed(const nn_kernels *k, void *ctx)
{
    const product *p = ctx;
    k->gemm.sgemm(false, true, p->m, p->n, p->k, 1.0f, p->a, p->k, p->b, p->k, 0.0f, p->c, p->n);
}

static void bench_products(const char *part)
{
    static const product shapes[] = {{.name = "64x3136x576", .m = 64, .n = 3136, .k = 576},
                                     {.name = "256x196x2304", .m = 256, .n = 196, .k = 2304},
                                     {.name = "512x49x4608", .m = 512, .n = 49, .k = 4608},
                                     {.name = "1000x1x4096", .m = 1000, .n = 1, .k = 4096}};
    static const struct {
        const char *name;
        bench_run *run;
    } ways[] = {{"sgemm", multiply}, {"sgemm b^T", multiply_transposed}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        product p = shapes[i];
        p.a = bench_floats(p.m * p.k);
        p.b = bench_floats(p.n * p.k);
        p.c = bench_floats(p.m * p.n);
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            char name[64];
            snprintf(name, sizeof name, "%s %s", ways[w].name, p.name);
            const double operations = 2.0 * (double)p.m * (double)p.n * (double)p.k;
            bench_line(part, name, "GFLOP/s", operations, ways[w].run, &p);
        }
        nn_free(p.a);
        nn_free(p.b);
        nn_free(p.c);
    }
}

typedef struct gather {
    nn_conv_geometry window;
    float *image, *columns, *kernel;
    int64_t pixels, taps;
} gather;

static void to_columns(const nn_kernels *k, void *ctx)
{
    const gather *g = ctx;
    k->gemm.im2col(g->columns, g->pixels, g->image, &g->window, 0, g->pixels);
}

static void from_columns(const nn_kernels *k, void *ctx)
{
    const gather *g = ctx;
    k->gemm.col2im(g->image, g->columns, g->pixels, &g->window, 0, g->pixels);
    memset(g->image, 0,
           (size_t)(g->window.channels * g->pixels) * sizeof(float)); // sums stay small
}

static void depthwise(const nn_kernels *k, void *ctx)
{
    const gather *g = ctx;
    k->depthwise_plane.run(g->columns, g->image, g->kernel, 0.5f, &g->window);
}

int bench_gemm(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : NULL;
    gather g = {.window = {.channels = 64,
                           .in_h = 56,
                           .in_w = 56,
                           .out_h = 56,
                           .out_w = 56,
                           .kernel_h = 3,
                           .kernel_w = 3,
                           .stride_h = 1,
                           .stride_w = 1,
                           .pad_top = 1,
                           .pad_left = 1,
                           .dilation_h = 1,
                           .dilation_w = 1},
                .pixels = 56 * 56,
                .taps = 64 * 9};
    bench_products(part);
    g.image = bench_floats(g.window.channels * g.pixels);
    g.columns = bench_floats(g.taps * g.pixels);
    g.kernel = bench_floats(9);
    const double elements = (double)g.taps * (double)g.pixels;
    bench_line(part, "im2col 3x3 64@56", "Gelements/s", elements, to_columns, &g);
    bench_line(part, "col2im 3x3 64@56", "Gelements/s", elements, from_columns, &g);
    bench_line(part, "plane depthwise 3x3 @56", "GFLOP/s", 18.0 * (double)g.pixels, depthwise, &g);
    nn_free(g.image);
    nn_free(g.columns);
    nn_free(g.kernel);
    return 0;
}
