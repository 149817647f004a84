// SPDX-License-Identifier: MIT
// Reference products over overlapping rows; picks the level.
#include "nn/kernels/taps.h"

#include "nn/kernels/avx2.h"

#include <string.h>

enum { BLOCK = 512 }; // columns of C worked on at a time

static void product_c(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
                      const int32_t *offset, float *c, int64_t ldc)
{
    for (int64_t j0 = 0; j0 < n; j0 += BLOCK) {
        int64_t jn = n - j0 < BLOCK ? n - j0 : BLOCK;
        for (int64_t i = 0; i < m; i++) {
            float *row = c + i * ldc + j0;
            memset(row, 0, (size_t)jn * sizeof *row);
            for (int64_t p = 0; p < k; p++) {
                const float *src = b + offset[p] + j0;
                float w = a[i * lda + p];
                for (int64_t j = 0; j < jn; j++)
                    row[j] += w * src[j];
            }
        }
    }
}

static void product_t_c(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda,
                        const float *b, const int32_t *offset, float *c, int64_t ldc)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t p = 0; p < k; p++) {
            const float *x = a + i * lda, *y = b + offset[p];
            double sum = 0.0;
            for (int64_t j = 0; j < n; j++)
                sum += (double)x[j] * (double)y[j];
            c[i * ldc + p] += (float)sum;
        }
}

void nn_taps_init(nn_taps_kernels *k, unsigned cpu)
{
    *k = (nn_taps_kernels){.product = product_c, .product_t = product_t_c};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_taps_init_avx2(k);
#endif
}
