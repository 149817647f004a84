// SPDX-License-Identifier: MIT
// The AVX-VNNI kernel on a machine that has only AVX2: its one new instruction is spelt out.
#include <immintrin.h>

// vpdpbusd: adds four products of an unsigned and a signed byte to each sum.
static inline __m256i emulate_dpbusd(__m256i sum, __m256i x, __m256i weight)
{
    const __m256i even = _mm256_madd_epi16(_mm256_and_si256(x, _mm256_set1_epi16(0xff)),
                                           _mm256_srai_epi16(_mm256_slli_epi16(weight, 8), 8));
    const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(x, 8), _mm256_srai_epi16(weight, 8));
    return _mm256_add_epi32(sum, _mm256_add_epi32(even, odd));
}

#define NN_DPBUSD emulate_dpbusd
#define nn_int8_conv_init_avxvnni test_int8_conv_init_emulated
#include "nn/kernels/int8conv_avxvnni.c"
