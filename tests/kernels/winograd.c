// SPDX-License-Identifier: MIT
// Every level of the winograd family: transformed, multiplied and transformed back, tiles are the
// convolution by definition; nothing is read or written outside.
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <math.h>

enum {
    LANES = 8,
    MAX_TILES = 5,
    WEIGHTS = 25,
    GAP = 3
}; // pixels between a row's end and the next row

// Rounding, in units of the largest output: with points up to 2 it stays small.
static const double tolerance = 2e-5;

typedef struct image_case {
    nn_winograd kind;
    int tiles, rows, columns; // readable pixels
    int out_rows, out_columns;
    bool skip, in_place, relu;
    int step; // from pixel to pixel; those between are not touched
} image_case;

typedef struct image_data {
    nn_winograd_size size;
    int64_t row, out_row, pixel, tile, product;
    guard image, weight, products, out, skip;
    float kernel[LANES][WEIGHTS], bias[LANES];
    float *before; // of out
} image_data;

static image_data make_data(const image_case *c)
{
    image_data d = {.size = nn_winograd_sizes(c->kind)};
    const int width = c->tiles * d.size.out[1] * d.size.stride + d.size.side[1];
    const int height = d.size.side[0];
    const int count = d.size.kernel[0] * d.size.kernel[1];
    const int products = d.size.side[0] * d.size.side[1];
    d.pixel = c->step * LANES;
    d.row = (width + GAP) * d.pixel;
    d.out_row = (c->tiles * d.size.out[1] + GAP) * d.pixel;
    d.product = 2 * LANES;
    d.tile = products * d.product + LANES;
    d.image = guard_new((size_t)(height * d.row) * sizeof(float), 4);
    d.weight = guard_new((size_t)products * NN_WINOGRAD_WEIGHT_LANES * sizeof(float), 4);
    d.products = guard_new((size_t)(c->tiles * d.tile + LANES) * sizeof(float), 4);
    d.out = guard_new((size_t)(d.size.out[0] * d.out_row) * sizeof(float), 4);
    d.skip = guard_new(d.out.bytes, 4);
    guard_fill(d.image.data, height * d.row, 2.0f, 1);
    guard_fill(&d.kernel[0][0], LANES * WEIGHTS, 1.0f, 2);
    guard_fill(d.bias, LANES, 2.0f, 3);
    guard_fill(d.out.data, d.size.out[0] * d.out_row, 2.0f, 4);
    guard_fill(d.skip.data, d.size.out[0] * d.out_row, 2.0f, 5);
    for (int l = 0; l < LANES; l++) // the extremes of guard_fill would hide the others
        for (int i = 0; i < count; i++)
            d.kernel[l][i] = fmodf(d.kernel[l][i], 1.5f);
    for (int64_t i = 0; i < height * d.row; i++) {
        float *x = (float *)d.image.data + i;
        const bool readable =
            i / d.row < c->rows && i % d.row / d.pixel < c->columns && i % d.pixel < LANES;
        *x = readable ? fmodf(*x, 2.5f) : NAN;
    }
    d.before = nn_alloc(d.out.bytes);
    assert_non_null(d.before);
    memcpy(d.before, d.out.data, d.out.bytes);
    return d;
}

static void free_data(image_data *d)
{
    guard *all[] = {&d->image, &d->weight, &d->products, &d->out, &d->skip};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        guard_free(all[i]);
    nn_free(d->before);
}

static const float *skip_of(const image_case *c, const image_data *d)
{
    if (c->in_place)
        return d->out.data;
    return c->skip ? d->skip.data : NULL;
}

// Products of a tile become sums, in place: product (i, j) is not before its sum.
static void add_up(const nn_winograd_size *s, float *v, int64_t product)
{
    for (int i = 0; i < s->side[0]; i++)
        for (int j = 0; j < s->side[1]; j++)
            for (int l = 0; l < LANES; l++) {
                const float x = v[(i * s->side[1] + j) * product + l];
                float *sum = v + (i % s->sums[0] * s->sums[1] + j % s->sums[1]) * product + l;
                *sum = i < s->sums[0] && j < s->sums[1] ? x : *sum + x;
            }
}

