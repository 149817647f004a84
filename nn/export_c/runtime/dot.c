// SPDX-License-Identifier: MIT
// Sums of products of bytes: two pixels times two output channels at a time.
#include <stdint.h>

// Weights lie in groups of four inputs of one output and four of the next.
#if defined(__ARM_FEATURE_DSP)
static uint32_t dot_word(const void *p)
{
    uint32_t word;
    __builtin_memcpy(&word, p, sizeof word); // one load, at any address
    return word;
}

static uint32_t dot_even_u8(uint32_t word)
{
    uint32_t half;
    __asm__("uxtb16 %0, %1" : "=r"(half) : "r"(word));
    return half;
}

static uint32_t dot_odd_u8(uint32_t word)
{
    uint32_t half;
    __asm__("uxtb16 %0, %1, ror #8" : "=r"(half) : "r"(word));
    return half;
}

static uint32_t dot_even_s8(uint32_t word)
{
    uint32_t half;
    __asm__("sxtb16 %0, %1" : "=r"(half) : "r"(word));
    return half;
}

static uint32_t dot_odd_s8(uint32_t word)
{
    uint32_t half;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(half) : "r"(word));
    return half;
}

static int32_t dot_two(uint32_t a, uint32_t b, int32_t sum)
{
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
}

// sum[0], sum[1]: both outputs of pixel x0; sum[2], sum[3]: of x1.
static void dot_pairs(int32_t *sum, const uint8_t *x0, const uint8_t *x1, const int8_t *w,
                      int quads)
{
    int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3];
    for (; quads > 0; quads--, x0 += 4, x1 += 4, w += 8) {
        const uint32_t first = dot_word(x0), second = dot_word(x1);
        const uint32_t v = dot_word(w), u = dot_word(w + 4);
        const uint32_t x0_even = dot_even_u8(first), x0_odd = dot_odd_u8(first);
        const uint32_t x1_even = dot_even_u8(second), x1_odd = dot_odd_u8(second);
        const uint32_t v_even = dot_even_s8(v), v_odd = dot_odd_s8(v);
        const uint32_t u_even = dot_even_s8(u), u_odd = dot_odd_s8(u);
        a = dot_two(x0_odd, v_odd, dot_two(x0_even, v_even, a));
        b = dot_two(x0_odd, u_odd, dot_two(x0_even, u_even, b));
        c = dot_two(x1_odd, v_odd, dot_two(x1_even, v_even, c));
        d = dot_two(x1_odd, u_odd, dot_two(x1_even, u_even, d));
    }
    sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = d;
}
#else
// sum[0], sum[1]: both outputs of pixel x0; sum[2], sum[3]: of x1.
static void dot_pairs(int32_t *sum, const uint8_t *x0, const uint8_t *x1, const int8_t *w,
                      int quads)
{
    int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3];
    for (; quads > 0; quads--, x0 += 4, x1 += 4, w += 8) {
#define DOT_STEP(i)                                                                                \
    a += x0[i] * w[i], b += x0[i] * w[4 + i], c += x1[i] * w[i], d += x1[i] * w[4 + i]
        DOT_STEP(0);
        DOT_STEP(1);
        DOT_STEP(2);
        DOT_STEP(3);
#undef DOT_STEP
    }
    sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = d;
}
#endif
