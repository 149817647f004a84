// SPDX-License-Identifier: MIT
// Matrix-vector products with AVX2, eight rows at a time: eight streams read memory faster than
// one, and eight sums hide the latency of FMA.
#include "nn/kernels/gemv.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <stdbool.h>

#define INLINE static inline __attribute__((always_inline))

enum { LANES = 8, STREAMS = 8, ROWS = 4, VECTORS = 3 }; // rows for one vector, rows for up to three

INLINE __m256 load(const void *matrix, int64_t at, bool half)
{
    if (half)
        return _mm256_cvtph_ps(_mm_loadu_si128((const void *)((const uint16_t *)matrix + at)));
    return _mm256_loadu_ps((const float *)matrix + at);
}

INLINE float load_one(const void *matrix, int64_t at, bool half)
{
    return half ? _cvtsh_ss(((const uint16_t *)matrix)[at]) : ((const float *)matrix)[at];
}

INLINE float sum_of(__m256 v)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

// `rows`, `vectors`, `half` are constants where this is expanded.
INLINE void run_rows(const nn_gemv *g, int64_t row, int vector, int rows, int vectors, bool half)
{
    const float *x = g->x + vector * g->ldx;
    __m256 sum[STREAMS][VECTORS];
    NN_UNROLL(8)
    for (int r = 0; r < rows; r++)
        NN_UNROLL(3)
    for (int v = 0; v < vectors; v++)
        sum[r][v] = _mm256_setzero_ps();
    int64_t k = 0;
    for (; k + LANES <= g->n; k += LANES)
        NN_UNROLL(8)
    for (int r = 0; r < rows; r++) {
        const __m256 m = load(g->matrix, (row + r) * g->ld + k, half);
        NN_UNROLL(3)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = _mm256_fmadd_ps(m, _mm256_loadu_ps(x + v * g->ldx + k), sum[r][v]);
    }
    NN_UNROLL(8)
    for (int r = 0; r < rows; r++)
        NN_UNROLL(3)
    for (int v = 0; v < vectors; v++) {
        float y = sum_of(sum[r][v]);
        for (int64_t i = k; i < g->n; i++)
            y += load_one(g->matrix, (row + r) * g->ld + i, half) * x[v * g->ldx + i];
        g->y[(vector + v) * g->ldy + row + r] = y;
    }
}

INLINE void run_vectors(const nn_gemv *g, int64_t row, int rows, bool half)
{
    int v = 0;
    for (; v + VECTORS <= g->vectors; v += VECTORS)
        run_rows(g, row, v, rows, VECTORS, half);
    if (g->vectors - v == 2)
        run_rows(g, row, v, rows, 2, half);
    else if (g->vectors - v == 1)
        run_rows(g, row, v, rows, 1, half);
}

INLINE void run(const nn_gemv *g, bool half)
{
    int64_t row = 0;
    for (; g->vectors == 1 && row + STREAMS <= g->rows; row += STREAMS)
        run_rows(g, row, 0, STREAMS, 1, half);
    for (; row + ROWS <= g->rows; row += ROWS)
        run_vectors(g, row, ROWS, half);
    for (; row < g->rows; row++)
        run_vectors(g, row, 1, half);
}

static void f32_avx2(const nn_gemv *g)
{
    run(g, false);
}

static void f16_avx2(const nn_gemv *g)
{
    run(g, true);
}

void nn_gemv_init_avx2(nn_gemv_kernels *k)
{
    *k = (nn_gemv_kernels){.f32 = f32_avx2, .f16 = f16_avx2};
}
