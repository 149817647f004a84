// SPDX-License-Identifier: MIT
// Reference of Winograd's transforms, built from their interpolation points; the transform of
// weights.
#include "nn/kernels/winograd.h"
#include "nn/kernels/cpu.h"
#include "nn/kernels/winograd_weights.h"

#include <string.h>

enum { LANES = 8, MAX_LANES = 16, MAX = NN_WINOGRAD_MAX };

// A 1-d transform is the Toom-Cook algorithm: polynomials are evaluated at sums - 1 points and at
// infinity, multiplied there, and interpolated. Points of small and reciprocal size keep the
// rounding errors down: with -2 and 1/2 they are 0.6 of those with -2 and 2 (as Barabasz et al.
// 2020, "Error analysis and improving the accuracy of Winograd convolution", find).
// An axis with a single line has F(1,1), which changes nothing.
typedef struct plan {
    nn_winograd_size size;
    double points[MAX - 1];
} plan;

// clang-format off
static const plan plans[NN_WINOGRAD_COUNT] = {
    [NN_WINOGRAD_F2X2_3X3] = {NN_WINOGRAD_SIZE(2, 2, 3, 3, 1), {0, 1, -1}},
    [NN_WINOGRAD_F4X4_3X3] = {NN_WINOGRAD_SIZE(4, 4, 3, 3, 1), {0, 1, -1, 0.5, -2}},
    [NN_WINOGRAD_F6X6_3X3] = {NN_WINOGRAD_SIZE(6, 6, 3, 3, 1), {0, 1, -1, 2, -2, 0.5, -0.5}},
    [NN_WINOGRAD_F2X2_5X5] = {NN_WINOGRAD_SIZE(2, 2, 5, 5, 1), {0, 1, -1, 0.5, -2}},
    [NN_WINOGRAD_F1X4_1X3] = {NN_WINOGRAD_SIZE(1, 4, 1, 3, 1), {0, 1, -1, 0.5, -2}},
    [NN_WINOGRAD_F4X1_3X1] = {NN_WINOGRAD_SIZE(4, 1, 3, 1, 1), {0, 1, -1, 0.5, -2}},
    [NN_WINOGRAD_F1X6_1X7] = {NN_WINOGRAD_SIZE(1, 6, 1, 7, 1),
                           {0, 0.375, -0.375, 0.75, -0.75, 1, -1, 1.25, -1.25, 3, -3}},
    [NN_WINOGRAD_F6X1_7X1] = {NN_WINOGRAD_SIZE(6, 1, 7, 1, 1),
                           {0, 0.375, -0.375, 0.75, -0.75, 1, -1, 1.25, -1.25, 3, -3}},
    [NN_WINOGRAD_F2X2_3X3_S2] = {NN_WINOGRAD_SIZE(2, 2, 3, 3, 2), {0, 1}},
    [NN_WINOGRAD_F4X4_3X3_S2] = {NN_WINOGRAD_SIZE(4, 4, 3, 3, 2), {0, 1, -1, 0.5}},
};
// clang-format on

nn_winograd_size nn_winograd_sizes(nn_winograd kind)
{
    return plans[kind].size;
}

// The matrices of both axes.
typedef double matrix[MAX][MAX];
typedef struct matrices {
    matrix m[2];
} matrices;

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

// d (side x side) becomes b d b^T. Row j of b is point j % sums of the pixels of phase j / sums.
static void make_input_matrices(const plan *p, matrices *b)
{
    memset(b, 0, sizeof *b);
    for (int axis = 0; axis < 2; axis++) {
        const int sums = p->size.sums[axis], last = sums - 1;
        for (int j = 0; j < p->size.side[axis]; j++) {
            double c[MAX];
            multiply_out(p->points, last, j % sums < last ? j % sums : -1, c);
            for (int i = j / sums, k = 0; i < p->size.side[axis]; i += p->size.stride, k++)
                b->m[axis][j][i] = c[k];
        }
    }
}

