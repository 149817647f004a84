// SPDX-License-Identifier: MIT
// Depthwise convolution with AVX2 and FMA: up to eight output pixels in registers.
#include "nn/kernels/act_avx2.h"
#include "nn/kernels/depthwise.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>

// Eight sums hide the latency of FMA.
enum { LANES = 8, PIXELS = 8, MOST = 5 };

// Adds one row of a kernel of any width and dilation. Each tap loads its weights once, and its
// pixel for each FMA. `pixels` is a constant where this is expanded, `step` where the stride is 1
// or 2.
static inline __attribute__((always_inline)) void add_taps(const nn_depthwise *d, __m256 *sum,
                                                           const float *x, const float *w,
                                                           int pixels, int64_t step)
{
    for (int kx = 0; kx < d->width; kx++, w += LANES, x += d->tap) {
        const __m256 weight = _mm256_loadu_ps(w);
        NN_UNROLL(8)
        for (int i = 0; i < pixels; i++)
            sum[i] = _mm256_fmadd_ps(_mm256_loadu_ps(x + i * step), weight, sum[i]);
    }
}

// The same for constant `width`, `pixels` and `step`, and taps side by side. The weights of a row
// stay in registers, and each pixel is loaded once for all taps that read it.
static inline __attribute__((always_inline)) void
add_row(__m256 *sum, const float *x, const float *w, int width, int pixels, int64_t step)
{
    const int stride = (int)step / LANES, seen = (pixels - 1) * stride + width;
    __m256 weight[MOST];
    NN_UNROLL(8)
    for (int kx = 0; kx < width; kx++)
        weight[kx] = _mm256_loadu_ps(w + kx * LANES);
    NN_UNROLL(32)
    for (int at = 0; at < seen; at++) {
        const __m256 pixel = _mm256_loadu_ps(x + at * LANES);
        NN_UNROLL(8)
        for (int kx = 0; kx < width; kx++)
            if (at >= kx && (at - kx) % stride == 0 && (at - kx) / stride < pixels)
                sum[(at - kx) / stride] =
                    _mm256_fmadd_ps(pixel, weight[kx], sum[(at - kx) / stride]);
    }
}

// `width` is 0 for any.
static inline __attribute__((always_inline)) void sum_pixels(const nn_depthwise *d, float *y,
                                                             const float *x, int64_t at, int width,
                                                             int pixels, int64_t step)
{
    __m256 sum[PIXELS];
    const float *w = d->weight;
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++)
        sum[i] = _mm256_loadu_ps(d->bias);
    for (int ky = 0; ky < d->height; ky++, x += d->row, w += d->width * LANES) {
        if (width)
            add_row(sum, x, w, width, pixels, step);
        else
            add_taps(d, sum, x, w, pixels, step);
    }
    if (d->skip) {
        NN_UNROLL(8)
        for (int i = 0; i < pixels; i++)
            sum[i] = _mm256_add_ps(sum[i], _mm256_loadu_ps(d->skip + (at + i) * LANES));
    }
    act_vectors(d->act, sum, pixels);
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++)
        _mm256_storeu_ps(y + (at + i) * LANES, sum[i]);
}

static inline __attribute__((always_inline)) void
run_step(const nn_depthwise *d, float *y, const float *x, int64_t n, int width, int64_t step)
{
    // Groups of equal size: nine pixels are 5 + 4. In 8 + 1, the sums of the 1 would wait for each
    // other.
    int64_t groups = (n + PIXELS - 1) / PIXELS;
    for (int64_t at = 0; at < n; groups--) {
        const int64_t size = (n - at + groups - 1) / groups;
        const float *p = x + at * step;
        switch (size) {
        case 1:
            sum_pixels(d, y, p, at, width, 1, step);
            break;
        case 2:
            sum_pixels(d, y, p, at, width, 2, step);
            break;
        case 3:
            sum_pixels(d, y, p, at, width, 3, step);
            break;
        case 4:
            sum_pixels(d, y, p, at, width, 4, step);
            break;
        case 5:
            sum_pixels(d, y, p, at, width, 5, step);
            break;
        case 6:
            sum_pixels(d, y, p, at, width, 6, step);
            break;
        case 7:
            sum_pixels(d, y, p, at, width, 7, step);
            break;
        default:
            sum_pixels(d, y, p, at, width, 8, step);
            break;
        }
        at += size;
    }
}

#define RUN(width, stride)                                                                         \
    static void run_##width##_##stride(const nn_depthwise *d, float *y, const float *x, int64_t n) \
    {                                                                                              \
        run_step(d, y, x, n, width, stride ? stride *LANES : d->step);                             \
    }
RUN(0, 0)
RUN(0, 1)
RUN(0, 2)
RUN(3, 1)
RUN(3, 2)
RUN(5, 1)
RUN(5, 2)

void nn_depthwise_run_avx2(const nn_depthwise *d, float *y, const float *x, int64_t n)
{
    typedef void function(const nn_depthwise *d, float *y, const float *x, int64_t n);
    static function *const functions[3][3] = {
        {run_0_0, run_0_1, run_0_2}, {run_0_0, run_3_1, run_3_2}, {run_0_0, run_5_1, run_5_2}};
    const int64_t stride = d->step == LANES ? 1 : d->step == 2 * LANES ? 2 : 0;
    const int width = d->tap != LANES ? 0 : d->width == 3 ? 1 : d->width == 5 ? 2 : 0;
    functions[width][stride](d, y, x, n);
}

void nn_depthwise_init_avx2(nn_depthwise_kernels *k)
{
    k->run = nn_depthwise_run_avx2;
}
