// SPDX-License-Identifier: MIT
// Depthwise convolution with AVX2 and FMA: up to eight output pixels in registers.
#include "nn/kernels/act_avx2.h"
#include "nn/kernels/avx2.h"

#include <immintrin.h>

// Eight sums hide the latency of FMA; every tap is one load of weights and a load beside each FMA.
enum { LANES = 8, PIXELS = 8 };

// `pixels` is a constant where this is expanded, `step` where the stride is 1 or 2.
static inline __attribute__((always_inline)) void
sum_pixels(const nn_depthwise *d, float *y, const float *x, int64_t at, int pixels, int64_t step)
{
    __m256 sum[PIXELS];
    const float *w = d->weight;
#pragma GCC unroll 8
    for (int i = 0; i < pixels; i++)
        sum[i] = _mm256_loadu_ps(d->bias);
    for (int ky = 0; ky < d->height; ky++) {
        const float *p = x + ky * d->row;
        for (int kx = 0; kx < d->width; kx++, w += LANES, p += d->tap) {
            const __m256 weight = _mm256_loadu_ps(w);
#pragma GCC unroll 8
            for (int i = 0; i < pixels; i++)
                sum[i] = _mm256_fmadd_ps(_mm256_loadu_ps(p + i * step), weight, sum[i]);
        }
    }
    if (d->skip) {
#pragma GCC unroll 8
        for (int i = 0; i < pixels; i++)
            sum[i] = _mm256_add_ps(sum[i], _mm256_loadu_ps(d->skip + (at + i) * LANES));
    }
    act_vectors(d->act, sum, pixels);
#pragma GCC unroll 8
    for (int i = 0; i < pixels; i++)
        _mm256_storeu_ps(y + (at + i) * LANES, sum[i]);
}

static inline __attribute__((always_inline)) void run_step(const nn_depthwise *d, float *y,
                                                           const float *x, int64_t n, int64_t step)
{
    // Equal groups: nine pixels as 5 + 4 rather than 8 + 1, whose sum would wait for itself.
    int64_t groups = (n + PIXELS - 1) / PIXELS;
    for (int64_t at = 0; at < n; groups--) {
        const int64_t size = (n - at + groups - 1) / groups;
        const float *p = x + at * step;
        switch (size) {
        case 1:
            sum_pixels(d, y, p, at, 1, step);
            break;
        case 2:
            sum_pixels(d, y, p, at, 2, step);
            break;
        case 3:
            sum_pixels(d, y, p, at, 3, step);
            break;
        case 4:
            sum_pixels(d, y, p, at, 4, step);
            break;
        case 5:
            sum_pixels(d, y, p, at, 5, step);
            break;
        case 6:
            sum_pixels(d, y, p, at, 6, step);
            break;
        case 7:
            sum_pixels(d, y, p, at, 7, step);
            break;
        default:
            sum_pixels(d, y, p, at, 8, step);
            break;
        }
        at += size;
    }
}

static void run_avx2(const nn_depthwise *d, float *y, const float *x, int64_t n)
{
    if (d->step == LANES)
        run_step(d, y, x, n, LANES);
    else if (d->step == 2 * LANES)
        run_step(d, y, x, n, 2 * LANES);
    else
        run_step(d, y, x, n, d->step);
}

void nn_depthwise_init_avx2(nn_depthwise_kernels *k)
{
    k->run = run_avx2;
}
