// SPDX-License-Identifier: MIT
// Sixteen floats at a time: exp and the normal tail, as close as those of vmath_avx2.h.
#ifndef NN_KERNELS_VMATH_AVX512_H
#define NN_KERNELS_VMATH_AVX512_H

#ifdef __AVX512F__ // for the files compiled with it; empty elsewhere
#include <immintrin.h>
#include <stdint.h>

// Mask of the first n lanes, n >= 0.
static inline __mmask16 lanes_512(int64_t n)
{
    return n >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << n) - 1);
}

// x limited to [low, high]; NaN passes, because min and max return their second operand then.
static inline __m512 clamp_512(__m512 x, float low, float high)
{
    return _mm512_max_ps(_mm512_set1_ps(low), _mm512_min_ps(_mm512_set1_ps(high), x));
}

// 1 / x to about 1 ulp for x in [1, 2^126]: an estimate of 14 bits and a step of Newton's, which
// take less time than a division.
static inline __m512 reciprocal_512(__m512 x)
{
    const __m512 k = _mm512_rcp14_ps(x);
    return _mm512_fmadd_ps(_mm512_fnmadd_ps(x, k, _mm512_set1_ps(1.0f)), k, k);
}

// x = n ln 2 / 16 + r with |r| <= ln 2 / 32, for |x| <= 87; *n in the last bits.
static inline __m512 exp_reduce_512(__m512 x, __m512i *n)
{
    const __m512 round = _mm512_set1_ps(12582912.0f); // 1.5 2^23: the last bits of the sum are n
    const __m512 t = _mm512_fmadd_ps(x, _mm512_set1_ps(23.0831207f), round);
    const __m512 whole = _mm512_sub_ps(t, round);
    *n = _mm512_castps_si512(t);
    const __m512 r = _mm512_fnmadd_ps(whole, _mm512_set1_ps(0.0433349609375f), x);
    return _mm512_fnmadd_ps(whole, _mm512_set1_ps(-1.32621525e-5f), r);
}

// 2^(n/16) e^r; e^r = 1 + r + r^2/2 + r^3/6 (9e-9). The last four bits of n find the fraction of
// 2^(n/16) in a table. n << 19, added to its bits, has the others in the exponent; the table is
// without what those four add there.
static inline __m512 exp_expand_512(__m512i n, __m512 r)
{
    const __m512i table =
        _mm512_setr_epi32(0x3f800000, 0x3f7daac3, 0x3f7b95c2, 0x3f79c3d3, 0x3f7837f0, 0x3f76f532,
                          0x3f75fed7, 0x3f75583f, 0x3f7504f3, 0x3f7508a4, 0x3f75672a, 0x3f76248c,
                          0x3f7744fd, 0x3f78ccdf, 0x3f7ac0c7, 0x3f7d257d);
    const __m512i fraction = _mm512_permutexvar_epi32(n, table);
    const __m512 two = _mm512_castsi512_ps(_mm512_add_epi32(fraction, _mm512_slli_epi32(n, 19)));
    __m512 p = _mm512_fmadd_ps(r, _mm512_set1_ps(1.0f / 6), _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(r, p, _mm512_set1_ps(1.0f));
    return _mm512_fmadd_ps(_mm512_mul_ps(two, r), p, two);
}

// e^x to about 1 ulp for |x| <= 87, which the caller ensures. In that range neither the result nor
// its reciprocal is denormal. NaN gives NaN.
static inline __m512 exp_512(__m512 x)
{
    __m512i n;
    const __m512 r = exp_reduce_512(x, &n);
    return exp_expand_512(n, r);
}

// e^(-a^2/2) for 0 <= a <= 12.5, with the rounding error of a^2.
static inline __m512 gauss_512(__m512 a)
{
    const __m512 half = _mm512_set1_ps(-0.5f), sq = _mm512_mul_ps(a, a);
    const __m512 lost = _mm512_fmsub_ps(a, a, sq);
    __m512i n;
    const __m512 r = exp_reduce_512(_mm512_mul_ps(half, sq), &n);
    return exp_expand_512(n, _mm512_fmadd_ps(half, lost, r));
}

// Probability that a standard normal variable exceeds a, for 0 <= a <= 12.5, given
// gauss = e^(-a^2/2). Polynomial and source: normal_tail_avx2.
static inline __m512 normal_tail_512(__m512 a, __m512 gauss)
{
    const __m512 k =
        reciprocal_512(_mm512_fmadd_ps(a, _mm512_set1_ps(0.35f), _mm512_set1_ps(1.0f)));
    __m512 p = _mm512_set1_ps(-2.915803023e-2f);
    p = _mm512_fmadd_ps(p, k, _mm512_set1_ps(1.440316107e-1f));
    p = _mm512_fmadd_ps(p, k, _mm512_set1_ps(-2.558404027e-1f));
    p = _mm512_fmadd_ps(p, k, _mm512_set1_ps(1.593212537e-1f));
    p = _mm512_fmadd_ps(p, k, _mm512_set1_ps(-2.321339426e-2f));
    p = _mm512_fmadd_ps(p, k, _mm512_set1_ps(1.055529271e-1f));
    p = _mm512_fmadd_ps(p, k, _mm512_set1_ps(1.198211846e-1f));
    p = _mm512_fmadd_ps(p, k, _mm512_set1_ps(1.398635290e-1f));
    p = _mm512_fmadd_ps(p, k, _mm512_set1_ps(1.396213061e-1f));
    return _mm512_mul_ps(_mm512_mul_ps(gauss, k), p);
}

#endif
#endif
