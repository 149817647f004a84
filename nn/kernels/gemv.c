// SPDX-License-Identifier: MIT
// Reference of the matrix-vector products, and the choice of a faster one.
#include "nn/kernels/gemv.h"
#include "nn/kernels/cast.h"

#include "nn/kernels/cpu.h"

#include <stdbool.h>

static void multiply(const nn_gemv *g, bool half)
{
    nn_cast_kernels convert;
    nn_cast_init(&convert, 0);
    for (int v = 0; v < g->vectors; v++)
        for (int64_t r = 0; r < g->rows; r++) {
            double sum = 0.0;
            for (int64_t k = 0; k < g->n; k++) {
                float m;
                if (half)
                    convert.f32_from_f16(&m, (const uint16_t *)g->matrix + r * g->ld + k, 1);
                else
                    m = ((const float *)g->matrix)[r * g->ld + k];
                sum += (double)m * (double)g->x[v * g->ldx + k];
            }
            g->y[v * g->ldy + r] = (float)sum;
        }
}

static void f32_c(const nn_gemv *g)
{
    multiply(g, false);
}

static void f16_c(const nn_gemv *g)
{
    multiply(g, true);
}

void nn_gemv_init(nn_gemv_kernels *k, unsigned cpu)
{
    *k = (nn_gemv_kernels){.f32 = f32_c, .f16 = f16_c};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_gemv_init_avx2(k);
#endif
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_gemv_init_neon(k);
#endif
}