// Each channel has a kernel of its own: products are taken lane by lane.
static void convolve(const nn_winograd_kernels *k, const image_case *c, image_data *d)
{
    const int products = d->size.side[0] * d->size.side[1];
    float *v = d->products.data;
    const nn_winograd_weights w = nn_winograd_find_weights(c->kind);
    k->weights(&w, &d->kernel[0][0], WEIGHTS, LANES, d->weight.data);
    k->input[c->kind](&(nn_winograd_input){.from = d->image.data,
                                           .row = d->row,
                                           .pixel = d->pixel,
                                           .rows = c->rows,
                                           .columns = c->columns,
                                           .tiles = c->tiles,
                                           .to = v,
                                           .tile = d->tile,
                                           .product = d->product});
    for (int t = 0; t < c->tiles; t++) {
        for (int p = 0; p < products; p++)
            for (int l = 0; l < LANES; l++)
                v[t * d->tile + p * d->product + l] *=
                    ((float *)d->weight.data)[p * NN_WINOGRAD_WEIGHT_LANES + l];
        add_up(&d->size, v + t * d->tile, d->product);
    }
    k->output[c->kind](&(nn_winograd_output){.channels = LANES,
                                             .from = v,
                                             .tile = d->tile,
                                             .product = d->product,
                                             .tiles = c->tiles,
                                             .bias = d->bias,
                                             .skip = skip_of(c, d),
                                             .skip_row = d->out_row,
                                             .relu = c->relu,
                                             .to = d->out.data,
                                             .row = d->out_row,
                                             .pixel = d->pixel,
                                             .rows = c->out_rows,
                                             .columns = c->out_columns});
}

static double pixel_by_definition(const image_case *c, const image_data *d, int y, int x, int l)
{
    double sum = (double)d->bias[l];
    const int top = y * d->size.stride, left = x * d->size.stride;
    for (int i = 0; i < d->size.kernel[0]; i++)
        for (int j = 0; j < d->size.kernel[1]; j++)
            if (top + i < c->rows && left + j < c->columns)
                sum += (double)((float *)
                                    d->image.data)[(top + i) * d->row + (left + j) * d->pixel + l] *
                       (double)d->kernel[l][i * d->size.kernel[1] + j];
    const float *skip = c->in_place ? d->before : skip_of(c, d);
    if (skip)
        sum += (double)skip[y * d->out_row + x * d->pixel + l];
    return c->relu && sum < 0.0 ? 0.0 : sum;
}

static void check_case(const nn_winograd_kernels *k, const image_case *c, const char *level)
{
    image_data d = make_data(c);
    convolve(k, c, &d);
    for (int64_t i = 0; i < d.size.out[0] * d.out_row; i++) {
        const int y = (int)(i / d.out_row), x = (int)(i % d.out_row / d.pixel);
        const int l = (int)(i % d.pixel);
        const float got = ((float *)d.out.data)[i];
        if (y >= c->out_rows || x >= c->out_columns || x >= c->tiles * d.size.out[1] ||
            l >= LANES) {
            assert_true(got == d.before[i]);
            continue;
        }
        const double want = pixel_by_definition(c, &d, y, x, l);
        const double largest = 2.5 * 1.5 * d.size.kernel[0] * d.size.kernel[1];
        if (!(fabs((double)got - want) <= tolerance * largest))
            fail_msg("%s, kind %d, %d tiles, %dx%d of %dx%d: %g instead of %g at (%d,%d)", level,
                     c->kind, c->tiles, c->out_rows, c->out_columns, c->rows, c->columns,
                     (double)got, want, y, x);
    }
    free_data(&d);
}

static void check_sizes(const nn_winograd_kernels *k, nn_winograd kind, const char *level)
{
    const nn_winograd_size s = nn_winograd_sizes(kind);
    for (int tiles = 0; tiles <= MAX_TILES; tiles++)
        for (int rows = 1; rows <= s.side[0]; rows++)
            for (int cut = 0; cut < s.out[1]; cut++) {
                const int columns = (tiles ? tiles - 1 : 0) * s.out[1] * s.stride + s.side[1] - cut;
                const int variant = tiles + rows + cut;
                const image_case c = {.kind = kind,
                                      .tiles = tiles,
                                      .rows = rows,
                                      .columns = columns,
                                      .out_rows = rows < s.out[0] ? rows : s.out[0],
                                      .out_columns = tiles * s.out[1] - cut,
                                      .skip = variant % 3 == 1,
                                      .in_place = variant % 3 == 2,
                                      .relu = variant % 2,
                                      .step = 1 + tiles % 2};
                check_case(k, &c, level);
            }
}

static void tiles_are_convolved(void **state)
{
    const char *level;
    (void)state;
    for (int i = 0; guard_level(i, &level); i++)
        for (int kind = 0; kind < NN_WINOGRAD_COUNT; kind++)
            check_sizes(&guard_level(i, &level)->winograd, (nn_winograd)kind, level);
}

