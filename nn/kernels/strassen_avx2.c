// SPDX-License-Identifier: MIT
// The sums of Strassen's algorithm with AVX2.
#include "nn/kernels/strassen.h"
#include "nn/kernels/vmath_avx2.h"

static void weights_avx2(float *const t[NN_STRASSEN_WEIGHTS], const float *const b[4], int64_t n)
{
    for (int64_t i = 0; i < n; i += 8) {
        const int64_t left = n - i;
        const __m256 b12 = load_part(b[1] + i, left), b22 = load_part(b[3] + i, left);
        const __m256 one = _mm256_sub_ps(b12, load_part(b[0] + i, left));
        const __m256 two = _mm256_sub_ps(b22, one);
        store_part(t[0] + i, one, left);
        store_part(t[1] + i, two, left);
        store_part(t[2] + i, _mm256_sub_ps(b22, b12), left);
        store_part(t[3] + i, _mm256_sub_ps(load_part(b[2] + i, left), two), left);
    }
}

static void rows_avx2(float *const s[NN_STRASSEN_ROWS], const float *high, const float *low,
                      int64_t far, int64_t step, int64_t count)
{
    for (int64_t i = 0; i < count; i++, high += step, low += step) {
        const __m256 a11 = _mm256_loadu_ps(high), a12 = _mm256_loadu_ps(high + far);
        const __m256 a21 = _mm256_loadu_ps(low), a22 = _mm256_loadu_ps(low + far);
        const __m256 one = _mm256_add_ps(a21, a22), two = _mm256_sub_ps(one, a11);
        _mm256_storeu_ps(s[0] + 8 * i, a11);
        _mm256_storeu_ps(s[1] + 8 * i, a12);
        _mm256_storeu_ps(s[2] + 8 * i, a22);
        _mm256_storeu_ps(s[3] + 8 * i, one);
        _mm256_storeu_ps(s[4] + 8 * i, two);
        _mm256_storeu_ps(s[5] + 8 * i, _mm256_sub_ps(a11, a21));
        _mm256_storeu_ps(s[6] + 8 * i, _mm256_sub_ps(a12, two));
    }
}

static void sums_avx2(float *y, int64_t step, const float *x, int64_t x_step, const float *a,
                      const float *b, int64_t count)
{
    for (int64_t i = 0; i < count; i++, y += step, x += x_step, a += 16, b += 16)
        for (int j = 0; j < 16; j += 8) {
            const __m256 sum = _mm256_add_ps(_mm256_loadu_ps(x + j), _mm256_loadu_ps(a + j));
            _mm256_storeu_ps(y + j, _mm256_add_ps(sum, _mm256_loadu_ps(b + j)));
        }
}

void nn_strassen_init_avx2(nn_strassen_kernels *k)
{
    *k = (nn_strassen_kernels){weights_avx2, rows_avx2, sums_avx2};
}
