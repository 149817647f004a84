// SPDX-License-Identifier: MIT
// Reference of Winograd's transforms, built from their interpolation points; the transform of
// weights.
#include "nn/kernels/avx2.h"

#include <string.h>

enum { LANES = 8, MAX_LANES = 16, MAX = NN_WINOGRAD_MAX };

// A 1-d transform is the Toom-Cook algorithm: polynomials are evaluated at side - 1 points and at
// infinity, multiplied there, and interpolated. Points of small and reciprocal size keep the
// rounding errors down: with -2 and 1/2 they are 0.6 of those with -2 and 2 (as Barabasz et al.
// 2020, "Error analysis and improving the accuracy of Winograd convolution", find).
typedef struct plan {
    nn_winograd_size size;
    double points[MAX - 1];
} plan;

static const plan plans[NN_WINOGRAD_COUNT] = {
    [NN_WINOGRAD_2] = {{2, 3, 4}, {0, 1, -1}},
    [NN_WINOGRAD_4] = {{4, 3, 6}, {0, 1, -1, 0.5, -2}},
    [NN_WINOGRAD_6] = {{6, 3, 8}, {0, 1, -1, 2, -2, 0.5, -0.5}},
    [NN_WINOGRAD_2_5] = {{2, 5, 6}, {0, 1, -1, 0.5, -2}},
};

nn_winograd_size nn_winograd_sizes(nn_winograd kind)
{
    return plans[kind].size;
}

typedef double matrix[MAX][MAX];

// Coefficients, lowest first, of the product of (x - point) over all points but `but`.
static void multiply_out(const double *points, int count, int but, double *c)
{
    memset(c, 0, MAX * sizeof *c);
    c[0] = 1.0;
    for (int k = 0, degree = 0; k < count; k++) {
        if (k == but)
            continue;
        degree++;
        for (int i = degree; i > 0; i--)
            c[i] = c[i - 1] - points[k] * c[i];
        c[0] *= -points[k];
    }
}

// d (side x side) becomes b d b^T.
static void make_input_matrix(const plan *p, matrix b)
{
    for (int j = 0; j < p->size.side; j++)
        multiply_out(p->points, p->size.side - 1, j < p->size.side - 1 ? j : -1, b[j]);
}

// Rows 0, 1, ...: powers of the points, the last column that of infinity.
static void make_output_matrix(const plan *p, matrix a)
{
    memset(a, 0, sizeof(matrix));
    for (int j = 0; j < p->size.side - 1; j++) {
        double power = 1.0;
        for (int i = 0; i < p->size.out; i++, power *= p->points[j])
            a[i][j] = power;
    }
    a[p->size.out - 1][p->size.side - 1] = 1.0;
}

static void make_weight_matrix(const plan *p, matrix g)
{
    const int last = p->size.side - 1;
    memset(g, 0, sizeof(matrix));
    for (int j = 0; j < last; j++) {
        double power = 1.0;
        for (int k = 0; k < last; k++)
            power /= k == j ? 1.0 : p->points[j] - p->points[k];
        for (int i = 0; i < p->size.kernel; i++, power *= p->points[j])
            g[j][i] = power;
    }
    g[last][p->size.kernel - 1] = 1.0;
}

// to (rows x n) = m from, for lanes that lie together; row i of `from` starts at i * n * lanes.
static void multiply(const double (*m)[MAX], int rows, int inner, int n, int lanes,
                     const double *from, double *to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < n; j++) {
            double sum[MAX_LANES] = {0};
            for (int k = 0; k < inner; k++)
                for (int l = 0; l < lanes; l++)
                    sum[l] += m[i][k] * from[(k * n + j) * lanes + l];
            memcpy(to + (i * n + j) * lanes, sum, (size_t)lanes * sizeof *to);
        }
}

static void transpose(int rows, int columns, int lanes, const double *from, double *to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            memcpy(to + (j * rows + i) * lanes, from + (i * columns + j) * lanes,
                   (size_t)lanes * sizeof *to);
}

