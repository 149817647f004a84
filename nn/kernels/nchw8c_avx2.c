// SPDX-License-Identifier: MIT
// Kernels on blocked rows for AVX2 and FMA: a pixel is one register.
#include "nn/kernels/nchw8c.h"
#include "nn/kernels/vmath_avx2.h"

#include <math.h>

enum { LANES = 8 };

// Transposes: r[i] becomes lane i of all eight.
static inline __attribute__((always_inline)) void transpose(__m256 r[LANES])
{
    __m256 pair[LANES], quad[LANES];
    for (int i = 0; i < 4; i++) {
        pair[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
        pair[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            const __m256 a = pair[4 * i + j], b = pair[4 * i + 2 + j];
            quad[4 * i + 2 * j] = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(1, 0, 1, 0));
            quad[4 * i + 2 * j + 1] = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 2, 3, 2));
        }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2f128_ps(quad[i], quad[4 + i], 0x20);
        r[4 + i] = _mm256_permute2f128_ps(quad[i], quad[4 + i], 0x31);
    }
}

static inline __attribute__((always_inline)) void
pack_pixels(float *y, const float *x, int64_t stride, int channels, int64_t n)
{
    __m256 r[LANES];
    for (int64_t i = 0; i < n; i += LANES) {
        const int64_t left = n - i < LANES ? n - i : LANES;
        for (int c = 0; c < LANES; c++)
            r[c] = c < channels ? load_part(x + c * stride + i, left) : _mm256_setzero_ps();
        transpose(r);
        if (left == LANES)
            for (int p = 0; p < LANES; p++)
                _mm256_storeu_ps(y + LANES * (i + p), r[p]);
        else
            for (int p = 0; p < left; p++)
                _mm256_storeu_ps(y + LANES * (i + p), r[p]);
    }
}

static void pack_avx2(float *y, const float *x, int64_t stride, int channels, int64_t n)
{
    if (channels == LANES)
        pack_pixels(y, x, stride, LANES, n);
    else
        pack_pixels(y, x, stride, channels, n);
}

static void unpack_avx2(float *y, int64_t stride, const float *x, int channels, int64_t n)
{
    __m256 r[LANES];
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int p = 0; p < LANES; p++)
            r[p] = _mm256_loadu_ps(x + LANES * (i + p));
        transpose(r);
        for (int c = 0; c < channels; c++)
            _mm256_storeu_ps(y + c * stride + i, r[c]);
    }
    if (i == n)
        return;
    const __m256i mask = first_lanes(n - i);
    for (int p = 0; p < LANES; p++)
        r[p] = i + p < n ? _mm256_loadu_ps(x + LANES * (i + p)) : _mm256_setzero_ps();
    transpose(r);
    for (int c = 0; c < channels; c++)
        _mm256_maskstore_ps(y + c * stride + i, mask, r[c]);
}

static void lanes_avx2(float *y, int to, const float *x, int from, int count, int64_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i source = _mm256_add_epi32(lane, _mm256_set1_epi32(from - to));
    const __m256i behind = _mm256_cmpgt_epi32(lane, _mm256_set1_epi32(to - 1));
    const __m256i taken =
        _mm256_and_si256(behind, _mm256_cmpgt_epi32(_mm256_set1_epi32(to + count), lane));
    for (int64_t i = 0; i < n; i++) {
        const __m256 v = _mm256_permutevar8x32_ps(_mm256_loadu_ps(x + LANES * i), source);
        const __m256 was = _mm256_loadu_ps(y + LANES * i);
        _mm256_storeu_ps(y + LANES * i, _mm256_blendv_ps(was, v, _mm256_castsi256_ps(taken)));
    }
}

static void pick_avx2(float *y, const float *const *x, int count, int64_t n)
{
    static const float none; // read by lanes without a channel, with a step of 0
    const float *p[LANES];
    int64_t step[LANES];
    for (int c = 0; c < LANES; c++) {
        p[c] = c < count ? x[c] : &none;
        step[c] = c < count ? LANES : 0;
    }
    if (count == LANES)
        for (int64_t i = 0; i < LANES * n; i += LANES)
            _mm256_storeu_ps(y + i, _mm256_setr_ps(p[0][i], p[1][i], p[2][i], p[3][i], p[4][i],
                                                   p[5][i], p[6][i], p[7][i]));
    else
        for (int64_t i = 0; i < n; i++)
            for (int c = 0; c < LANES; c++)
                y[LANES * i + c] = p[c][step[c] * i];
}

