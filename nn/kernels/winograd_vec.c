// SPDX-License-Identifier: MIT
// Winograd's transforms, common terms of the points shared, in vectors of eight channels or of two
// such vectors. The file that includes this has defined NN_WINOGRAD_INIT, the name of the function
// at the end, and for two at once NN_WINOGRAD_TWO.
#include "nn/kernels/vec16.h"
#include "nn/kernels/vec8.h"
#include "nn/kernels/winograd_weights.h"

#include <string.h>

enum { LANES = 8, MAX = NN_WINOGRAD_MAX };

#ifdef NN_WINOGRAD_TWO
enum { TWO = 2 }; // vectors of eight at once
typedef vec16 vec;
#define VEC(name) vec16_##name
#else
enum { TWO = 1 };
typedef vec8 vec;
#define VEC(name) vec8_##name
#endif
#define vec_load VEC(load)
#define vec_load_two VEC(load_two)
#define vec_store VEC(store)
#define vec_store_two VEC(store_two)
#define vec_store_low VEC(store_low)
#define vec_set VEC(set)
#define vec_add VEC(add)
#define vec_sub VEC(sub)
#define vec_fma VEC(fma)
#define vec_relu VEC(relu)

// One row or column; x[i] and y[i] may not overlap.
typedef void line_function(const vec *x, vec *y);

NN_INLINE vec scaled(float k, vec a, vec b) // k a + b
{
    return vec_fma(vec_set(k), a, b);
}

// Points 0, 1, -1.
NN_INLINE void input_line_4(const vec *x, vec *y)
{
    y[0] = vec_sub(x[2], x[0]);
    y[1] = vec_add(x[2], x[1]);
    y[2] = vec_sub(x[2], x[1]);
    y[3] = vec_sub(x[3], x[1]);
}

NN_INLINE void output_line_4_2(const vec *x, vec *y)
{
    y[0] = vec_add(x[0], vec_add(x[1], x[2]));
    y[1] = vec_add(vec_sub(x[1], x[2]), x[3]);
}

// Points 0, 1, -1, 1/2, -2.
NN_INLINE void input_line_6(const vec *x, vec *y)
{
    const vec e = vec_sub(x[4], x[2]), o = vec_sub(x[3], x[1]);
    y[0] = scaled(1.5f, o, scaled(-2.0f, x[2], vec_add(x[0], x[4])));
    y[1] = scaled(1.5f, vec_add(x[2], x[3]), vec_add(e, o));
    y[2] = scaled(1.5f, vec_sub(x[3], x[2]), vec_sub(e, o));
    y[3] = scaled(2.0f, o, e);
    y[4] = scaled(-0.5f, o, e);
    y[5] = scaled(1.5f, e, scaled(-2.0f, x[3], vec_add(x[1], x[5])));
}

NN_INLINE void output_line_6_4(const vec *x, vec *y)
{
    const vec s = vec_add(x[1], x[2]), d = vec_sub(x[1], x[2]);
    y[0] = vec_add(vec_add(x[0], s), vec_add(x[3], x[4]));
    y[1] = scaled(-2.0f, x[4], scaled(0.5f, x[3], d));
    y[2] = scaled(4.0f, x[4], scaled(0.25f, x[3], s));
    y[3] = scaled(-8.0f, x[4], scaled(0.125f, x[3], vec_add(d, x[5])));
}

NN_INLINE void output_line_6_2(const vec *x, vec *y)
{
    y[0] = vec_add(vec_add(x[0], vec_add(x[1], x[2])), vec_add(x[3], x[4]));
    y[1] = scaled(-2.0f, x[4], scaled(0.5f, x[3], vec_add(vec_sub(x[1], x[2]), x[5])));
}

