// SPDX-License-Identifier: MIT
// Speed of Winograd's transforms, on rows of tiles that lie in the second-level cache.
#include "nn/base/memory.h"
#include "tests/kernels/bench.h"

#include <stdio.h>

enum { LANES = 8, PANEL = 16, TILES = 14, SIDE = NN_WINOGRAD_MAX };

typedef struct transform {
    nn_winograd kind;
    nn_winograd_input in;
    nn_winograd_output out;
} transform;

static void go_in(const nn_kernels *k, void *ctx)
{
    const transform *t = ctx;
    k->winograd.input[t->kind](&t->in);
}

static void come_out(const nn_kernels *k, void *ctx)
{
    const transform *t = ctx;
    k->winograd.output[t->kind](&t->out);
}

int bench_winograd(int argc, char **argv)
{
    static const char *const names[] = {"F(2,3)",   "F(4,3)",   "F(6,3)",   "F(2,5)",   "F(4,1x3)",
                                        "F(4,3x1)", "F(6,1x7)", "F(6,7x1)", "F(2,3)/2", "F(4,3)/2"};
    const char *part = argc > 1 ? argv[1] : NULL;
    const int64_t row = (TILES + 1) * SIDE * LANES, product = TILES * LANES;
    float *image = bench_floats(SIDE * row), *made = bench_floats(2 * SIDE * row);
    float *products = bench_floats(SIDE * SIDE * product), *bias = bench_floats(PANEL);
    float *sums = bench_floats(SIDE * SIDE * TILES * PANEL);
    for (int kind = 0; kind < NN_WINOGRAD_COUNT; kind++) {
        const nn_winograd_size size = nn_winograd_sizes(kind);
        transform t = {.kind = kind,
                       .in = {.from = image,
                              .row = row,
                              .pixel = LANES,
                              .rows = size.side[0],
                              .columns = (TILES + 1) * SIDE,
                              .tiles = TILES,
                              .to = products,
                              .tile = LANES,
                              .product = product},
                       .out = {.channels = PANEL,
                               .from = sums,
                               .tile = PANEL,
                               .product = PANEL * TILES,
                               .tiles = TILES,
                               .bias = bias,
                               .relu = true,
                               .to = made,
                               .row = row,
                               .pixel = LANES,
                               .plane = SIDE * row,
                               .rows = size.out[0],
                               .columns = TILES * size.out[1]}};
        const double pixels = (double)TILES * size.out[0] * size.out[1] * LANES;
        char name[32];
        snprintf(name, sizeof name, "%s input", names[kind]);
        bench_line(part, name, "Goutputs/s", pixels, go_in, &t);
        snprintf(name, sizeof name, "%s output", names[kind]);
        bench_line(part, name, "Goutputs/s", 2 * pixels, come_out, &t);
    }
    nn_free(image);
    nn_free(made);
    nn_free(sums);
    nn_free(products);
    nn_free(bias);
    return 0;
}