static void affine_avx2(float *y, const float *x, const float *scale, const float *shift, bool relu,
                        int64_t n)
{
    const __m256 a = _mm256_loadu_ps(scale), b = _mm256_loadu_ps(shift);
    if (relu)
        for (int64_t i = 0; i < n; i++) { // max gives its second operand for NaN
            const __m256 v = _mm256_fmadd_ps(_mm256_loadu_ps(x + LANES * i), a, b);
            _mm256_storeu_ps(y + LANES * i, _mm256_max_ps(_mm256_setzero_ps(), v));
        }
    else
        for (int64_t i = 0; i < n; i++)
            _mm256_storeu_ps(y + LANES * i, _mm256_fmadd_ps(_mm256_loadu_ps(x + LANES * i), a, b));
}

static void add_pixels_avx2(float *y, const float *x, const float *m, int64_t step, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        _mm256_storeu_ps(y + LANES * i, _mm256_add_ps(_mm256_loadu_ps(x + LANES * i),
                                                      _mm256_broadcast_ss(m + i * step)));
}

static void mul_pixels_avx2(float *y, const float *x, const float *m, int64_t step, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        _mm256_storeu_ps(y + LANES * i, _mm256_mul_ps(_mm256_loadu_ps(x + LANES * i),
                                                      _mm256_broadcast_ss(m + i * step)));
}

// The maximum of some pixels. Lanes of `bad` are all ones where a pixel is NaN, which max may lose.
typedef struct largest {
    __m256 most, bad;
} largest;

static inline largest larger(largest a, largest b)
{
    return (largest){_mm256_max_ps(a.most, b.most), _mm256_or_ps(a.bad, b.bad)};
}

static inline __m256 value_of(largest a)
{
    return _mm256_or_ps(a.most, a.bad); // all ones is a NaN
}

static inline largest max_column3(const float *x, int64_t row)
{
    const __m256 a = _mm256_loadu_ps(x), b = _mm256_loadu_ps(x + row);
    const __m256 c = _mm256_loadu_ps(x + 2 * row);
    return (largest){
        _mm256_max_ps(_mm256_max_ps(a, b), c),
        _mm256_or_ps(_mm256_cmp_ps(a, b, _CMP_UNORD_Q), _mm256_cmp_ps(c, c, _CMP_UNORD_Q))};
}

// 3x3 with a stride of 1 or 2: columns that two windows share are read once.
static void max3x3_s1(float *y, const float *x, int64_t row, int64_t n)
{
    largest a = max_column3(x, row), b = max_column3(x + LANES, row);
    for (int64_t i = 0; i < n; i++) {
        const largest c = max_column3(x + LANES * (i + 2), row);
        _mm256_storeu_ps(y + LANES * i, value_of(larger(larger(a, b), c)));
        a = b;
        b = c;
    }
}

static void max3x3_s2(float *y, const float *x, int64_t row, int64_t n)
{
    largest a = max_column3(x, row);
    for (int64_t i = 0; i < n; i++) {
        const largest b = max_column3(x + LANES * (2 * i + 1), row);
        const largest c = max_column3(x + LANES * (2 * i + 2), row);
        _mm256_storeu_ps(y + LANES * i, value_of(larger(larger(a, b), c)));
        a = c;
    }
}

static void max2x2(float *y, const float *x, const nn_nchw8c_window *w, int64_t n)
{
    for (int64_t i = 0; i < n; i++, x += w->step) {
        const __m256 a = _mm256_loadu_ps(x), b = _mm256_loadu_ps(x + LANES);
        const __m256 c = _mm256_loadu_ps(x + w->row), d = _mm256_loadu_ps(x + w->row + LANES);
        const __m256 most = _mm256_max_ps(_mm256_max_ps(a, b), _mm256_max_ps(c, d));
        const __m256 bad =
            _mm256_or_ps(_mm256_cmp_ps(a, b, _CMP_UNORD_Q), _mm256_cmp_ps(c, d, _CMP_UNORD_Q));
        _mm256_storeu_ps(y + LANES * i, _mm256_or_ps(most, bad));
    }
}