// Points 0, 1, -1, 2, -2, 1/2, -1/2.
NN_INLINE void input_line_8(const vec *x, vec *y)
{
    y[0] = scaled(5.25f, vec_sub(x[2], x[4]), vec_sub(x[6], x[0]));
    y[7] = scaled(5.25f, vec_sub(x[3], x[5]), vec_sub(x[7], x[1]));
    vec e = scaled(-4.25f, x[4], vec_add(x[2], x[6])),
        o = scaled(-4.25f, x[3], vec_add(x[1], x[5]));
    y[1] = vec_add(e, o);
    y[2] = vec_sub(e, o);
    e = scaled(0.25f, x[2], scaled(-1.25f, x[4], x[6]));
    o = scaled(0.25f, x[1], scaled(-1.25f, x[3], x[5]));
    y[3] = scaled(2.0f, o, e);
    y[4] = scaled(-2.0f, o, e);
    e = scaled(4.0f, x[2], scaled(-5.0f, x[4], x[6]));
    o = scaled(4.0f, x[1], scaled(-5.0f, x[3], x[5]));
    y[5] = scaled(0.5f, o, e);
    y[6] = scaled(-0.5f, o, e);
}

NN_INLINE void output_line_8_6(const vec *x, vec *y)
{
    const vec s1 = vec_add(x[1], x[2]), d1 = vec_sub(x[1], x[2]);
    const vec s2 = vec_add(x[3], x[4]), d2 = vec_sub(x[3], x[4]);
    const vec s3 = vec_add(x[5], x[6]), d3 = vec_sub(x[5], x[6]);
    y[0] = vec_add(vec_add(x[0], s1), vec_add(s2, s3));
    y[1] = scaled(2.0f, d2, scaled(0.5f, d3, d1));
    y[2] = scaled(4.0f, s2, scaled(0.25f, s3, s1));
    y[3] = scaled(8.0f, d2, scaled(0.125f, d3, d1));
    y[4] = scaled(16.0f, s2, scaled(0.0625f, s3, s1));
    y[5] = scaled(32.0f, d2, scaled(0.03125f, d3, vec_add(d1, x[7])));
}

// Stride 2, points 0, 1: the even pixels, then the odd ones.
NN_INLINE void input_line_5(const vec *x, vec *y)
{
    y[0] = vec_sub(x[2], x[0]);
    y[1] = x[2];
    y[2] = vec_sub(x[4], x[2]);
    y[3] = vec_sub(x[3], x[1]);
    y[4] = x[3];
}

NN_INLINE void output_line_3_2(const vec *x, vec *y)
{
    y[0] = vec_add(x[0], x[1]);
    y[1] = vec_add(x[1], x[2]);
}

// Stride 2, points 0, 1, -1, 1/2, of every second x.
NN_INLINE void input_line_half(const vec *x, vec *y)
{
    y[0] = scaled(0.5f, vec_sub(x[0], x[4]), vec_sub(x[6], x[2]));
    y[1] = scaled(-0.5f, vec_add(x[2], x[4]), vec_add(x[6], x[4]));
    y[2] = scaled(0.5f, vec_sub(x[2], x[4]), vec_sub(x[6], x[4]));
    y[3] = vec_sub(x[6], x[2]);
}

NN_INLINE void input_line_9(const vec *x, vec *y)
{
    input_line_half(x, y);
    y[4] = scaled(0.5f, vec_sub(x[2], x[6]), vec_sub(x[8], x[4]));
    input_line_half(x + 1, y + 5);
}

NN_INLINE void output_line_5_4(const vec *x, vec *y)
{
    const vec s = vec_add(x[1], x[2]), d = vec_sub(x[1], x[2]);
    y[0] = vec_add(vec_add(x[0], x[3]), s);
    y[1] = scaled(0.5f, x[3], d);
    y[2] = scaled(0.25f, x[3], s);
    y[3] = scaled(0.125f, x[3], vec_add(d, x[4]));
}

// Coefficients, lowest first, of the product of (z - p^2) over all of the points but `but`.
NN_INLINE void multiply_out(const float *points, int count, int but, float *c)
{
    int degree = 0;
    c[0] = 1.0f;
    NN_UNROLL(8)
    for (int k = 0; k < count; k++) {
        const float root = points[k] * points[k];
        if (k == but)
            continue;
        c[degree + 1] = c[degree];
        NN_UNROLL(8)
        for (int i = degree; i > 0; i--)
            c[i] = c[i - 1] - root * c[i];
        c[0] *= -root;
        degree++;
    }
}

NN_INLINE vec polynomial(const float *c, int degree, const vec *x) // of every second x
{
    vec sum = x[2 * degree];
    NN_UNROLL(8)
    for (int i = degree - 1; i >= 0; i--)
        sum = scaled(c[i], x[2 * i], sum);
    return sum;
}

