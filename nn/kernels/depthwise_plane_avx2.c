// SPDX-License-Identifier: MIT
// Depthwise convolution of dense planes and its gradients with AVX2, eight output columns at a
// time.
#include "nn/kernels/depthwise_plane.h"
#include "nn/kernels/depthwise_plane_c.h"

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>

#define INLINE static inline __attribute__((always_inline))

enum { LANES = 8, WIDE = 4 * LANES, MAX_TAPS = 7 };

// A convolution of one plane into another. With `accumulate`, sums start from `out`, else from the
// bias.
typedef struct conv {
    float *out;
    const float *in, *kernel;
    float bias;
    int accumulate;
    int out_h, out_w, in_h, in_w, kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
    int dilation_h, dilation_w, tap_step; // tap_step -1 walks the kernel from its last tap
} conv;

// Columns x .. x+7 below `width`.
INLINE __m256i lanes_below(int x, int width)
{
    __m256i iota = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(width - x), iota);
}

// row[0], row[stride], ..., row[7 stride].
INLINE __m256 load_strided(const float *row, int stride)
{
    if (stride == 1)
        return _mm256_loadu_ps(row);
    // The second half starts one early so that nothing past the last column is read.
    __m256 a = _mm256_loadu_ps(row), b = _mm256_loadu_ps(row + 7);
    __m256 even = _mm256_shuffle_ps(a, b, 0xd8); // a0 a2 b1 b3 | a4 a6 b5 b7
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(even), 0xd8));
}

// The same where some columns lie outside [0, width), which are zero.
INLINE __m256 load_edge(const float *row, int x, int stride, int width)
{
    __m256i iota = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i at =
        _mm256_add_epi32(_mm256_set1_epi32(x), _mm256_mullo_epi32(iota, _mm256_set1_epi32(stride)));
    __m256i inside = _mm256_and_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(width), at),
                                      _mm256_cmpgt_epi32(at, _mm256_set1_epi32(-1)));
    if (stride == 1)
        return _mm256_maskload_ps(row + x, inside);
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), row, at, _mm256_castsi256_ps(inside), 4);
}

// Output columns for which every tap is inside the row: [*left, *right).
INLINE void find_interior(int pad, int stride, int reach, int in_w, int out_w, int *left,
                          int *right)
{
    int last = in_w - 1 - reach + pad; // largest ox * stride
    *left = pad > 0 ? (pad + stride - 1) / stride : 0;
    *right = last < 0 ? 0 : last / stride + 1;
    if (*right > out_w)
        *right = out_w;
}

INLINE void find_rows(const conv *p, int oy, int *ky0, int *ky1)
{
    int y = oy * p->stride_h - p->pad_top;
    *ky0 = y < 0 ? (-y + p->dilation_h - 1) / p->dilation_h : 0;
    *ky1 = p->in_h <= y ? 0 : (p->in_h - 1 - y) / p->dilation_h + 1;
    if (*ky1 > p->kernel_h)
        *ky1 = p->kernel_h;
}

// `blocks` times eight columns from x on, all taps inside the image.
INLINE void conv_inside(const conv *p, float *out, const float *row, int x, int ky0, int ky1,
                        int kernel_w, int stride, int blocks)
{
    __m256 sum[4];
    for (int b = 0; b < blocks; b++)
        sum[b] = p->accumulate ? _mm256_loadu_ps(out + x + LANES * b) : _mm256_set1_ps(p->bias);
    for (int ky = ky0; ky < ky1; ky++) {
        const float *src = row + (ptrdiff_t)ky * p->dilation_h * p->in_w + x * stride - p->pad_left;
        const float *tap = p->kernel + p->tap_step * ky * kernel_w;
        for (int kx = 0; kx < kernel_w; kx++) {
            __m256 w = _mm256_broadcast_ss(tap + p->tap_step * kx);
            for (int b = 0; b < blocks; b++)
                sum[b] = _mm256_fmadd_ps(
                    w, load_strided(src + kx * p->dilation_w + LANES * b * stride, stride), sum[b]);
        }
    }
    for (int b = 0; b < blocks; b++)
        _mm256_storeu_ps(out + x + LANES * b, sum[b]);
}