static __m256 max_any(const float *x, const nn_nchw8c_window *w)
{
    largest a = {_mm256_set1_ps(-INFINITY), _mm256_setzero_ps()};
    for (int64_t ky = 0; ky < w->height; ky++)
        for (int64_t kx = 0; kx < w->width; kx++) {
            const __m256 v = _mm256_loadu_ps(x + ky * w->row + kx * LANES);
            a = larger(a, (largest){v, _mm256_cmp_ps(v, v, _CMP_UNORD_Q)});
        }
    return value_of(a);
}

static void window_max_avx2(float *y, const float *x, const nn_nchw8c_window *w, int64_t n)
{
    if (n > 0 && w->height == 3 && w->width == 3 && w->step == LANES)
        max3x3_s1(y, x, w->row, n);
    else if (n > 0 && w->height == 3 && w->width == 3 && w->step == 2 * LANES)
        max3x3_s2(y, x, w->row, n);
    else if (w->height == 2 && w->width == 2)
        max2x2(y, x, w, n);
    else
        for (int64_t i = 0; i < n; i++)
            _mm256_storeu_ps(y + LANES * i, max_any(x + i * w->step, w));
}

static inline __m256 sum_column3(const float *x, int64_t row)
{
    return _mm256_add_ps(_mm256_add_ps(_mm256_loadu_ps(x), _mm256_loadu_ps(x + row)),
                         _mm256_loadu_ps(x + 2 * row));
}

static void sum3x3_s1(float *y, const float *x, int64_t row, __m256 scale, int64_t n)
{
    __m256 a = sum_column3(x, row), b = sum_column3(x + LANES, row);
    for (int64_t i = 0; i < n; i++) {
        const __m256 c = sum_column3(x + LANES * (i + 2), row);
        _mm256_storeu_ps(y + LANES * i,
                         _mm256_mul_ps(_mm256_add_ps(_mm256_add_ps(a, b), c), scale));
        a = b;
        b = c;
    }
}

static void sum2x2(float *y, const float *x, const nn_nchw8c_window *w, __m256 scale, int64_t n)
{
    for (int64_t i = 0; i < n; i++, x += w->step) {
        const __m256 top = _mm256_add_ps(_mm256_loadu_ps(x), _mm256_loadu_ps(x + LANES));
        const __m256 bottom =
            _mm256_add_ps(_mm256_loadu_ps(x + w->row), _mm256_loadu_ps(x + w->row + LANES));
        _mm256_storeu_ps(y + LANES * i, _mm256_mul_ps(_mm256_add_ps(top, bottom), scale));
    }
}

// Sums row by row, with four sums in each, so that large windows lose few digits.
static __m256 sum_any(const float *x, const nn_nchw8c_window *w)
{
    __m256 sum = _mm256_setzero_ps();
    for (int64_t ky = 0; ky < w->height; ky++) {
        const float *r = x + ky * w->row;
        __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                       _mm256_setzero_ps()};
        int64_t kx = 0;
        for (; kx + 4 <= w->width; kx += 4)
            for (int j = 0; j < 4; j++)
                s[j] = _mm256_add_ps(s[j], _mm256_loadu_ps(r + (kx + j) * LANES));
        for (; kx < w->width; kx++)
            s[0] = _mm256_add_ps(s[0], _mm256_loadu_ps(r + kx * LANES));
        const __m256 row = _mm256_add_ps(_mm256_add_ps(s[0], s[1]), _mm256_add_ps(s[2], s[3]));
        sum = _mm256_add_ps(sum, row);
    }
    return sum;
}

static void window_sum_avx2(float *y, const float *x, const nn_nchw8c_window *w, float scale,
                            int64_t n)
{
    const __m256 times = _mm256_set1_ps(scale);
    if (n > 0 && w->height == 3 && w->width == 3 && w->step == LANES)
        sum3x3_s1(y, x, w->row, times, n);
    else if (w->height == 2 && w->width == 2)
        sum2x2(y, x, w, times, n);
    else
        for (int64_t i = 0; i < n; i++)
            _mm256_storeu_ps(y + LANES * i, _mm256_mul_ps(sum_any(x + i * w->step, w), times));
}