// x (inner x inner) becomes m x m^T (rows x rows).
static void transform(const double (*m)[MAX], int rows, int inner, int lanes, double *x)
{
    double half[MAX * MAX * MAX_LANES], turned[MAX * MAX * MAX_LANES] = {0};
    multiply(m, rows, inner, inner, lanes, x, half);
    transpose(rows, inner, lanes, half, turned);
    multiply(m, rows, inner, rows, lanes, turned, half);
    transpose(rows, rows, lanes, half, x);
}

void nn_winograd_weights(nn_winograd kind, const float *from, int64_t stride, int lanes, float *to)
{
    const plan *p = &plans[kind];
    const int count = p->size.kernel * p->size.kernel, products = p->size.side * p->size.side;
    double x[MAX * MAX * MAX_LANES];
    matrix g;
    make_weight_matrix(p, g);
    for (int l = 0; l < lanes; l++)
        for (int i = 0; i < count; i++)
            x[i * lanes + l] = (double)from[l * stride + i];
    transform((const double(*)[MAX])g, p->size.side, p->size.kernel, lanes, x);
    for (int i = 0; i < products * lanes; i++)
        to[i] = (float)x[i];
}

static void input_c(nn_winograd kind, const nn_winograd_input *in)
{
    const plan *p = &plans[kind];
    const int side = p->size.side;
    double x[MAX * MAX * MAX_LANES];
    matrix b;
    make_input_matrix(p, b);
    for (int t = 0; t < in->tiles; t++) {
        memset(x, 0, sizeof x);
        for (int i = 0; i < side && i < in->rows; i++)
            for (int j = 0; j < side && t * p->size.out + j < in->columns; j++)
                for (int l = 0; l < LANES; l++)
                    x[(i * side + j) * LANES + l] =
                        (double)in->from[i * in->row + (t * p->size.out + j) * LANES + l];
        transform((const double(*)[MAX])b, side, side, LANES, x);
        for (int i = 0; i < side * side; i++)
            for (int l = 0; l < LANES; l++)
                in->to[t * in->tile + i * in->product + l] = (float)x[i * LANES + l];
    }
}

static void write_pixel(const nn_winograd_output *o, int y, int x, const double *sum)
{
    float *to = o->to + y * o->row + x * LANES;
    const float *skip = o->skip ? o->skip + y * o->skip_row + x * LANES : NULL;
    for (int l = 0; l < LANES; l++) {
        const float v = (float)(sum[l] + (double)o->bias[l] + (skip ? (double)skip[l] : 0.0));
        to[l] = o->relu && v < 0 ? 0.0f : v;
    }
}

static void output_c(nn_winograd kind, const nn_winograd_output *o)
{
    const plan *p = &plans[kind];
    const int side = p->size.side, out = p->size.out;
    double x[MAX * MAX * MAX_LANES];
    matrix a;
    make_output_matrix(p, a);
    for (int t = 0; t < o->tiles; t++) {
        for (int i = 0; i < side * side; i++)
            for (int l = 0; l < LANES; l++)
                x[i * LANES + l] = (double)o->from[t * o->tile + i * o->product + l];
        transform((const double(*)[MAX])a, out, side, LANES, x);
        for (int i = 0; i < out && i < o->rows; i++)
            for (int j = 0; j < out && t * out + j < o->columns; j++)
                write_pixel(o, i, t * out + j, x + (i * out + j) * LANES);
    }
}

#define KIND(suffix, kind)                                                                         \
    static void input_##suffix##_c(const nn_winograd_input *in)                                    \
    {                                                                                              \
        input_c(kind, in);                                                                         \
    }                                                                                              \
    static void output_##suffix##_c(const nn_winograd_output *out)                                 \
    {                                                                                              \
        output_c(kind, out);                                                                       \
    }
KIND(2, NN_WINOGRAD_2)
KIND(4, NN_WINOGRAD_4)
KIND(6, NN_WINOGRAD_6)
KIND(2_5, NN_WINOGRAD_2_5)

void nn_winograd_init(nn_winograd_kernels *k, unsigned cpu)
{
    *k = (nn_winograd_kernels){
        .input = {input_2_c, input_4_c, input_6_c, input_2_5_c},
        .output = {output_2_c, output_4_c, output_6_c, output_2_5_c},
    };
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_winograd_init_avx2(k);
#else
    (void)cpu;
#endif
}
