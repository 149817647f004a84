// SPDX-License-Identifier: MIT
// Products over overlapping rows with AVX2: 12 sums in registers, both operands straight from
// memory.
#include "nn/kernels/avx2.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

// Tiles of 4 x 24 (product) and 4 x 3 rows (product_t): 12 independent sums hide the latency of
// FMA, and 7 loads for 12 FMAs keep it the limit.
enum { LANES = 8, ROWS = 4, VECTORS = 3, WIDE = VECTORS * LANES, TAPS = 3 };

INLINE __m256i first_lanes(int64_t n)
{
    __m256i iota = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), iota);
}

INLINE void product_tile(int64_t k, const float *a, int64_t lda, const float *b,
                         const int32_t *offset, float *c, int64_t ldc, int rows, int vectors)
{
    __m256 sum[ROWS][VECTORS];
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++)
            sum[i][v] = _mm256_setzero_ps();
    for (int64_t p = 0; p < k; p++) {
        const float *row = b + offset[p];
        __m256 x[VECTORS];
        for (int v = 0; v < vectors; v++)
            x[v] = _mm256_loadu_ps(row + LANES * v);
        for (int i = 0; i < rows; i++) {
            __m256 w = _mm256_broadcast_ss(a + i * lda + p);
            for (int v = 0; v < vectors; v++)
                sum[i][v] = _mm256_fmadd_ps(w, x[v], sum[i][v]);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++)
            _mm256_storeu_ps(c + i * ldc + LANES * v, sum[i][v]);
}

// The last n < 8 columns.
INLINE void product_rest(int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
                         const int32_t *offset, float *c, int64_t ldc, int rows)
{
    __m256i keep = first_lanes(n);
    __m256 sum[ROWS];
    for (int i = 0; i < rows; i++)
        sum[i] = _mm256_setzero_ps();
    for (int64_t p = 0; p < k; p++) {
        __m256 x = _mm256_maskload_ps(b + offset[p], keep);
        for (int i = 0; i < rows; i++)
            sum[i] = _mm256_fmadd_ps(_mm256_broadcast_ss(a + i * lda + p), x, sum[i]);
    }
    for (int i = 0; i < rows; i++)
        _mm256_maskstore_ps(c + i * ldc, keep, sum[i]);
}

INLINE void product_columns(int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
                            const int32_t *offset, float *c, int64_t ldc, int rows)
{
    if (n == WIDE)
        product_tile(k, a, lda, b, offset, c, ldc, rows, VECTORS);
    else if (n == LANES)
        product_tile(k, a, lda, b, offset, c, ldc, rows, 1);
    else
        product_rest(n, k, a, lda, b, offset, c, ldc, rows);
}

// Columns outside, rows inside: what the taps see of 24 columns stays in the first-level cache.
static void product_avx2(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda,
                         const float *b, const int32_t *offset, float *c, int64_t ldc)
{
    for (int64_t j = 0; j < n;) {
        int64_t jn = n - j >= WIDE ? WIDE : n - j >= LANES ? LANES : n - j;
        int64_t i = 0;
        for (; i + ROWS <= m; i += ROWS)
            product_columns(jn, k, a + i * lda, lda, b + j, offset, c + i * ldc + j, ldc, ROWS);
        switch (m - i) {
        case 3:
            product_columns(jn, k, a + i * lda, lda, b + j, offset, c + i * ldc + j, ldc, 3);
            break;
        case 2:
            product_columns(jn, k, a + i * lda, lda, b + j, offset, c + i * ldc + j, ldc, 2);
            break;
        case 1:
            product_columns(jn, k, a + i * lda, lda, b + j, offset, c + i * ldc + j, ldc, 1);
        }
        j += jn;
    }
}

INLINE float sum_lanes(__m256 v)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

INLINE void product_t_tile(int64_t n, const float *a, int64_t lda, const float *b,
                           const int32_t *offset, float *c, int64_t ldc, int rows, int taps)
{
    __m256 sum[ROWS][TAPS];
    int64_t j = 0;
    for (int i = 0; i < rows; i++)
        for (int t = 0; t < taps; t++)
            sum[i][t] = _mm256_setzero_ps();
    for (; j + LANES <= n; j += LANES) {
        __m256 x[TAPS];
        for (int t = 0; t < taps; t++)
            x[t] = _mm256_loadu_ps(b + offset[t] + j);
        for (int i = 0; i < rows; i++) {
            __m256 g = _mm256_loadu_ps(a + i * lda + j);
            for (int t = 0; t < taps; t++)
                sum[i][t] = _mm256_fmadd_ps(g, x[t], sum[i][t]);
        }
    }
    if (j < n) {
        __m256i keep = first_lanes(n - j);
        for (int t = 0; t < taps; t++) {
            __m256 x = _mm256_maskload_ps(b + offset[t] + j, keep);
            for (int i = 0; i < rows; i++)
                sum[i][t] =
                    _mm256_fmadd_ps(_mm256_maskload_ps(a + i * lda + j, keep), x, sum[i][t]);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int t = 0; t < taps; t++)
            c[i * ldc + t] += sum_lanes(sum[i][t]);
}

INLINE void product_t_rows(int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
                           const int32_t *offset, float *c, int64_t ldc, int rows)
{
    int64_t p = 0;
    for (; p + TAPS <= k; p += TAPS)
        product_t_tile(n, a, lda, b, offset + p, c + p, ldc, rows, TAPS);
    if (k - p == 2)
        product_t_tile(n, a, lda, b, offset + p, c + p, ldc, rows, 2);
    else if (k - p == 1)
        product_t_tile(n, a, lda, b, offset + p, c + p, ldc, rows, 1);
}

static void product_t_avx2(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda,
                           const float *b, const int32_t *offset, float *c, int64_t ldc)
{
    int64_t i = 0;
    for (; i + ROWS <= m; i += ROWS)
        product_t_rows(n, k, a + i * lda, lda, b, offset, c + i * ldc, ldc, ROWS);
    for (; i < m; i++)
        product_t_rows(n, k, a + i * lda, lda, b, offset, c + i * ldc, ldc, 1);
}

void nn_taps_init_avx2(nn_taps_kernels *k)
{
    k->product = product_avx2;
    k->product_t = product_t_avx2;
}
