// SPDX-License-Identifier: MIT
// Speed of matrix times vector: a matrix in the cache, and one in memory.
#include "nn/base/memory.h"
#include "tests/kernels/bench.h"

#include <stdio.h>

static void multiply(const nn_kernels *k, void *ctx)
{
    k->gemv.f32(ctx);
}

static void multiply_half(const nn_kernels *k, void *ctx)
{
    k->gemv.f16(ctx);
}

int bench_gemv(int argc, char **argv)
{
    static const int64_t sizes[][2] = {{256, 512}, {1000, 4096}, {4096, 9216}};
    const char *part = argc > 1 ? argv[1] : NULL;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int64_t rows = sizes[i][0], n = sizes[i][1];
        float *matrix = bench_floats(rows * n), *x = bench_floats(n), *y = bench_floats(rows);
        nn_gemv g = {.matrix = matrix,
                     .ld = n,
                     .rows = rows,
                     .n = n,
                     .x = x,
                     .ldx = n,
                     .vectors = 1,
                     .y = y,
                     .ldy = rows};
        char name[64];
        snprintf(name, sizeof name, "float32 %dx%d", (int)rows, (int)n);
        bench_line(part, name, "GB/s", 4.0 * (double)(rows * n), multiply, &g);
        snprintf(name, sizeof name, "float16 %dx%d", (int)rows, (int)n);
        // 0.0005: any halves will do that are ordinary numbers
        memset(matrix, 0x11, (size_t)(rows * n) * 2);
        bench_line(part, name, "GB/s", 2.0 * (double)(rows * n), multiply_half, &g);
        nn_free(matrix);
        nn_free(x);
        nn_free(y);
    }
    return 0;
}
