// SPDX-License-Identifier: MIT
// Speed of rows of convolved planes on one core, level by level, beside the microkernel on the same
// planes; in GFLOP/s. Argument: part of a name.
#include "nn/base/memory.h"
#include "tests/kernels/bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHANNELS = 3, MAX_WIDTH = 208, OVER = 32, CALLS = 32 };

// Output pixels side by side, a kernel of `kernel` a side; all planes have stride 1.
typedef struct bench_case {
    const char *name;
    int width, kernel;
} bench_case;

static const bench_case cases[] = {
    {"3x3x3 > 8, 208 pixels", 208, 3},
    {"5x5x3 > 8, 192 pixels", 192, 5},
    {"7x7x3 > 8, 112 pixels", 112, 7},
    {"11x11x3 > 8, 95 pixels", 95, 11},
};

typedef struct layer {
    nn_rowconv t;
    nn_microkernel_args tile;
    const float *pixel[MAX_WIDTH];
    int32_t place[MAX_WIDTH];
    float *x, *out;
    int64_t n;
} layer;

static void run_rows(const nn_kernels *k, void *ctx)
{
    const layer *l = ctx;
    for (int i = 0; i < CALLS; i++)
        k->rowconv.run(&l->t, l->out, NULL, l->x, l->n);
}

static void run_tiles(const nn_kernels *k, void *ctx)
{
    const layer *l = ctx;
    for (int i = 0; i < CALLS; i++)
        k->microkernel.run(&l->tile, (int)l->n, l->pixel, l->place);
}

static void run_case(const bench_case *c, const char *part)
{
    enum { ROUND = 8 };
    const int depth = CHANNELS * c->kernel * c->kernel, pitch = (c->width + OVER) / 16 * 16;
    float *weight = bench_floats(depth * NN_ROWCONV_STRIDE), *bias = bench_floats(16);
    float *x = bench_floats((int64_t)CHANNELS * c->kernel * pitch);
    float *out = bench_floats((int64_t)c->width * ROUND);
    int32_t *offset = nn_alloc((size_t)depth * sizeof *offset);
    if (!offset)
        exit(1);
    for (int k = 0; k < depth; k++)
        offset[k] = k / c->kernel * pitch + k % c->kernel;
    layer l = {.t = {offset, depth, weight, bias, NN_ACT_RELU},
               .tile = {.run = 1,
                        .single = offset,
                        .singles = depth,
                        .weight = weight,
                        .act = NN_ACT_RELU,
                        .channels = 8,
                        .bias = bias,
                        .out = out},
               .x = x,
               .out = out,
               .n = c->width};
    for (int i = 0; i < c->width; i++) {
        l.pixel[i] = x + i;
        l.place[i] = i * ROUND;
    }
    const double work = 2.0 * CALLS * depth * 8 * c->width;
    char name[64];
    bench_line(part, c->name, "GFLOP/s", work, run_rows, &l);
    snprintf(name, sizeof name, "%s, tiles", c->name);
    bench_line(part, name, "GFLOP/s", work, run_tiles, &l);
    nn_free(weight);
    nn_free(bias);
    nn_free(x);
    nn_free(out);
    nn_free(offset);
}

int bench_rowconv(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run_case(&cases[i], argc > 1 ? argv[1] : NULL);
    return 0;
}