// Points 0 and `count` pairs: p, -p. All but x and y are constants where this is expanded.
NN_INLINE void input_line_pairs(const vec *x, vec *y, const float *points, int count)
{
    float c[MAX];
    multiply_out(points, count, -1, c);
    y[0] = polynomial(c, count, x);
    y[2 * count + 1] = polynomial(c, count, x + 1);
    NN_UNROLL(8)
    for (int k = 0; k < count; k++) {
        multiply_out(points, count, k, c);
        const vec o = polynomial(c, count - 1, x + 1), e = polynomial(c, count - 1, x + 2);
        y[2 * k + 1] = scaled(points[k], o, e);
        y[2 * k + 2] = scaled(-points[k], o, e);
    }
}

NN_INLINE void output_line_pairs(const vec *x, vec *y, const float *points, int count, int out)
{
    float power[MAX];
    NN_UNROLL(8)
    for (int k = 0; k < count; k++)
        power[k] = 1.0f;
    NN_UNROLL(8)
    for (int i = 0; i < out; i++) {
        vec sum = i == 0 ? x[0] : i == out - 1 ? x[2 * count + 1] : vec_set(0.0f);
        NN_UNROLL(8)
        for (int k = 0; k < count; k++) {
            const vec a = x[2 * k + 1], b = x[2 * k + 2];
            sum = scaled(power[k], i % 2 ? vec_sub(a, b) : vec_add(a, b), sum);
            power[k] *= points[k];
        }
        y[i] = sum;
    }
}

static const float points_12[] = {0.375f, 0.75f, 1.0f, 1.25f, 3.0f};

NN_INLINE void input_line_12(const vec *x, vec *y)
{
    input_line_pairs(x, y, points_12, 5);
}

NN_INLINE void output_line_12_6(const vec *x, vec *y)
{
    output_line_pairs(x, y, points_12, 5, 6);
}

// In what follows, `size` and the line functions are constants where it is expanded. An axis of one
// product has no line function.
NN_INLINE void run_line(line_function *line, const vec *x, vec *y, int side)
{
    if (side > 1)
        line(x, y);
    else
        y[0] = x[0];
}

#ifndef NN_WINOGRAD_TWO // which is no faster on the way in
NN_INLINE void input_tile(const float *from, int64_t row, int64_t pixel, float *to, int64_t product,
                          nn_winograd_size size, line_function *line)
{
    vec mid[MAX][MAX] NN_UNFILLED;
    NN_UNROLL(12)
    for (int j = 0; j < size.side[1]; j++) {
        vec x[MAX], y[MAX];
        NN_UNROLL(12)
        for (int i = 0; i < size.side[0]; i++)
            x[i] = vec_load(from + i * row + j * pixel);
        run_line(line, x, y, size.side[0]);
        NN_UNROLL(12)
        for (int i = 0; i < size.side[0]; i++)
            mid[i][j] = y[i];
    }
    NN_UNROLL(12)
    for (int i = 0; i < size.side[0]; i++) {
        vec y[MAX];
        run_line(line, mid[i], y, size.side[1]);
        NN_UNROLL(12)
        for (int j = 0; j < size.side[1]; j++)
            vec_store(to + (i * size.side[1] + j) * product, y[j]);
    }
}

NN_INLINE void run_input(const nn_winograd_input *in, nn_winograd_size size, line_function *line)
{
    const int height = size.side[0], width = size.side[1], step = size.out[1] * size.stride;
    const float *from = in->from;
    float *to = in->to;
    int columns = in->columns;
    for (int t = 0; t < in->tiles; t++, from += step * in->pixel, to += in->tile, columns -= step) {
        if (columns >= width && in->rows >= height) {
            input_tile(from, in->row, in->pixel, to, in->product, size, line);
            continue;
        }
        float part[MAX * MAX * LANES];
        memset(part, 0, (size_t)(height * width * LANES) * sizeof *part);
        for (int i = 0; i < height && i < in->rows; i++)
            for (int j = 0; j < width && j < columns; j++)
                memcpy(part + (i * width + j) * LANES, from + i * in->row + j * in->pixel,
                       LANES * sizeof *part);
        input_tile(part, width * LANES, LANES, to, in->product, size, line);
    }
}
#endif

