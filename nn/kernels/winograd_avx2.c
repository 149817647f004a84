// SPDX-License-Identifier: MIT
// Winograd's transforms with AVX2: eight channels a register, common terms of the points shared.
#include "nn/kernels/avx2.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { LANES = 8, MAX = NN_WINOGRAD_MAX };

// One row or column; x[i] and y[i] may not overlap.
typedef void line_function(const __m256 *x, __m256 *y);

INLINE __m256 add(__m256 a, __m256 b)
{
    return _mm256_add_ps(a, b);
}

INLINE __m256 sub(__m256 a, __m256 b)
{
    return _mm256_sub_ps(a, b);
}

INLINE __m256 scaled(float k, __m256 a, __m256 b) // k a + b
{
    return _mm256_fmadd_ps(_mm256_set1_ps(k), a, b);
}

// Points 0, 1, -1.
INLINE void input_line_4(const __m256 *x, __m256 *y)
{
    y[0] = sub(x[2], x[0]);
    y[1] = add(x[2], x[1]);
    y[2] = sub(x[2], x[1]);
    y[3] = sub(x[3], x[1]);
}

INLINE void output_line_4_2(const __m256 *x, __m256 *y)
{
    y[0] = add(x[0], add(x[1], x[2]));
    y[1] = add(sub(x[1], x[2]), x[3]);
}

// Points 0, 1, -1, 1/2, -2.
INLINE void input_line_6(const __m256 *x, __m256 *y)
{
    const __m256 e = sub(x[4], x[2]), o = sub(x[3], x[1]);
    y[0] = scaled(1.5f, o, scaled(-2.0f, x[2], add(x[0], x[4])));
    y[1] = scaled(1.5f, add(x[2], x[3]), add(e, o));
    y[2] = scaled(1.5f, sub(x[3], x[2]), sub(e, o));
    y[3] = scaled(2.0f, o, e);
    y[4] = scaled(-0.5f, o, e);
    y[5] = scaled(1.5f, e, scaled(-2.0f, x[3], add(x[1], x[5])));
}

INLINE void output_line_6_4(const __m256 *x, __m256 *y)
{
    const __m256 s = add(x[1], x[2]), d = sub(x[1], x[2]);
    y[0] = add(add(x[0], s), add(x[3], x[4]));
    y[1] = scaled(-2.0f, x[4], scaled(0.5f, x[3], d));
    y[2] = scaled(4.0f, x[4], scaled(0.25f, x[3], s));
    y[3] = scaled(-8.0f, x[4], scaled(0.125f, x[3], add(d, x[5])));
}

INLINE void output_line_6_2(const __m256 *x, __m256 *y)
{
    y[0] = add(add(x[0], add(x[1], x[2])), add(x[3], x[4]));
    y[1] = scaled(-2.0f, x[4], scaled(0.5f, x[3], add(sub(x[1], x[2]), x[5])));
}

// Points 0, 1, -1, 2, -2, 1/2, -1/2.
INLINE void input_line_8(const __m256 *x, __m256 *y)
{
    y[0] = scaled(5.25f, sub(x[2], x[4]), sub(x[6], x[0]));
    y[7] = scaled(5.25f, sub(x[3], x[5]), sub(x[7], x[1]));
    __m256 e = scaled(-4.25f, x[4], add(x[2], x[6])), o = scaled(-4.25f, x[3], add(x[1], x[5]));
    y[1] = add(e, o);
    y[2] = sub(e, o);
    e = scaled(0.25f, x[2], scaled(-1.25f, x[4], x[6]));
    o = scaled(0.25f, x[1], scaled(-1.25f, x[3], x[5]));
    y[3] = scaled(2.0f, o, e);
    y[4] = scaled(-2.0f, o, e);
    e = scaled(4.0f, x[2], scaled(-5.0f, x[4], x[6]));
    o = scaled(4.0f, x[1], scaled(-5.0f, x[3], x[5]));
    y[5] = scaled(0.5f, o, e);
    y[6] = scaled(-0.5f, o, e);
}

INLINE void output_line_8_6(const __m256 *x, __m256 *y)
{
    const __m256 s1 = add(x[1], x[2]), d1 = sub(x[1], x[2]);
    const __m256 s2 = add(x[3], x[4]), d2 = sub(x[3], x[4]);
    const __m256 s3 = add(x[5], x[6]), d3 = sub(x[5], x[6]);
    y[0] = add(add(x[0], s1), add(s2, s3));
    y[1] = scaled(2.0f, d2, scaled(0.5f, d3, d1));
    y[2] = scaled(4.0f, s2, scaled(0.25f, s3, s1));
    y[3] = scaled(8.0f, d2, scaled(0.125f, d3, d1));
    y[4] = scaled(16.0f, s2, scaled(0.0625f, s3, s1));
    y[5] = scaled(32.0f, d2, scaled(0.03125f, d3, add(d1, x[7])));
}