// Row i has the i-th powers of the points; the last column is that of infinity.
static void make_output_matrices(const plan *p, matrices *a)
{
    memset(a, 0, sizeof *a);
    for (int axis = 0; axis < 2; axis++) {
        const int last = p->size.sums[axis] - 1, out = p->size.out[axis];
        for (int j = 0; j < last; j++) {
            double power = 1.0;
            for (int i = 0; i < out; i++, power *= p->points[j])
                a->m[axis][i][j] = power;
        }
        a->m[axis][out - 1][last] = 1.0;
    }
}

static void make_weight_matrices(const plan *p, matrices *g)
{
    memset(g, 0, sizeof *g);
    for (int axis = 0; axis < 2; axis++) {
        const int sums = p->size.sums[axis], last = sums - 1, kernel = p->size.kernel[axis];
        for (int j = 0; j < p->size.side[axis]; j++) {
            const double point = j % sums < last ? p->points[j % sums] : 0.0;
            double power = 1.0;
            for (int k = 0; k < last; k++)
                power /= k == j % sums ? 1.0 : point - p->points[k];
            for (int i = j / sums; i < kernel && j != last; i += p->size.stride, power *= point)
                g->m[axis][j][i] = power;
        }
        g->m[axis][last][kernel - 1] = 1.0;
    }
}

// to (rows x n) = m from, for lanes that lie together; row i of `from` starts at i * n * lanes.
static void multiply(const matrix m, int rows, int inner, int n, int lanes, const double *from,
                     double *to)
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

// x (inner[0] x inner[1]) becomes m[0] x m[1]^T (rows[0] x rows[1]).
static void transform(const matrices *m, const int rows[2], const int inner[2], int lanes,
                      double *x)
{
    double half[MAX * MAX * MAX_LANES], turned[MAX * MAX * MAX_LANES] = {0};
    multiply(m->m[0], rows[0], inner[0], inner[1], lanes, x, half);
    transpose(rows[0], inner[1], lanes, half, turned);
    multiply(m->m[1], rows[1], inner[1], rows[0], lanes, turned, half);
    transpose(rows[1], rows[0], lanes, half, x);
}

nn_winograd_weights nn_winograd_find_weights(nn_winograd kind)
{
    const nn_winograd_size *s = &plans[kind].size;
    nn_winograd_weights w = {{s->side[0], s->side[1]}, {s->kernel[0], s->kernel[1]}, {{{0}}}};
    matrices g;
    make_weight_matrices(&plans[kind], &g);
    for (int axis = 0; axis < 2; axis++)
        for (int j = 0; j < s->side[axis]; j++)
            memcpy(w.m[axis][j], g.m[axis][j], (size_t)s->kernel[axis] * sizeof g.m[axis][j][0]);
    return w;
}

static void weights_c(const nn_winograd_weights *w, const float *from, int64_t stride, int lanes,
                      float *to)
{
    nn_winograd_transform_weights(w, from, stride, lanes, to);
}

void nn_winograd_line(int out, int kernel, float *input, float *output, double *weights)
{
    const int side = out + kernel - 1;
    const plan p = {NN_WINOGRAD_SIZE(1, out, 1, kernel, 1), {0, 1, -1, 0.5, -2, 2, -0.5}};
    matrices b, a, g;
    make_input_matrices(&p, &b);
    make_output_matrices(&p, &a);
    make_weight_matrices(&p, &g);
    for (int j = 0; j < side; j++) {
        for (int i = 0; i < side; i++)
            input[i * side + j] = (float)b.m[1][j][i];
        for (int i = 0; i < out; i++)
            output[j * out + i] = (float)a.m[1][i][j];
        for (int i = 0; i < kernel; i++)
            weights[i * side + j] = g.m[1][j][i];
    }
}

static void lines_c(const nn_winograd_lines *l)
{
    for (int t = 0; t < l->lines; t++)
        for (int i = 0; i < (t < l->lines - 1 ? l->out : l->last); i++)
            for (int c = 0; c < LANES; c++) {
                float sum = l->bias ? l->bias[c] : 0.0f;
                for (int k = 0; k < l->inner; k++)
                    sum += l->matrix[k * l->out + i] *
                           l->from[t * l->from_line + k * l->from_step + c];
                l->to[t * l->to_line + i * l->to_step + c] = l->relu && sum < 0 ? 0.0f : sum;
            }
}