// Both halves of a panel at once are the same bits as one after the other.
static void check_halves(const nn_winograd_kernels *k, nn_winograd kind, const char *level)
{
    enum { TILES = 3, PANEL = 2 * LANES };
    const nn_winograd_size s = nn_winograd_sizes(kind);
    const int64_t tile = (s.sums[0] * s.sums[1] + 1) * PANEL;
    const int64_t row = TILES * s.out[1] * LANES, plane = s.out[0] * row + LANES;
    guard m = guard_new((size_t)(TILES * tile) * sizeof(float), 4);
    guard both = guard_new((size_t)(2 * plane) * sizeof(float), 4);
    guard each = guard_new(both.bytes, 4), skip = guard_new(both.bytes, 4);
    float bias[PANEL];
    guard_fill(m.data, TILES * tile, 2.0f, 1);
    guard_fill(skip.data, 2 * plane, 2.0f, 2);
    guard_fill(bias, PANEL, 2.0f, 3);
    memset(both.data, 0, both.bytes);
    memset(each.data, 0, each.bytes);
    nn_winograd_output o = {.channels = PANEL,
                            .from = m.data,
                            .tile = tile,
                            .product = PANEL,
                            .tiles = TILES,
                            .bias = bias,
                            .skip = skip.data,
                            .skip_row = row,
                            .skip_plane = plane,
                            .relu = true,
                            .to = both.data,
                            .row = row,
                            .pixel = LANES,
                            .plane = plane,
                            .rows = s.out[0],
                            .columns = TILES * s.out[1] - 1};
    k->output[kind](&o);
    o.channels = LANES;
    o.to = each.data;
    k->output[kind](&o);
    // sixteen floats can be read at each sum, the last one's second half is behind the data
    float *moved = nn_calloc((size_t)(TILES * tile + LANES), sizeof *moved);
    assert_non_null(moved);
    memcpy(moved, (float *)m.data + LANES, (size_t)(TILES * tile - LANES) * sizeof *moved);
    o.from = moved;
    o.bias += LANES;
    o.skip += plane;
    o.to += plane;
    k->output[kind](&o);
    nn_free(moved);
    if (memcmp(both.data, each.data, both.bytes) != 0)
        fail_msg("%s, kind %d: both halves at once differ", level, (int)kind);
    guard *all[] = {&m, &both, &each, &skip};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        guard_free(all[i]);
}

static void halves_of_a_panel_are_alike(void **state)
{
    const char *level;
    (void)state;
    for (int i = 0; guard_level(i, &level); i++)
        for (int kind = 0; kind < NN_WINOGRAD_COUNT; kind++)
            check_halves(&guard_level(i, &level)->winograd, (nn_winograd)kind, level);
}

// Weights transformed along a line, times pixels transformed, transformed back.
static void any_line_is_convolved(void **state)
{
    float x[NN_WINOGRAD_LINE], w[NN_WINOGRAD_LINE], b[64], a[64];
    double g[64];
    (void)state;
    guard_fill(x, NN_WINOGRAD_LINE, 1.0f, 1);
    guard_fill(w, NN_WINOGRAD_LINE, 1.0f, 2);
    for (int out = 1; out <= NN_WINOGRAD_LINE; out++)
        for (int kernel = 1; out + kernel - 1 <= NN_WINOGRAD_LINE; kernel++) {
            const int side = out + kernel - 1;
            double y[NN_WINOGRAD_LINE] = {0}, scale = 0.0;
            nn_winograd_line(out, kernel, b, a, g);
            for (int k = 0; k < side; k++) {
                double u = 0.0, v = 0.0;
                for (int i = 0; i < kernel; i++)
                    u += g[i * side + k] * (double)fmodf(w[i], 1.5f);
                for (int i = 0; i < side; i++)
                    v += (double)b[i * side + k] * (double)fmodf(x[i], 2.5f);
                for (int i = 0; i < out; i++)
                    y[i] += (double)a[k * out + i] * u * v;
            }
            for (int i = 0; i < out; i++) {
                for (int k = 0; k < kernel; k++) {
                    y[i] -= (double)fmodf(w[k], 1.5f) * (double)fmodf(x[i + k], 2.5f);
                    scale += 1.5 * 2.5;
                }
                assert_true(fabs(y[i]) <= 1e-6 * scale);
            }
        }
}