// `side`, `out` and the line functions are constants where what follows is expanded.
INLINE void input_tile(const float *from, int64_t row, float *to, int64_t product, int side,
                       line_function *line)
{
    __m256 mid[MAX][MAX];
#pragma GCC unroll 8
    for (int j = 0; j < side; j++) {
        __m256 x[MAX], y[MAX];
#pragma GCC unroll 8
        for (int i = 0; i < side; i++)
            x[i] = _mm256_loadu_ps(from + i * row + j * LANES);
        line(x, y);
#pragma GCC unroll 8
        for (int i = 0; i < side; i++)
            mid[i][j] = y[i];
    }
#pragma GCC unroll 8
    for (int i = 0; i < side; i++) {
        __m256 y[MAX];
        line(mid[i], y);
#pragma GCC unroll 8
        for (int j = 0; j < side; j++)
            _mm256_storeu_ps(to + (i * side + j) * product, y[j]);
    }
}

INLINE void run_input(const nn_winograd_input *in, int side, int out, line_function *line)
{
    const float *from = in->from;
    float *to = in->to;
    int columns = in->columns;
    for (int t = 0; t < in->tiles; t++, from += out * LANES, to += in->tile, columns -= out) {
        if (columns >= side && in->rows >= side) {
            input_tile(from, in->row, to, in->product, side, line);
            continue;
        }
        float part[MAX * MAX * LANES] = {0};
        const int width = columns < side ? columns : side;
        for (int i = 0; i < side && i < in->rows && width > 0; i++)
            memcpy(part + i * side * LANES, from + i * in->row,
                   (size_t)width * LANES * sizeof *part);
        input_tile(part, side * LANES, to, in->product, side, line);
    }
}

INLINE void write_pixel(const nn_winograd_output *o, int y, int64_t x, __m256 bias, __m256 sum)
{
    sum = add(sum, bias);
    if (o->skip)
        sum = add(sum, _mm256_loadu_ps(o->skip + y * o->skip_row + x));
    if (o->relu) // the second operand is what NaN gives
        sum = _mm256_max_ps(_mm256_setzero_ps(), sum);
    _mm256_storeu_ps(o->to + y * o->row + x, sum);
}

INLINE void output_tile(const nn_winograd_output *o, const float *from, int64_t x, int rows,
                        int columns, int side, int out, line_function *line)
{
    const __m256 bias = _mm256_loadu_ps(o->bias);
    __m256 mid[MAX][MAX];
#pragma GCC unroll 8
    for (int j = 0; j < side; j++) {
        __m256 m[MAX], y[MAX];
#pragma GCC unroll 8
        for (int i = 0; i < side; i++)
            m[i] = _mm256_loadu_ps(from + (i * side + j) * o->product);
        line(m, y);
#pragma GCC unroll 8
        for (int i = 0; i < out; i++)
            mid[i][j] = y[i];
    }
#pragma GCC unroll 8
    for (int i = 0; i < out; i++) {
        __m256 y[MAX];
        if (i >= rows)
            break;
        line(mid[i], y);
#pragma GCC unroll 8
        for (int j = 0; j < out; j++)
            if (j < columns)
                write_pixel(o, i, x + j * LANES, bias, y[j]);
    }
}

INLINE void run_output(const nn_winograd_output *o, int side, int out, line_function *line)
{
    for (int t = 0; t < o->tiles; t++) {
        const float *from = o->from + t * o->tile;
        const int columns = o->columns - t * out;
        if (o->rows >= out && columns >= out)
            output_tile(o, from, (int64_t)t * out * LANES, out, out, side, out, line);
        else
            output_tile(o, from, (int64_t)t * out * LANES, o->rows, columns, side, out, line);
    }
}

#define KIND(suffix, side, out, input_line, output_line)                                           \
    static void input_##suffix##_avx2(const nn_winograd_input *in)                                 \
    {                                                                                              \
        run_input(in, side, out, input_line);                                                      \
    }                                                                                              \
    static void output_##suffix##_avx2(const nn_winograd_output *o)                                \
    {                                                                                              \
        run_output(o, side, out, output_line);                                                     \
    }
KIND(2, 4, 2, input_line_4, output_line_4_2)
KIND(4, 6, 4, input_line_6, output_line_6_4)
KIND(6, 8, 6, input_line_8, output_line_8_6)
KIND(2_5, 6, 2, input_line_6, output_line_6_2)

void nn_winograd_init_avx2(nn_winograd_kernels *k)
{
    *k = (nn_winograd_kernels){
        .input = {input_2_avx2, input_4_avx2, input_6_avx2, input_2_5_avx2},
        .output = {output_2_avx2, output_4_avx2, output_6_avx2, output_2_5_avx2},
    };
}