INLINE void conv_edge(const conv *p, float *out, const float *row, int x, int ky0, int ky1,
                      int kernel_w, int stride)
{
    __m256i keep = lanes_below(x, p->out_w);
    __m256 sum = p->accumulate ? _mm256_maskload_ps(out + x, keep) : _mm256_set1_ps(p->bias);
    for (int ky = ky0; ky < ky1; ky++) {
        const float *src = row + (ptrdiff_t)ky * p->dilation_h * p->in_w;
        const float *tap = p->kernel + p->tap_step * ky * kernel_w;
        for (int kx = 0; kx < kernel_w; kx++) {
            int at = x * stride - p->pad_left + kx * p->dilation_w;
            sum = _mm256_fmadd_ps(_mm256_broadcast_ss(tap + p->tap_step * kx),
                                  load_edge(src, at, stride, p->in_w), sum);
        }
    }
    _mm256_maskstore_ps(out + x, keep, sum);
}

INLINE void conv_plane(const conv *p, int kernel_w, int stride)
{
    int left, right;
    find_interior(p->pad_left, stride, (kernel_w - 1) * p->dilation_w, p->in_w, p->out_w, &left,
                  &right);
    for (int oy = 0; oy < p->out_h; oy++) {
        int ky0, ky1;
        find_rows(p, oy, &ky0, &ky1);
        // May point above the image; only rows ky0 .. ky1 - 1 from it are read.
        const float *row = p->in + ((ptrdiff_t)oy * p->stride_h - p->pad_top) * p->in_w;
        float *out = p->out + (ptrdiff_t)oy * p->out_w;
        for (int x = 0; x < p->out_w;) {
            if (x >= left && x + WIDE <= right) {
                conv_inside(p, out, row, x, ky0, ky1, kernel_w, stride, 4);
                x += WIDE;
            } else if (x >= left && x + LANES <= right) {
                conv_inside(p, out, row, x, ky0, ky1, kernel_w, stride, 1);
                x += LANES;
            } else {
                conv_edge(p, out, row, x, ky0, ky1, kernel_w, stride);
                x += LANES;
            }
        }
    }
}

// Strides 1 and 2; the common kernel widths are unrolled.
static void conv_any(const conv *p)
{
    switch (p->kernel_w * 2 + p->stride_w - 1) {
    case 6:
        conv_plane(p, 3, 1);
        break;
    case 7:
        conv_plane(p, 3, 2);
        break;
    case 10:
        conv_plane(p, 5, 1);
        break;
    case 11:
        conv_plane(p, 5, 2);
        break;
    case 14:
        conv_plane(p, 7, 1);
        break;
    case 15:
        conv_plane(p, 7, 2);
        break;
    default:
        if (p->stride_w == 1)
            conv_plane(p, p->kernel_w, 1);
        else
            conv_plane(p, p->kernel_w, 2);
    }
}

static void depthwise_avx2(float *out, const float *plane, const float *kernel, float bias,
                           const nn_conv_geometry *w)
{
    if (w->stride_w > 2) {
        nn_depthwise_plane_c(out, plane, kernel, bias, w);
        return;
    }
    conv_any(&(conv){out, plane, kernel, bias, 0, w->out_h, w->out_w, w->in_h, w->in_w, w->kernel_h,
                     w->kernel_w, w->stride_h, w->stride_w, w->pad_top, w->pad_left, w->dilation_h,
                     w->dilation_w, 1});
}

