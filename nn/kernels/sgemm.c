// SPDX-License-Identifier: MIT
// The reference matrix product.
#include "nn/kernels/gemm.h"

enum { BLOCK_N = 128, BLOCK_K = 64 }; // a block of B: 32 KiB, one L1 cache

// block[p][j] = op(B)[p0 + p][j0 + j]
static void gather_block(float *block, bool trans, const float *b, int64_t ldb, int64_t p0,
                         int64_t pn, int64_t j0, int64_t jn)
{
    for (int64_t p = 0; p < pn; p++)
        for (int64_t j = 0; j < jn; j++)
            block[p * BLOCK_N + j] =
                trans ? b[(j0 + j) * ldb + p0 + p] : b[(p0 + p) * ldb + j0 + j];
}

static void scale_rows(float *c, int64_t ldc, int64_t m, int64_t n, float beta)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            c[i * ldc + j] = beta == 0.0f ? 0.0f : beta * c[i * ldc + j];
}

void nn_gemm_sgemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha,
                   const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                   int64_t ldc)
{
    float block[BLOCK_K * BLOCK_N];
    scale_rows(c, ldc, m, n, beta);
    for (int64_t j0 = 0; j0 < n; j0 += BLOCK_N) {
        int64_t jn = n - j0 < BLOCK_N ? n - j0 : BLOCK_N;
        for (int64_t p0 = 0; p0 < k; p0 += BLOCK_K) {
            int64_t pn = k - p0 < BLOCK_K ? k - p0 : BLOCK_K;
            gather_block(block, trans_b, b, ldb, p0, pn, j0, jn);
            for (int64_t i = 0; i < m; i++) {
                float *row = c + i * ldc + j0;
                for (int64_t p = 0; p < pn; p++) {
                    float w = alpha * (trans_a ? a[(p0 + p) * lda + i] : a[i * lda + p0 + p]);
                    for (int64_t j = 0; j < jn; j++)
                        row[j] += w * block[p * BLOCK_N + j];
                }
            }
        }
    }
}
