// SPDX-License-Identifier: MIT
// Depthwise convolution with AVX-512, for pixels side by side: two of them in a register.
#include "nn/kernels/act_avx512.h"
#include "nn/kernels/depthwise.h"

#include <immintrin.h>

// Windows two pixels apart would have to be put together before each product, which takes as long
// as it saves: those are left to AVX2. So are rows of fewer than LEAST pixels, whose few sums would
// wait for each other.
enum { LANES = 8, PAIRS = 7, MOST = 7, LEAST = 9 };

// Two pixels, or one and zeros.
NN_INLINE __m512 load(const float *x, bool one)
{
    return one ? _mm512_zextps256_ps512(_mm256_loadu_ps(x)) : _mm512_loadu_ps(x);
}

// Computes `pairs` pairs of pixels; of the last pair only the first if `half`. Each place of a row
// is loaded once for all taps that read it. `width`, `pairs` and `half` are constants where this is
// expanded.
NN_INLINE void sum_pairs(const nn_depthwise *d, float *y, const float *x, int64_t at, int width,
                         int pairs, bool half)
{
    const int seen = 2 * pairs - 1 + width - 1; // places at which two pixels are loaded
    const float *w = d->weight;
    __m512 sum[PAIRS], weight[MOST];
    NN_UNROLL(7)
    for (int i = 0; i < pairs; i++)
        sum[i] = _mm512_broadcast_f32x8(_mm256_loadu_ps(d->bias));
    for (int ky = 0; ky < d->height; ky++, x += d->row, w += width * LANES) {
        NN_UNROLL(7)
        for (int kx = 0; kx < width; kx++)
            weight[kx] = _mm512_broadcast_f32x8(_mm256_loadu_ps(w + kx * LANES));
        NN_UNROLL(19)
        for (int p = 0; p < seen; p++) {
            const __m512 v = load(x + p * LANES, half && p + 1 == seen);
            NN_UNROLL(7)
            for (int kx = p % 2; kx < width; kx += 2)
                if (p >= kx && (p - kx) / 2 < pairs)
                    sum[(p - kx) / 2] = _mm512_fmadd_ps(v, weight[kx], sum[(p - kx) / 2]);
        }
    }
    y += at * LANES;
    if (d->skip) {
        NN_UNROLL(7)
        for (int i = 0; i < pairs; i++)
            sum[i] =
                _mm512_add_ps(sum[i], load(d->skip + (at + 2 * i) * LANES, half && i + 1 == pairs));
    }
    act_sums(d->act, sum, pairs);
    NN_UNROLL(7)
    for (int i = 0; i < pairs; i++, y += 2 * LANES)
        if (half && i + 1 == pairs)
            _mm256_storeu_ps(y, _mm512_castps512_ps256(sum[i]));
        else
            _mm512_storeu_ps(y, sum[i]);
}

typedef void pairs_function(const nn_depthwise *d, float *y, const float *x, int64_t at);

#define PAIR(width, pairs, half)                                                                   \
    static void sum_##width##_##pairs##_##half(const nn_depthwise *d, float *y, const float *x,    \
                                               int64_t at)                                         \
    {                                                                                              \
        sum_pairs(d, y, x, at, width, pairs, half);                                                \
    }
#define NAME(width, pairs, half) sum_##width##_##pairs##_##half,
#define ALL(EACH, w)                                                                               \
    EACH(w, 1, 1)                                                                                  \
    EACH(w, 1, 0)                                                                                  \
    EACH(w, 2, 1)                                                                                  \
    EACH(w, 2, 0)                                                                                  \
    EACH(w, 3, 1)                                                                                  \
    EACH(w, 3, 0)                                                                                  \
    EACH(w, 4, 1)                                                                                  \
    EACH(w, 4, 0)                                                                                  \
    EACH(w, 5, 1) EACH(w, 5, 0) EACH(w, 6, 1) EACH(w, 6, 0) EACH(w, 7, 1) EACH(w, 7, 0)
ALL(PAIR, 3)
ALL(PAIR, 5)
ALL(PAIR, 7)

static void run_avx512(const nn_depthwise *d, float *y, const float *x, int64_t n)
{
    static pairs_function *const functions[3][2 * PAIRS] = {{ALL(NAME, 3)}, // by pixels
                                                            {ALL(NAME, 5)},
                                                            {ALL(NAME, 7)}};
    const bool known = d->width == 3 || d->width == 5 || d->width == 7;
    if (d->step != LANES || d->tap != LANES || !known || n < LEAST) {
        nn_depthwise_run_avx2(d, y, x, n);
        return;
    }
    // Groups of about equal size: one of few pixels would wait for its own sums.
    int64_t groups = (n + 2 * PAIRS - 1) / (2 * PAIRS);
    for (int64_t at = 0, size; at < n; at += size, groups--) {
        const int64_t even = ((n - at + groups - 1) / groups + 1) / 2 * 2;
        size = even < n - at ? even : n - at;
        functions[(d->width - 3) / 2][size - 1](d, y, x + at * LANES, at);
    }
}

void nn_depthwise_init_avx512(nn_depthwise_kernels *k)
{
    k->run = run_avx512;
}