// Writes channels from `first` on, of one pixel.
NN_INLINE void write_pixel(const nn_winograd_output *o, int first, int y, int64_t x, vec bias,
                           vec sum)
{
    const bool both = TWO > 1 && o->channels > LANES;
    const int block = first / LANES;
    float *to = o->to + block * o->plane + y * o->row + x;
    sum = vec_add(sum, bias);
    if (o->skip) {
        const float *skip = o->skip + block * o->skip_plane + y * o->skip_row + x;
        sum = vec_add(sum, vec_load_two(skip, skip + (both ? o->skip_plane : 0)));
    }
    if (o->relu)
        sum = vec_relu(sum);
    if (both)
        vec_store_two(to, to + o->plane, sum);
    else
        vec_store_low(to, sum);
}

NN_INLINE void output_tile(const nn_winograd_output *o, int first, const float *from, int64_t x,
                           int rows, int columns, nn_winograd_size size, line_function *line)
{
    const float *const start = o->bias + first;
    const vec bias = vec_load_two(start, start + (o->channels > LANES ? LANES : 0));
    vec mid[MAX][MAX] NN_UNFILLED;
    NN_UNROLL(12)
    for (int j = 0; j < size.sums[1]; j++) {
        vec m[MAX], y[MAX];
        NN_UNROLL(12)
        for (int i = 0; i < size.sums[0]; i++)
            m[i] = vec_load(from + (i * size.sums[1] + j) * o->product);
        run_line(line, m, y, size.sums[0]);
        NN_UNROLL(12)
        for (int i = 0; i < size.out[0]; i++)
            mid[i][j] = y[i];
    }
    NN_UNROLL(12)
    for (int i = 0; i < size.out[0]; i++) {
        vec y[MAX];
        if (i >= rows)
            break;
        run_line(line, mid[i], y, size.sums[1]);
        NN_UNROLL(12)
        for (int j = 0; j < size.out[1]; j++)
            if (j < columns)
                write_pixel(o, first, i, x + j * o->pixel, bias, y[j]);
    }
}

NN_INLINE void run_output(const nn_winograd_output *o, nn_winograd_size size, line_function *line)
{
    for (int first = 0; first < o->channels; first += TWO * LANES)
        for (int t = 0; t < o->tiles; t++) {
            const float *from = o->from + t * o->tile + first;
            const int64_t x = (int64_t)t * size.out[1] * o->pixel;
            const int columns = o->columns - t * size.out[1];
            if (o->rows >= size.out[0] && columns >= size.out[1])
                output_tile(o, first, from, x, size.out[0], size.out[1], size, line);
            else
                output_tile(o, first, from, x, o->rows, columns, size, line);
        }
}

// Writes the `out` numbers of TWO lines from `first` on, or of fewer where there are no more.
NN_INLINE void write_lines(const nn_winograd_lines *l, int first, vec *sum, int out)
{
    const int more = l->lines - first < TWO ? 0 : TWO - 1;
    const int end = first + more < l->lines - 1 ? out : l->last;
    float *to = l->to + first * l->to_line;
    NN_UNROLL(8)
    for (int i = 0; i < out; i++, to += l->to_step) {
        if (l->relu)
            sum[i] = vec_relu(sum[i]);
        if (i < end)
            vec_store_two(to, to + more * l->to_line, sum[i]);
        else if (more)
            vec_store_low(to, sum[i]);
    }
}

// `count` <= 2 vectors of lines from `first` on share the matrix; it and `out` are constants where
// this is expanded.
NN_INLINE void sum_lines(const nn_winograd_lines *l, int first, int count, int out)
{
    const vec bias = l->bias ? vec_load_two(l->bias, l->bias) : vec_set(0.0f);
    const float *from = l->from + first * l->from_line, *matrix = l->matrix;
    // a line alone is computed twice
    const int64_t beside = l->lines - first < TWO ? 0 : l->from_line;
    const int64_t second = TWO * l->from_line;
    const int64_t beside_second = l->lines - first < 2 * TWO ? 0 : l->from_line;
    vec sum[2][NN_WINOGRAD_LINE];
    NN_UNROLL(16)
    for (int i = 0; i < count * out; i++)
        sum[i / out][i % out] = bias;
    for (int k = 0; k < l->inner; k++, from += l->from_step, matrix += out) {
        const vec x = vec_load_two(from, from + beside);
        const vec next = count > 1 ? vec_load_two(from + second, from + second + beside_second) : x;
        NN_UNROLL(8)
        for (int i = 0; i < out; i++) {
            const vec m = vec_set(matrix[i]);
            sum[0][i] = vec_fma(m, x, sum[0][i]);
            if (count > 1)
                sum[1][i] = vec_fma(m, next, sum[1][i]);
        }
    }
    NN_UNROLL(2)
    for (int t = 0; t < count; t++)
        write_lines(l, first + t * TWO, sum[t], out);
}