// The sum or the maximum of the lanes of each of up to eight pixels.
static inline __attribute__((always_inline)) __m256 fold_lanes(__m256 r[LANES], bool max)
{
    transpose(r);
    for (int step = 4; step > 0; step /= 2)
        for (int i = 0; i < step; i++)
            r[i] = max ? value_of(
                             larger((largest){r[i], _mm256_cmp_ps(r[i], r[i + step], _CMP_UNORD_Q)},
                                    (largest){r[i + step], _mm256_setzero_ps()}))
                       : _mm256_add_ps(r[i], r[i + step]);
    return r[0];
}

static inline __attribute__((always_inline)) __m256
fold_pixels(const float *x, const nn_nchw8c_column *column, int64_t n, bool max)
{
    const __m256 none = max ? _mm256_set1_ps(-INFINITY) : _mm256_setzero_ps();
    __m256 r[LANES];
    for (int p = 0; p < LANES; p++)
        r[p] = none;
    for (int64_t c = 0; c < column->channels; c += LANES, x += column->plane) {
        const int64_t left = column->channels - c < LANES ? column->channels - c : LANES;
        const __m256 real = _mm256_castsi256_ps(first_lanes(left));
        for (int p = 0; p < n; p++) {
            const __m256 v = _mm256_blendv_ps(none, _mm256_loadu_ps(x + LANES * p), real);
            r[p] = max ? value_of(larger((largest){r[p], _mm256_cmp_ps(r[p], v, _CMP_UNORD_Q)},
                                         (largest){v, _mm256_setzero_ps()}))
                       : _mm256_add_ps(r[p], v);
        }
    }
    return fold_lanes(r, max);
}

static inline __attribute__((always_inline)) void
fold_row(float *y, const float *x, const nn_nchw8c_column *column, float scale, int64_t n, bool max)
{
    for (int64_t i = 0; i < n; i += LANES) {
        const int64_t left = n - i < LANES ? n - i : LANES;
        const float *at = x + LANES * i;
        __m256 v = left == LANES ? fold_pixels(at, column, LANES, max)
                                 : fold_pixels(at, column, left, max);
        if (!max)
            v = _mm256_mul_ps(v, _mm256_set1_ps(scale));
        if (column->step == 1) {
            store_part(y + i, v, left);
            continue;
        }
        float result[LANES];
        _mm256_storeu_ps(result, v);
        for (int64_t p = 0; p < left; p++)
            y[(i + p) * column->step] = result[p];
    }
}

static void channel_max_avx2(float *y, const float *x, const nn_nchw8c_column *column, int64_t n)
{
    fold_row(y, x, column, 1.0f, n, true);
}

static void channel_sum_avx2(float *y, const float *x, const nn_nchw8c_column *column, float scale,
                             int64_t n)
{
    fold_row(y, x, column, scale, n, false);
}

static __m256 square_avx2(const float *x, __m256 real)
{
    const __m256 v = _mm256_and_ps(_mm256_loadu_ps(x), real);
    return _mm256_mul_ps(v, v);
}

// base^-beta; the published beta without powf.
static inline __m256 falling_power(__m256 base, float beta)
{
    if (beta == 0.75f) {
        const __m256 root = _mm256_sqrt_ps(base);
        return _mm256_div_ps(_mm256_set1_ps(1.0f), _mm256_mul_ps(root, _mm256_sqrt_ps(root)));
    }
    float v[LANES];
    _mm256_storeu_ps(v, base);
    for (int i = 0; i < LANES; i++)
        v[i] = powf(v[i], -beta);
    return _mm256_loadu_ps(v);
}

// The squares `shift` lanes further on, from this block and the one behind or before it.
static inline __m256 shifted(__m256 before, __m256 here, __m256 behind, int shift)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i from = _mm256_add_epi32(lane, _mm256_set1_epi32(shift));
    const __m256i other = shift > 0 ? _mm256_cmpgt_epi32(from, _mm256_set1_epi32(LANES - 1))
                                    : _mm256_cmpgt_epi32(_mm256_setzero_si256(), from);
    const __m256 near = _mm256_permutevar8x32_ps(here, from);
    const __m256 far = _mm256_permutevar8x32_ps(shift > 0 ? behind : before, from);
    return _mm256_blendv_ps(near, far, _mm256_castsi256_ps(other));
}

