// SPDX-License-Identifier: MIT
// Pixel kernels for AVX2: eight columns of a tile at a time, by 8 x 8 transposes in registers.
#include "nn/kernels/pixel.h"

#include <immintrin.h>

enum { LANES = 8 }; // == NN_PIXEL_ROWS: a vector is a column of a tile

static inline void transpose(__m256 v[LANES])
{
    __m256 a[LANES], b[LANES];
    for (int i = 0; i < 4; i++) {
        a[2 * i] = _mm256_unpacklo_ps(v[2 * i], v[2 * i + 1]);
        a[2 * i + 1] = _mm256_unpackhi_ps(v[2 * i], v[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        b[4 * i] = _mm256_shuffle_ps(a[4 * i], a[4 * i + 2], 0x44);
        b[4 * i + 1] = _mm256_shuffle_ps(a[4 * i], a[4 * i + 2], 0xee);
        b[4 * i + 2] = _mm256_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0x44);
        b[4 * i + 3] = _mm256_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
        v[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
    }
}

static inline __m256 load_bytes(const uint8_t *p)
{
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}

enum { WIDE = 4 }; // vectors of columns that share the load of a weight

// The first 8 * vectors columns of a tile. `vectors` is a constant at every call and unrolls.
static inline __attribute__((always_inline)) void down_block(float *tile, const uint8_t *plane,
                                                             ptrdiff_t stride, const int32_t *first,
                                                             const float *weight, int taps,
                                                             int vectors)
{
    __m256 rows[WIDE][LANES];
    for (int r = 0; r < LANES; r++, weight += taps) {
        const uint8_t *src = plane + first[r] * stride;
        __m256 sum[WIDE];
        for (int v = 0; v < vectors; v++)
            sum[v] = _mm256_setzero_ps();
        for (int t = 0; t < taps; t++, src += stride) {
            const __m256 w = _mm256_broadcast_ss(weight + t);
            for (int v = 0; v < vectors; v++)
                sum[v] = _mm256_fmadd_ps(w, load_bytes(src + LANES * v), sum[v]);
        }
        for (int v = 0; v < vectors; v++)
            rows[v][r] = sum[v];
    }
    for (int v = 0; v < vectors; v++) {
        transpose(rows[v]);
        for (int i = 0; i < LANES; i++)
            _mm256_storeu_ps(tile + (v * LANES + i) * LANES, rows[v][i]);
    }
}

static void down_avx2(float *tile, const uint8_t *plane, ptrdiff_t stride, int n,
                      const nn_pixel_axis *rows, int row)
{
    const int32_t *first = rows->first + row;
    const float *weight = rows->weight + (ptrdiff_t)row * rows->taps;
    const int taps = rows->taps;
    int i = 0;
    for (; i + WIDE * LANES <= n; i += WIDE * LANES)
        down_block(tile + (ptrdiff_t)i * LANES, plane + i, stride, first, weight, taps, WIDE);
    for (; i + LANES <= n; i += LANES)
        down_block(tile + (ptrdiff_t)i * LANES, plane + i, stride, first, weight, taps, 1);
    for (; i < n; i++) {
        for (int r = 0; r < LANES; r++) {
            const uint8_t *src = plane + first[r] * stride + i;
            float sum = 0;
            for (int t = 0; t < taps; t++)
                sum += weight[(ptrdiff_t)r * taps + t] * src[t * stride];
            tile[(ptrdiff_t)i * LANES + r] = sum;
        }
    }
}

// One output column: eight rows.
static inline __m256 across_column(const float *tile, const nn_pixel_axis *columns, int x,
                                   ptrdiff_t step, int offset)
{
    const float *src = tile + (columns->first[x] * step + offset) * LANES;
    const float *w = columns->weight + (ptrdiff_t)x * columns->taps;
    __m256 sum = _mm256_mul_ps(_mm256_broadcast_ss(w), _mm256_loadu_ps(src));
    for (int t = 1; t < columns->taps; t++)
        sum = _mm256_fmadd_ps(_mm256_broadcast_ss(w + t), _mm256_loadu_ps(src + t * step * LANES),
                              sum);
    return sum;
}

static void across_avx2(float *out, int ld, const float *tile, const nn_pixel_axis *columns,
                        int step, int offset)
{
    int x = 0;
    for (; x + LANES <= columns->count; x += LANES) {
        __m256 v[LANES];
        for (int c = 0; c < LANES; c++)
            v[c] = across_column(tile, columns, x + c, step, offset);
        transpose(v);
        for (int r = 0; r < LANES; r++)
            _mm256_storeu_ps(out + (ptrdiff_t)r * ld + x, v[r]);
    }
    for (; x < columns->count; x++) {
        float column[LANES];
        _mm256_storeu_ps(column, across_column(tile, columns, x, step, offset));
        for (int r = 0; r < LANES; r++)
            out[(ptrdiff_t)r * ld + x] = column[r];
    }
}

typedef struct colour {
    __m256 m[6], scale[3], shift[3];
} colour;

static inline __m256 finish(__m256 x, const colour *k, int c)
{
    x = _mm256_min_ps(_mm256_max_ps(x, _mm256_setzero_ps()), _mm256_set1_ps(255));
    return _mm256_fmadd_ps(x, k->scale[c], k->shift[c]);
}

static inline void convert(__m256 rgb[3], __m256 y, __m256 u, __m256 v, const colour *k)
{
    const __m256 centre = _mm256_set1_ps(128);
    y = _mm256_mul_ps(_mm256_sub_ps(y, k->m[0]), k->m[1]);
    u = _mm256_sub_ps(u, centre);
    v = _mm256_sub_ps(v, centre);
    __m256 g = _mm256_fmadd_ps(k->m[3], u, _mm256_fmadd_ps(k->m[4], v, y));
    rgb[0] = finish(_mm256_fmadd_ps(k->m[2], v, y), k, 0);
    rgb[1] = finish(g, k, 1);
    rgb[2] = finish(_mm256_fmadd_ps(k->m[5], u, y), k, 2);
}

static void yuv_to_rgb_avx2(float *r, float *g, float *b, const float *y, const float *u,
                            const float *v, int n, const float m[6], const float scale[3],
                            const float shift[3])
{
    colour k;
    __m256 rgb[3];
    for (int i = 0; i < 6; i++)
        k.m[i] = _mm256_set1_ps(m[i]);
    for (int c = 0; c < 3; c++) {
        k.scale[c] = _mm256_set1_ps(scale[c]);
        k.shift[c] = _mm256_set1_ps(shift[c]);
    }
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        convert(rgb, _mm256_loadu_ps(y + i), _mm256_loadu_ps(u + i), _mm256_loadu_ps(v + i), &k);
        _mm256_storeu_ps(r + i, rgb[0]);
        _mm256_storeu_ps(g + i, rgb[1]);
        _mm256_storeu_ps(b + i, rgb[2]);
    }
    for (; i < n; i++) {
        convert(rgb, _mm256_set1_ps(y[i]), _mm256_set1_ps(u[i]), _mm256_set1_ps(v[i]), &k);
        r[i] = _mm256_cvtss_f32(rgb[0]);
        g[i] = _mm256_cvtss_f32(rgb[1]);
        b[i] = _mm256_cvtss_f32(rgb[2]);
    }
}

void nn_pixel_init_avx2(nn_pixel_kernels *k)
{
    *k =
        (nn_pixel_kernels){.down = down_avx2, .across = across_avx2, .yuv_to_rgb = yuv_to_rgb_avx2};
}