static void input_c(nn_winograd kind, const nn_winograd_input *in)
{
    const nn_winograd_size *s = &plans[kind].size;
    double x[MAX * MAX * MAX_LANES];
    matrices b;
    make_input_matrices(&plans[kind], &b);
    for (int t = 0; t < in->tiles; t++) {
        memset(x, 0, sizeof x);
        const int left = t * s->out[1] * s->stride;
        for (int i = 0; i < s->side[0] && i < in->rows; i++)
            for (int j = 0; j < s->side[1] && left + j < in->columns; j++)
                for (int l = 0; l < LANES; l++)
                    x[(i * s->side[1] + j) * LANES + l] =
                        (double)in->from[i * in->row + (left + j) * in->pixel + l];
        transform(&b, s->side, s->side, LANES, x);
        for (int i = 0; i < s->side[0] * s->side[1]; i++)
            for (int l = 0; l < LANES; l++)
                in->to[t * in->tile + i * in->product + l] = (float)x[i * LANES + l];
    }
}

static void write_pixel(const nn_winograd_output *o, int y, int x, const double *sum)
{
    for (int l = 0; l < o->channels; l++) {
        const int block = l / LANES, lane = l % LANES;
        const int64_t at = block * o->skip_plane + y * o->skip_row + x * o->pixel + lane;
        const float v =
            (float)(sum[l] + (double)o->bias[l] + (o->skip ? (double)o->skip[at] : 0.0));
        o->to[block * o->plane + y * o->row + x * o->pixel + lane] = o->relu && v < 0 ? 0.0f : v;
    }
}

static void output_c(nn_winograd kind, const nn_winograd_output *o)
{
    const nn_winograd_size *s = &plans[kind].size;
    double x[MAX * MAX * MAX_LANES];
    matrices a;
    make_output_matrices(&plans[kind], &a);
    for (int t = 0; t < o->tiles; t++) {
        for (int i = 0; i < s->sums[0] * s->sums[1]; i++)
            for (int l = 0; l < o->channels; l++)
                x[i * o->channels + l] = (double)o->from[t * o->tile + i * o->product + l];
        transform(&a, s->out, s->sums, o->channels, x);
        for (int i = 0; i < s->out[0] && i < o->rows; i++)
            for (int j = 0; j < s->out[1] && t * s->out[1] + j < o->columns; j++)
                write_pixel(o, i, t * s->out[1] + j, x + (i * s->out[1] + j) * o->channels);
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
KIND(2, NN_WINOGRAD_F2X2_3X3)
KIND(4, NN_WINOGRAD_F4X4_3X3)
KIND(6, NN_WINOGRAD_F6X6_3X3)
KIND(2_5, NN_WINOGRAD_F2X2_5X5)
KIND(4_1x3, NN_WINOGRAD_F1X4_1X3)
KIND(4_3x1, NN_WINOGRAD_F4X1_3X1)
KIND(6_1x7, NN_WINOGRAD_F1X6_1X7)
KIND(6_7x1, NN_WINOGRAD_F6X1_7X1)
KIND(2_s2, NN_WINOGRAD_F2X2_3X3_S2)
KIND(4_s2, NN_WINOGRAD_F4X4_3X3_S2)

void nn_winograd_init(nn_winograd_kernels *k, unsigned cpu)
{
    *k = (nn_winograd_kernels){
        .input = {input_2_c, input_4_c, input_6_c, input_2_5_c, input_4_1x3_c, input_4_3x1_c,
                  input_6_1x7_c, input_6_7x1_c, input_2_s2_c, input_4_s2_c},
        .output = {output_2_c, output_4_c, output_6_c, output_2_5_c, output_4_1x3_c, output_4_3x1_c,
                   output_6_1x7_c, output_6_7x1_c, output_2_s2_c, output_4_s2_c},
        .lines = lines_c,
        .weights = weights_c,
    };
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_winograd_init_avx2(k);
#endif
#ifdef NN_HAVE_AVX512
    if (cpu & NN_CPU_AVX512)
        nn_winograd_init_avx512(k);
    if (cpu & NN_CPU_AVX512 && cpu & NN_CPU_WIDE)
        nn_winograd_init_wide_avx512(k);
#endif
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_winograd_init_neon(k);
#endif
}
