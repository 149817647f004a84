// SPDX-License-Identifier: MIT
// Reference of the sums of Strassen's algorithm, and the choice of a faster one.
#include "nn/kernels/strassen.h"
#include "nn/kernels/cpu.h"

static void weights_c(float *const t[NN_STRASSEN_WEIGHTS], const float *const b[4], int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float one = b[1][i] - b[0][i], two = b[3][i] - one;
        t[0][i] = one;
        t[1][i] = two;
        t[2][i] = b[3][i] - b[1][i];
        t[3][i] = b[2][i] - two;
    }
}

static void rows_c(float *const s[NN_STRASSEN_ROWS], const float *high, const float *low,
                   int64_t far, int64_t step, int64_t count)
{
    for (int64_t i = 0; i < count; i++, high += step, low += step)
        for (int j = 0; j < 8; j++) {
            const float one = low[j] + low[far + j], two = one - high[j];
            s[0][8 * i + j] = high[j];
            s[1][8 * i + j] = high[far + j];
            s[2][8 * i + j] = low[far + j];
            s[3][8 * i + j] = one;
            s[4][8 * i + j] = two;
            s[5][8 * i + j] = high[j] - low[j];
            s[6][8 * i + j] = high[far + j] - two;
        }
}

static void sums_c(float *y, int64_t step, const float *x, int64_t x_step, const float *a,
                   const float *b, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        for (int j = 0; j < 16; j++)
            y[i * step + j] = x[i * x_step + j] + a[16 * i + j] + b[16 * i + j];
}

void nn_strassen_init(nn_strassen_kernels *k, unsigned cpu)
{
    *k = (nn_strassen_kernels){weights_c, rows_c, sums_c};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_strassen_init_avx2(k);
#endif
}
