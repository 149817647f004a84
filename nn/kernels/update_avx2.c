// SPDX-License-Identifier: MIT
// Optimiser kernels for AVX2 and FMA; the last 0..7 parameters go through masked loads and stores.
#include "nn/kernels/update.h"
#include "nn/kernels/vmath_avx2.h"

static void sgd_avx2(float *w, float *v, const float *g, int64_t n, float rate, float momentum,
                     float decay, int nesterov)
{
    const __m256 r = _mm256_set1_ps(rate), mom = _mm256_set1_ps(momentum);
    const __m256 dec = _mm256_set1_ps(decay);
    for (int64_t i = 0; i < n; i += 8) {
        const int64_t left = n - i;
        const __m256 w0 = load_part(w + i, left);
        const __m256 slope = _mm256_fmadd_ps(dec, w0, load_part(g + i, left));
        const __m256 v1 = _mm256_fmadd_ps(mom, load_part(v + i, left), slope);
        const __m256 step = nesterov ? _mm256_fmadd_ps(mom, v1, slope) : v1;
        store_part(v + i, v1, left);
        store_part(w + i, _mm256_fnmadd_ps(r, step, w0), left);
    }
}

static void adamw_avx2(float *w, float *m, float *v, const float *g, int64_t n, float rate,
                       float beta1, float beta2, float eps, float rate_decay)
{
    const __m256 b1 = _mm256_set1_ps(beta1), c1 = _mm256_set1_ps(1.0f - beta1);
    const __m256 b2 = _mm256_set1_ps(beta2), c2 = _mm256_set1_ps(1.0f - beta2);
    const __m256 r = _mm256_set1_ps(rate), e = _mm256_set1_ps(eps);
    const __m256 dec = _mm256_set1_ps(rate_decay);
    for (int64_t i = 0; i < n; i += 8) {
        const int64_t left = n - i;
        const __m256 gi = load_part(g + i, left);
        const __m256 sq = _mm256_mul_ps(_mm256_mul_ps(c2, gi), gi);
        const __m256 m1 = _mm256_fmadd_ps(b1, load_part(m + i, left), _mm256_mul_ps(c1, gi));
        const __m256 v1 = _mm256_fmadd_ps(b2, load_part(v + i, left), sq);
        __m256 w1 = load_part(w + i, left);
        w1 = _mm256_fnmadd_ps(dec, w1, w1);
        const __m256 step =
            _mm256_div_ps(_mm256_mul_ps(r, m1), _mm256_add_ps(_mm256_sqrt_ps(v1), e));
        store_part(m + i, m1, left);
        store_part(v + i, v1, left);
        store_part(w + i, _mm256_sub_ps(w1, step), left);
    }
}

static void ema_avx2(float *avg, const float *w, int64_t n, float decay)
{
    const __m256 d = _mm256_set1_ps(decay), c = _mm256_set1_ps(1.0f - decay);
    for (int64_t i = 0; i < n; i += 8) {
        const int64_t left = n - i;
        const __m256 part = _mm256_mul_ps(c, load_part(w + i, left));
        const __m256 old = load_part(avg + i, left);
        store_part(avg + i, _mm256_fmadd_ps(d, old, part), left);
    }
}

void nn_update_init_avx2(nn_update_kernels *k)
{
    *k = (nn_update_kernels){sgd_avx2, adamw_avx2, ema_avx2};
}