static void check_lines(const nn_winograd_kernels *k, int out, int lines, const char *level)
{
    const int inner = 3 + out, last = 1 + lines % out;
    guard matrix = guard_new((size_t)(inner * out) * sizeof(float), 4);
    guard from = guard_new((size_t)(lines * (inner + 1) * LANES) * sizeof(float), 4);
    guard to = guard_new((size_t)(lines * (out + 2) * LANES) * sizeof(float), 4);
    const int64_t n = (int64_t)lines * (out + 2) * LANES;
    float bias[LANES], *y = to.data, *m = matrix.data, *x = from.data;
    guard_fill(m, inner * out, 1.0f, 1);
    guard_fill(x, lines * (inner + 1) * LANES, 1.0f, 2);
    guard_fill(bias, LANES, 1.0f, 3);
    for (int i = 0; i < inner * out; i++) // the extremes of guard_fill would hide the others
        m[i] = fmodf(m[i], 2.0f);
    for (int i = 0; i < lines * (inner + 1) * LANES; i++)
        x[i] = fmodf(x[i], 2.0f);
    for (int64_t i = 0; i < n; i++)
        y[i] = 77.0f;
    const nn_winograd_lines l = {.matrix = m,
                                 .inner = inner,
                                 .out = out,
                                 .lines = lines,
                                 .from = x,
                                 .from_line = (inner + 1) * LANES,
                                 .from_step = LANES,
                                 .to = y,
                                 .to_line = (out + 2) * LANES,
                                 .to_step = LANES,
                                 .last = last,
                                 .bias = out % 2 ? bias : NULL,
                                 .relu = lines % 2};
    k->lines(&l);
    for (int64_t i = 0; i < n; i++) {
        const int64_t t = i / l.to_line, o = i % l.to_line / LANES, c = i % LANES;
        double want = l.bias ? (double)bias[c] : 0.0;
        for (int j = 0; j < inner && o < out; j++)
            want += (double)m[j * out + o] * (double)x[t * l.from_line + j * LANES + c];
        if (o >= (t < lines - 1 ? out : last))
            want = 77.0;
        else if (l.relu && want < 0.0)
            want = 0.0;
        if (!(fabs((double)y[i] - want) <= 1e-5 * (1.0 + fabs(want)) + 1e-5 * inner))
            fail_msg("%s, %d of %d lines: %g instead of %g", level, out, lines, (double)y[i], want);
    }
    guard_free(&matrix);
    guard_free(&from);
    guard_free(&to);
}

static void lines_are_products_with_a_matrix(void **state)
{
    const char *level;
    (void)state;
    for (int i = 0; guard_level(i, &level); i++)
        for (int out = 1; out <= NN_WINOGRAD_LINE; out++)
            for (int lines = 0; lines <= MAX_TILES; lines++)
                check_lines(&guard_level(i, &level)->winograd, out, lines, level);
}

static void nan_passes(void **state)
{
    const char *level;
    (void)state;
    for (int i = 0; guard_level(i, &level); i++) {
        float m[17 * LANES] = {0}, bias[LANES] = {0}, y[4 * LANES];
        m[0] = NAN;
        guard_level(i, &level)->winograd.output[NN_WINOGRAD_F2X2_3X3](
            &(nn_winograd_output){.channels = LANES,
                                  .from = m,
                                  .product = LANES,
                                  .tiles = 1,
                                  .bias = bias,
                                  .relu = true,
                                  .to = y,
                                  .row = 2 * LANES,
                                  .pixel = LANES,
                                  .rows = 2,
                                  .columns = 2});
        assert_true(isnan(y[0]) && y[1] == 0.0f);
    }
}

// A kernel of one weight in the middle leaves numbers that float32 holds: the sums of G's rows.
static void weights_are_exact_where_they_can_be(void **state)
{
    const nn_winograd_weights w = nn_winograd_find_weights(NN_WINOGRAD_F2X2_3X3);
    const float kernels[2][9] = {{[4] = 1.0f}, {[4] = -2.0f}};
    const float line[4] = {0.0f, 0.5f, -0.5f, 0.0f};
    const char *level;
    (void)state;
    for (int i = 0; guard_level(i, &level); i++) {
        float u[16][NN_WINOGRAD_WEIGHT_LANES];
        guard_level(i, &level)->winograd.weights(&w, kernels[0], 9, 2, u[0]);
        for (int p = 0; p < 16; p++)
            for (int l = 0; l < NN_WINOGRAD_WEIGHT_LANES; l++)
                assert_true(u[p][l] == (l < 2 ? kernels[l][4] : 0.0f) * line[p / 4] * line[p % 4]);
    }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_winograd(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_are_convolved),
        cmocka_unit_test(halves_of_a_panel_are_alike),
        cmocka_unit_test(any_line_is_convolved),
        cmocka_unit_test(lines_are_products_with_a_matrix),
        cmocka_unit_test(nan_passes),
        cmocka_unit_test(weights_are_exact_where_they_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