NN_INLINE void sum_all_lines(const nn_winograd_lines *l, int out)
{
    int t = 0;
    for (; t + TWO < l->lines; t += 2 * TWO)
        sum_lines(l, t, 2, out);
    if (t < l->lines)
        sum_lines(l, t, 1, out);
}

static void lines_vec(const nn_winograd_lines *l)
{
    switch (l->out) {
#define CASE(out)                                                                                  \
    case out:                                                                                      \
        sum_all_lines(l, out);                                                                     \
        break;
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)
#undef CASE
    }
}

#define SIZE(...) ((nn_winograd_size)NN_WINOGRAD_SIZE(__VA_ARGS__))
#define OUTPUT(suffix, size, output_line)                                                          \
    static void output_##suffix##_vec(const nn_winograd_output *o)                                 \
    {                                                                                              \
        run_output(o, size, output_line);                                                          \
    }
#ifdef NN_WINOGRAD_TWO
#define KIND(suffix, size, input_line, output_line) OUTPUT(suffix, size, output_line)
#else
#define KIND(suffix, size, input_line, output_line)                                                \
    static void input_##suffix##_vec(const nn_winograd_input *in)                                  \
    {                                                                                              \
        run_input(in, size, input_line);                                                           \
    }                                                                                              \
    OUTPUT(suffix, size, output_line)
#endif
KIND(2, SIZE(2, 2, 3, 3, 1), input_line_4, output_line_4_2)
KIND(4, SIZE(4, 4, 3, 3, 1), input_line_6, output_line_6_4)
KIND(6, SIZE(6, 6, 3, 3, 1), input_line_8, output_line_8_6)
KIND(2_5, SIZE(2, 2, 5, 5, 1), input_line_6, output_line_6_2)
KIND(4_1x3, SIZE(1, 4, 1, 3, 1), input_line_6, output_line_6_4)
KIND(4_3x1, SIZE(4, 1, 3, 1, 1), input_line_6, output_line_6_4)
KIND(6_1x7, SIZE(1, 6, 1, 7, 1), input_line_12, output_line_12_6)
KIND(6_7x1, SIZE(6, 1, 7, 1, 1), input_line_12, output_line_12_6)
KIND(2_s2, SIZE(2, 2, 3, 3, 2), input_line_5, output_line_3_2)
KIND(4_s2, SIZE(4, 4, 3, 3, 2), input_line_9, output_line_5_4)

static void weights_vec(const nn_winograd_weights *w, const float *from, int64_t stride, int lanes,
                        float *to)
{
    nn_winograd_transform_weights(w, from, stride, lanes, to);
}

void NN_WINOGRAD_INIT(nn_winograd_kernels *k)
{
    nn_winograd_kernels fast = {
#ifndef NN_WINOGRAD_TWO
        .input = {input_2_vec, input_4_vec, input_6_vec, input_2_5_vec, input_4_1x3_vec,
                  input_4_3x1_vec, input_6_1x7_vec, input_6_7x1_vec, input_2_s2_vec,
                  input_4_s2_vec},
#endif
        .output = {output_2_vec, output_4_vec, output_6_vec, output_2_5_vec, output_4_1x3_vec,
                   output_4_3x1_vec, output_6_1x7_vec, output_6_7x1_vec, output_2_s2_vec,
                   output_4_s2_vec},
        .lines = lines_vec,
        .weights = weights_vec,
        .wide = TWO > 1,
    };
#ifdef NN_WINOGRAD_TWO
    memcpy(fast.input, k->input, sizeof fast.input);
#endif
    *k = fast;
}