// `before` and `after` are constants where the published five channels are expanded.
static inline __attribute__((always_inline)) void lrn_block(float *y, const float *x,
                                                            const nn_nchw8c_lrn *l, int64_t b,
                                                            int64_t n, int before, int after)
{
    const __m256 all = _mm256_castsi256_ps(_mm256_set1_epi32(-1)), none = _mm256_setzero_ps();
    const __m256 scale = _mm256_set1_ps(l->scale), k = _mm256_set1_ps(l->k);
    const int64_t left = l->channels - b * LANES;
    const __m256 here_real = left >= LANES ? all : _mm256_castsi256_ps(first_lanes(left));
    const __m256 next_real = left >= 2 * LANES ? all
                             : left > LANES    ? _mm256_castsi256_ps(first_lanes(left - LANES))
                                               : none;
    const int64_t last_step = b > 0 ? -l->x_plane : 0, next_step = left > LANES ? l->x_plane : 0;
    for (int64_t i = 0; i < n; i++, x += LANES, y += LANES) {
        const __m256 here = square_avx2(x, here_real);
        const __m256 prior = square_avx2(x + last_step, b > 0 ? all : none);
        const __m256 next = square_avx2(x + next_step, next_real);
        __m256 sum = here;
        for (int j = 1; j <= before; j++)
            sum = _mm256_add_ps(sum, shifted(prior, here, next, -j));
        for (int j = 1; j <= after; j++)
            sum = _mm256_add_ps(sum, shifted(prior, here, next, j));
        const __m256 power = falling_power(_mm256_fmadd_ps(scale, sum, k), l->beta);
        _mm256_storeu_ps(y, _mm256_mul_ps(_mm256_loadu_ps(x), power));
    }
}

static void lrn_avx2(float *y, const float *x, const nn_nchw8c_lrn *l, int64_t n)
{
    for (int64_t b = 0; b * LANES < l->channels; b++)
        if (l->before == 2 && l->after == 2)
            lrn_block(y + b * l->y_plane, x + b * l->x_plane, l, b, n, 2, 2);
        else
            lrn_block(y + b * l->y_plane, x + b * l->x_plane, l, b, n, l->before, l->after);
}

static inline __m256 mix(__m256 a, __m256 b, __m256 weight)
{
    const __m256 rest = _mm256_sub_ps(_mm256_set1_ps(1.0f), weight);
    return _mm256_fmadd_ps(weight, b, _mm256_mul_ps(rest, a));
}

static void lerp_avx2(float *y, const float *top, const float *bottom, const nn_nchw8c_tap *taps,
                      float weight, int64_t n)
{
    const __m256 v = _mm256_set1_ps(weight);
    for (int64_t i = 0; i < n; i++) {
        const int64_t a = (int64_t)LANES * taps[i].a, b = (int64_t)LANES * taps[i].b;
        const __m256 h = _mm256_broadcast_ss(&taps[i].weight);
        const __m256 upper = mix(_mm256_loadu_ps(top + a), _mm256_loadu_ps(top + b), h);
        const __m256 lower = mix(_mm256_loadu_ps(bottom + a), _mm256_loadu_ps(bottom + b), h);
        _mm256_storeu_ps(y + LANES * i, mix(upper, lower, v));
    }
}

void nn_nchw8c_init_avx2(nn_nchw8c_kernels *k)
{
    *k = (nn_nchw8c_kernels){
        .pack = pack_avx2,
        .unpack = unpack_avx2,
        .lanes = lanes_avx2,
        .pick = pick_avx2,
        .affine = affine_avx2,
        .add_pixels = add_pixels_avx2,
        .mul_pixels = mul_pixels_avx2,
        .window_max = window_max_avx2,
        .window_sum = window_sum_avx2,
        .channel_max = channel_max_avx2,
        .channel_sum = channel_sum_avx2,
        .lrn = lrn_avx2,
        .lerp = lerp_avx2,
    };
}
