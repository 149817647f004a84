// SPDX-License-Identifier: MIT
// Kernels on rows of dense planes for AVX2 and FMA.
#include "nn/kernels/plane.h"
#include "nn/kernels/vmath_avx2.h"

#include <math.h>

enum { LANES = 8 };

// x[0], x[2], .. of `left` windows; reads no further than the last of them.
static inline __m256 every_second(const float *x, int64_t left)
{
    const int64_t there = 2 * left - 1; // x[14] is the last of eight
    const __m256 low = load_part(x, there);
    const __m256 high = load_part(x + LANES - 1, there < LANES ? 0 : there - LANES + 1);
    const __m256 mixed = _mm256_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 2, 0));
    return _mm256_castpd_ps(
        _mm256_permute4x64_pd(_mm256_castps_pd(mixed), _MM_SHUFFLE(3, 1, 2, 0)));
}

static inline __m256 every(const float *x, int64_t step, int64_t left)
{
    if (step == 1)
        return load_part(x, left);
    if (step == 2)
        return every_second(x, left);
    float v[LANES] = {0};
    for (int64_t i = 0; i < LANES && i < left; i++)
        v[i] = x[i * step];
    return _mm256_loadu_ps(v);
}

static void arg_max_avx2(float *y, int32_t *at, const float *x, const nn_plane_window *w,
                         int32_t first, int64_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i places = _mm256_mullo_epi32(lane, _mm256_set1_epi32((int32_t)w->step));
    for (int64_t i = 0; i < n; i += LANES) {
        const int32_t from = first + (int32_t)(i * w->step);
        __m256 most = _mm256_set1_ps(-INFINITY);
        __m256i place = _mm256_add_epi32(places, _mm256_set1_epi32(from));
        for (int64_t ky = 0; ky < w->height; ky++)
            for (int64_t kx = 0; kx < w->width; kx++) {
                const int64_t tap = ky * w->row + kx;
                const __m256 v = every(x + i * w->step + tap, w->step, n - i);
                const __m256 larger = _mm256_or_ps(_mm256_cmp_ps(v, most, _CMP_GT_OQ),
                                                   _mm256_cmp_ps(v, v, _CMP_UNORD_Q));
                const __m256i here =
                    _mm256_add_epi32(places, _mm256_set1_epi32(from + (int32_t)tap));
                most = _mm256_blendv_ps(most, v, larger);
                place = _mm256_blendv_epi8(place, here, _mm256_castps_si256(larger));
            }
        store_part(y + i, most, n - i);
        store_part((float *)at + i, _mm256_castsi256_ps(place), n - i);
    }
}

typedef struct sums {
    __m256d gy, product;
} sums;

static inline sums add_four(sums s, __m128 gy, __m128 x, __m256d mean)
{
    const __m256d g = _mm256_cvtps_pd(gy);
    s.gy = _mm256_add_pd(s.gy, g);
    s.product = _mm256_fmadd_pd(g, _mm256_sub_pd(_mm256_cvtps_pd(x), mean), s.product);
    return s;
}

static inline double add_lanes(__m256d v)
{
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(two) + _mm_cvtsd_f64(_mm_unpackhi_pd(two, two));
}

static void norm_sums_avx2(double result[2], const float *gy, const float *x, float mean,
                           const nn_plane_rows *r)
{
    const __m256d m = _mm256_set1_pd(mean);
    sums s[4] = {0};
    double last[2] = {0.0, 0.0};
    for (int64_t row = 0; row < r->rows; row++, gy += r->step, x += r->step) {
        int64_t i = 0;
        for (; i + 16 <= r->n; i += 16)
            for (int j = 0; j < 4; j++)
                s[j] = add_four(s[j], _mm_loadu_ps(gy + i + 4 * j), _mm_loadu_ps(x + i + 4 * j), m);
        for (; i + 4 <= r->n; i += 4)
            s[row % 4] = add_four(s[row % 4], _mm_loadu_ps(gy + i), _mm_loadu_ps(x + i), m);
        for (; i < r->n; i++) {
            last[0] += (double)gy[i];
            last[1] += (double)gy[i] * ((double)x[i] - (double)mean);
        }
    }
    const __m256d g =
        _mm256_add_pd(_mm256_add_pd(s[0].gy, s[1].gy), _mm256_add_pd(s[2].gy, s[3].gy));
    const __m256d p = _mm256_add_pd(_mm256_add_pd(s[0].product, s[1].product),
                                    _mm256_add_pd(s[2].product, s[3].product));
    result[0] = last[0] + add_lanes(g);
    result[1] = last[1] + add_lanes(p);
}

static void norm_grad_avx2(float *gx, const float *gy, const float *x, float scale, float slope,
                           float offset, bool add, const nn_plane_rows *r)
{
    const __m256 a = _mm256_set1_ps(scale), b = _mm256_set1_ps(slope), c = _mm256_set1_ps(offset);
    for (int64_t row = 0; row < r->rows; row++, gx += r->step, gy += r->step, x += r->step)
        for (int64_t i = 0; i < r->n; i += LANES) {
            const int64_t left = r->n - i;
            __m256 sum = _mm256_fmadd_ps(load_part(x + i, left), b, c);
            sum = _mm256_fmadd_ps(load_part(gy + i, left), a, sum);
            if (add)
                sum = _mm256_add_ps(sum, load_part(gx + i, left));
            store_part(gx + i, sum, left);
        }
}

void nn_plane_init_avx2(nn_plane_kernels *k)
{
    *k = (nn_plane_kernels){arg_max_avx2, norm_sums_avx2, norm_grad_avx2};
}