// Stride 1: the gradient of the plane is the convolution of grad_out with the rotated kernel.
static void grad_plane_1(float *grad_plane, const float *grad_out, const float *kernel,
                         const nn_conv_geometry *w)
{
    conv_any(&(conv){grad_plane, grad_out, kernel + w->kernel_h * w->kernel_w - 1, 0.0f, 1, w->in_h,
                     w->in_w, w->out_h, w->out_w, w->kernel_h, w->kernel_w, 1, 1,
                     (w->kernel_h - 1) * w->dilation_h - w->pad_top,
                     (w->kernel_w - 1) * w->dilation_w - w->pad_left, w->dilation_h, w->dilation_w,
                     -1});
}

// row[x .. x+15] += sum, for the columns in [0, width).
INLINE void add_pairs(float *row, int x, int width, __m256 even, __m256 odd)
{
    __m256 low = _mm256_unpacklo_ps(even, odd), high = _mm256_unpackhi_ps(even, odd);
    __m256 first = _mm256_permute2f128_ps(low, high, 0x20);
    __m256 second = _mm256_permute2f128_ps(low, high, 0x31);
    if (x >= 0 && x + 2 * LANES <= width) {
        _mm256_storeu_ps(row + x, _mm256_add_ps(_mm256_loadu_ps(row + x), first));
        _mm256_storeu_ps(row + x + LANES, _mm256_add_ps(_mm256_loadu_ps(row + x + LANES), second));
        return;
    }
    float sum[2 * LANES];
    _mm256_storeu_ps(sum, first);
    _mm256_storeu_ps(sum + LANES, second);
    for (int i = x < 0 ? -x : 0; i < 2 * LANES && x + i < width; i++)
        row[x + i] += sum[i];
}

// Stride 2, no dilation: source column 2 j + r - pad is the sum over m of kernel[r + 2 m]
// grad[j - m]. So even and odd columns are two convolutions with interleaved results, as are rows.
static void grad_plane_2(float *grad_plane, const float *grad_out, const float *kernel,
                         const nn_conv_geometry *w)
{
    int kh = w->kernel_h, kw = w->kernel_w, gw = w->out_w;
    for (int y = 0; y < w->in_h; y++) {
        int t = y + w->pad_top;
        for (int j = w->pad_left / 2; 2 * j - w->pad_left < w->in_w; j += LANES) {
            __m256 even = _mm256_setzero_ps(), odd = even;
            for (int ky = t & 1; ky < kh && ky <= t; ky += 2) {
                int oy = (t - ky) / 2;
                if (oy >= w->out_h)
                    continue;
                const float *row = grad_out + (ptrdiff_t)oy * gw, *tap = kernel + ky * kw;
                for (int kx = 0; kx < kw; kx += 2) {
                    int x = j - kx / 2;
                    __m256 g = x >= 0 && x + LANES <= gw ? _mm256_loadu_ps(row + x)
                                                         : load_edge(row, x, 1, gw);
                    even = _mm256_fmadd_ps(_mm256_broadcast_ss(tap + kx), g, even);
                    if (kx + 1 < kw)
                        odd = _mm256_fmadd_ps(_mm256_broadcast_ss(tap + kx + 1), g, odd);
                }
            }
            add_pairs(grad_plane + (ptrdiff_t)y * w->in_w, 2 * j - w->pad_left, w->in_w, even, odd);
        }
    }
}

// Moves `taps` vectors of partial sums into float64 totals.
INLINE void flush_sums(double *total, __m256 *sum, int taps)
{
    for (int i = 0; i < taps; i++) {
        __m256d s = _mm256_add_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(sum[i])),
                                  _mm256_cvtps_pd(_mm256_extractf128_ps(sum[i], 1)));
        __m128d h = _mm_add_pd(_mm256_castpd256_pd128(s), _mm256_extractf128_pd(s, 1));
        total[i] += _mm_cvtsd_f64(_mm_add_sd(h, _mm_unpackhi_pd(h, h)));
        sum[i] = _mm256_setzero_ps();
    }
}

