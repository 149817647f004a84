// SPDX-License-Identifier: MIT
// Eight floats at a time: exp, the normal tail, and loads and stores of a ragged end.
#ifndef NN_KERNELS_VMATH_AVX2_H
#define NN_KERNELS_VMATH_AVX2_H

#ifdef __AVX2__ // for the files compiled with it; empty elsewhere
#include <immintrin.h>
#include <stdint.h>

// Mask of the first n lanes, 0 <= n <= 8.
static inline __m256i first_lanes(int64_t n)
{
    static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(mask + 8 - n));
}

// Loads or stores 8 floats, or the remaining n < 8. A masked store costs as much as several plain
// ones.
static inline __m256 load_part(const float *p, int64_t n)
{
    return n >= 8 ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, first_lanes(n));
}

static inline void store_part(float *p, __m256 v, int64_t n)
{
    if (n >= 8)
        _mm256_storeu_ps(p, v);
    else
        _mm256_maskstore_ps(p, first_lanes(n), v);
}

static inline __m256 abs_avx2(__m256 x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}

// x limited to [low, high]. The constants come first: min and max return their second operand when
// one is NaN, so that NaN passes.
static inline __m256 clamp_avx2(__m256 x, float low, float high)
{
    return _mm256_max_ps(_mm256_set1_ps(low), _mm256_min_ps(_mm256_set1_ps(high), x));
}

// e^x to about 1 ulp for |x| <= 87, which the caller ensures. In that range neither the result nor
// its reciprocal is denormal, which would be slow. NaN gives NaN. e^x = 2^n e^r with |r| <= ln 2 /
// 2; e^r = 1 + r + r^2 p(r), p by weighted minimax (3e-9).
static inline __m256 exp_avx2(__m256 x)
{
    const __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
                                     _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
    __m256 p = _mm256_set1_ps(1.381459638e-3f);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(8.368717091e-3f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(4.166838809e-2f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.666652063e-1f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(4.999999345e-1f));
    p = _mm256_fmadd_ps(_mm256_mul_ps(r, r), p, r);
    p = _mm256_add_ps(p, _mm256_set1_ps(1.0f));
    const __m256i power = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23); // adds n to the exponent
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), power));
}

// e^(-a^2/2) for 0 <= a <= 12.5, corrected by the rounding error of a^2. Without the correction the
// tail of a Gaussian is off by a^2/2 ulp.
static inline __m256 gauss_avx2(__m256 a)
{
    const __m256 sq = _mm256_mul_ps(a, a), lost = _mm256_fmsub_ps(a, a, sq);
    const __m256 half = _mm256_set1_ps(0.5f);
    const __m256 e = exp_avx2(_mm256_mul_ps(_mm256_sub_ps(_mm256_setzero_ps(), half), sq));
    return _mm256_fnmadd_ps(_mm256_mul_ps(e, half), lost, e);
}

// Probability that a standard normal variable exceeds a, for 0 <= a <= 12.5, given
// gauss = e^(-a^2/2): gauss k p(k), k = 1 / (1 + 0.35 a), p by weighted minimax (3e-8). The form is
// that of Hastings, Approximations for Digital Computers (1955), sheet 43.
static inline __m256 normal_tail_avx2(__m256 a, __m256 gauss)
{
    const __m256 one = _mm256_set1_ps(1.0f);
    const __m256 k = _mm256_div_ps(one, _mm256_fmadd_ps(a, _mm256_set1_ps(0.35f), one));
    __m256 p = _mm256_set1_ps(-2.915803023e-2f);
    p = _mm256_fmadd_ps(p, k, _mm256_set1_ps(1.440316107e-1f));
    p = _mm256_fmadd_ps(p, k, _mm256_set1_ps(-2.558404027e-1f));
    p = _mm256_fmadd_ps(p, k, _mm256_set1_ps(1.593212537e-1f));
    p = _mm256_fmadd_ps(p, k, _mm256_set1_ps(-2.321339426e-2f));
    p = _mm256_fmadd_ps(p, k, _mm256_set1_ps(1.055529271e-1f));
    p = _mm256_fmadd_ps(p, k, _mm256_set1_ps(1.198211846e-1f));
    p = _mm256_fmadd_ps(p, k, _mm256_set1_ps(1.398635290e-1f));
    p = _mm256_fmadd_ps(p, k, _mm256_set1_ps(1.396213061e-1f));
    return _mm256_mul_ps(_mm256_mul_ps(gauss, k), p);
}

#endif
#endif
