// SPDX-License-Identifier: MIT
// Every level of the gemv family against sums by definition, with canaries round the output.
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"

#include <float.h>
#include <math.h>

typedef struct product_case {
    int64_t rows, n;
    int vectors;
    bool half;
} product_case;

static void check_sums(const product_case *c, const nn_gemv *g, const float *matrix,
                       const char *level)
{
    for (int v = 0; v < c->vectors; v++)
        for (int64_t r = 0; r < c->rows; r++) {
            double sum = 0.0, size = 0.0;
            for (int64_t k = 0; k < c->n; k++) {
                const double part = (double)matrix[r * g->ld + k] * (double)g->x[v * g->ldx + k];
                sum += part;
                size += fabs(part);
            }
            const double bound = (double)(c->n + 2) * (double)FLT_EPSILON * size + 1e-37;
            if (!(fabs((double)g->y[v * g->ldy + r] - sum) <= bound))
                fail_msg("%s: %lld rows of %lld, vector %d: %g instead of %g", level,
                         (long long)c->rows, (long long)c->n, v, (double)g->y[v * g->ldy + r], sum);
        }
}

static void check_case(const nn_gemv_kernels *kernels, const product_case *c, const char *level)
{
    const nn_cast_kernels *half = &nn_kernels_best()->cast;
    nn_gemv g = {.ld = c->n + 3,
                 .rows = c->rows,
                 .n = c->n,
                 .ldx = c->n + 1,
                 .vectors = c->vectors,
                 .ldy = c->rows};
    const int64_t floats = c->rows * g.ld, xs = c->vectors * g.ldx;
    guard matrix = guard_new((size_t)floats * sizeof(float), 4);
    guard packed = guard_new((size_t)floats * sizeof(uint16_t), 2);
    guard x = guard_new((size_t)xs * sizeof(float), 4);
    guard y = guard_new((size_t)(c->vectors * c->rows) * sizeof(float), 4);
    guard_fill(matrix.data, floats, 2.0f, 1);
    guard_fill(x.data, xs, 2.0f, 2);
    g.matrix = matrix.data;
    g.x = x.data;
    g.y = y.data;
    if (c->half) {
        half->f16_from_f32(packed.data, matrix.data, floats);
        half->f32_from_f16(matrix.data, packed.data, floats);
        g.matrix = packed.data;
    }
    (c->half ? kernels->f16 : kernels->f32)(&g);
    check_sums(c, &g, matrix.data, level);
    guard_free(&matrix);
    guard_free(&packed);
    guard_free(&x);
    guard_free(&y);
}

static void products_are_the_sums(void **state)
{
    const int64_t ns[] = {0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 200, 1027};
    const char *level;
    (void)state;
    for (int i = 0; guard_level(i, &level); i++)
        for (int64_t rows = 0; rows <= 17; rows++)
            for (size_t n = 0; n < sizeof ns / sizeof *ns; n++)
                for (int vectors = 0; vectors <= 7; vectors++)
                    for (int half = 0; half < 2; half++) {
                        const product_case c = {rows, ns[n], vectors, half};
                        check_case(&guard_level(i, &level)->gemv, &c, level);
                    }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_gemv(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_the_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