// Gradient of one kernel row, its `taps` sums in registers over the whole plane.
INLINE void grad_kernel_row(double *total, const float *grad_out, const float *plane,
                            const nn_conv_geometry *w, int ky, int taps, int stride)
{
    enum { FLUSH = 64 }; // additions to a float32 sum before it is added to a float64
    __m256 sum[MAX_TAPS];
    int left, right, count = 0;
    find_interior(w->pad_left, stride, (taps - 1) * w->dilation_w, w->in_w, w->out_w, &left,
                  &right);
    for (int i = 0; i < taps; i++)
        sum[i] = _mm256_setzero_ps();
    for (int oy = 0; oy < w->out_h; oy++) {
        int y = oy * w->stride_h - w->pad_top + ky * w->dilation_h;
        if (y < 0 || y >= w->in_h)
            continue;
        const float *row = plane + (ptrdiff_t)y * w->in_w,
                    *gy = grad_out + (ptrdiff_t)oy * w->out_w;
        for (int x = 0; x < w->out_w; x += LANES) {
            int at = x * stride - w->pad_left;
            if (x >= left && x + LANES <= right) {
                __m256 g = _mm256_loadu_ps(gy + x);
                for (int i = 0; i < taps; i++)
                    sum[i] = _mm256_fmadd_ps(g, load_strided(row + at + i * w->dilation_w, stride),
                                             sum[i]);
            } else {
                __m256 g = _mm256_maskload_ps(gy + x, lanes_below(x, w->out_w));
                for (int i = 0; i < taps; i++)
                    sum[i] = _mm256_fmadd_ps(
                        g, load_edge(row, at + i * w->dilation_w, stride, w->in_w), sum[i]);
            }
            if (++count % FLUSH == 0)
                flush_sums(total, sum, taps);
        }
    }
    flush_sums(total, sum, taps);
}

static void grad_kernel(float *grad, const float *grad_out, const float *plane,
                        const nn_conv_geometry *w)
{
    for (int ky = 0; ky < w->kernel_h; ky++) {
        double total[MAX_TAPS] = {0};
        switch (w->kernel_w * 2 + w->stride_w - 1) {
        case 6:
            grad_kernel_row(total, grad_out, plane, w, ky, 3, 1);
            break;
        case 7:
            grad_kernel_row(total, grad_out, plane, w, ky, 3, 2);
            break;
        case 10:
            grad_kernel_row(total, grad_out, plane, w, ky, 5, 1);
            break;
        case 11:
            grad_kernel_row(total, grad_out, plane, w, ky, 5, 2);
            break;
        case 14:
            grad_kernel_row(total, grad_out, plane, w, ky, 7, 1);
            break;
        default:
            grad_kernel_row(total, grad_out, plane, w, ky, 7, 2);
        }
        for (int kx = 0; kx < w->kernel_w; kx++)
            grad[ky * w->kernel_w + kx] += (float)total[kx];
    }
}

static void depthwise_grad_avx2(float *grad_plane, float *grad_kernel_out, const float *grad_out,
                                const float *plane, const float *kernel, const nn_conv_geometry *w)
{
    int k = w->kernel_w, s = w->stride_w;
    bool plain = w->dilation_h == 1 && w->dilation_w == 1;
    if (grad_plane && s == 1 && w->stride_h == 1)
        grad_plane_1(grad_plane, grad_out, kernel, w);
    else if (grad_plane && s == 2 && w->stride_h == 2 && plain)
        grad_plane_2(grad_plane, grad_out, kernel, w);
    else if (grad_plane)
        nn_depthwise_plane_grad_c(grad_plane, NULL, grad_out, NULL, kernel, w);

    if (grad_kernel_out && s <= 2 && (k == 3 || k == 5 || k == 7))
        grad_kernel(grad_kernel_out, grad_out, plane, w);
    else if (grad_kernel_out)
        nn_depthwise_plane_grad_c(NULL, grad_kernel_out, grad_out, plane, NULL, w);
}

void nn_depthwise_plane_init_avx2(nn_depthwise_plane_kernels *k)
{
    k->run = depthwise_avx2;
    k->grad = depthwise_grad_avx2;
}
