// SPDX-License-Identifier: MIT
// Every level of the tile family against sums by definition, with canaries round the output.
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <float.h>
#include <math.h>

enum { MAX_COUNT = 40, MAX_BLOCKS = 12, MAX_SINGLES = 9, IMAGE = 4096, PIXEL = 24 };

typedef struct tile_case {
    int count, blocks, run, channels;
    bool half, bias, skip, in_place;
    nn_act act;
    int singles;
    int spacing, row;      // pixels side by side, so many floats apart, in rows; 0: anywhere
    bool factor, expanded; // of a pair
} tile_case;

// All buffers of one case. Output pixels are PIXEL floats apart, in any order; what lies between
// them must not change.
typedef struct tile_data {
    guard image, weight, bias, skip, out, before;
    const float *pixel[MAX_COUNT];
    int32_t place[MAX_COUNT], offset[MAX_BLOCKS], single[MAX_SINGLES];
    int32_t skip_place[MAX_COUNT];
    int64_t plane, floats; // of out
    int64_t skip_plane;
} tile_data;

static void make_weights(tile_data *d, const tile_case *c)
{
    const int64_t n = ((int64_t)c->blocks * c->run + c->singles) * NN_PANEL_CHANNELS;
    nn_cast_kernels half;
    nn_cast_init(&half, 0);
    d->weight = guard_new((size_t)n * (c->half ? 2 : 4), 0);
    guard plain = guard_new((size_t)n * sizeof(float), 0);
    guard_fill(plain.data, n, 2.0f, 2);
    if (c->half)
        half.f16_from_f32(d->weight.data, plain.data, n);
    else
        memcpy(d->weight.data, plain.data, (size_t)n * sizeof(float));
    guard_free(&plain);
}

// Offset of pixel i from the first pixel, in floats; there is a gap between rows.
static int64_t row_place(const tile_case *c, int i)
{
    return (int64_t)i * c->spacing + i / c->row * 5;
}

static tile_data make_data(const tile_case *c)
{
    tile_data d = {.plane = (MAX_COUNT + 1) * PIXEL};
    nn_rng rng = nn_rng_seed(7);
    d.floats = 2 * d.plane;
    d.image = guard_new(IMAGE * sizeof(float), 4); // off any vector's alignment
    d.bias = guard_new(NN_PANEL_CHANNELS * sizeof(float), 4);
    d.skip = guard_new((size_t)d.floats * sizeof(float), 4);
    d.out = guard_new((size_t)d.floats * sizeof(float), 4);
    d.before = guard_new((size_t)d.floats * sizeof(float), 0);
    guard_fill(d.image.data, IMAGE, 2.0f, 1);
    make_weights(&d, c);
    guard_fill(d.bias.data, NN_PANEL_CHANNELS, 2.0f, 3);
    guard_fill(d.skip.data, d.floats, 2.0f, 4);
    guard_fill(d.out.data, d.floats, 2.0f, 5);
    memcpy(d.before.data, d.out.data, d.out.bytes);
    // The last stretch of the pixel furthest on ends the image.
    const int64_t reach = IMAGE / 2 - c->run;
    const int64_t span = c->spacing && c->count ? row_place(c, c->count - 1) : 16;
    for (int b = 0; b < c->blocks; b++)
        d.offset[b] = (int32_t)(b ? nn_rng_below(&rng, 2 * reach - span) - reach + span : reach);
    for (int i = 0; i < c->singles; i++)
        d.single[i] = (int32_t)(i ? nn_rng_below(&rng, 2 * reach - span) - reach + span : reach);
    for (int i = 0; i < c->count; i++) {
        d.pixel[i] = (const float *)d.image.data + IMAGE / 2;
        d.pixel[i] -= c->spacing ? span - row_place(c, i) : i ? nn_rng_below(&rng, 16) : 0;
        d.place[i] = (i * 7 % c->count) * PIXEL; // each place once, but for multiples of 7
        if (c->count % 7 == 0)
            d.place[i] = (c->count - 1 - i) * PIXEL;
    }
    d.skip_plane = c->in_place ? d.plane : d.plane - PIXEL;
    for (int i = 0; i < c->count; i++)
        d.skip_place[i] = c->in_place ? d.place[i] : (c->count - 1 - i) * PIXEL;
    return d;
}

static void free_data(tile_data *d)
{
    guard *all[] = {&d->image, &d->weight, &d->bias, &d->skip, &d->out, &d->before};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        guard_free(all[i]);
}

static double weight_at(const tile_data *d, const tile_case *c, int64_t at)
{
    nn_cast_kernels half;
    float f;
    if (!c->half)
        return (double)((const float *)d->weight.data)[at];
    nn_cast_init(&half, 0);
    half.f32_from_f16(&f, (const uint16_t *)d->weight.data + at, 1);
    return (double)f;
}

// One output by definition, and what rounding may do to it.
static double sum_by_definition(const tile_data *d, const tile_case *c, int i, int channel,
                                double *bound)
{
    double sum = 0.0, size = 0.0;
    const float *added = c->in_place ? d->before.data : d->skip.data;
    const int in_runs = c->blocks * c->run, depth = in_runs + c->singles;
    for (int k = 0; k < depth; k++) {
        const int32_t at =
            k < in_runs ? d->offset[k / c->run] + k % c->run : d->single[k - in_runs];
        const double part =
            (double)d->pixel[i][at] * weight_at(d, c, (int64_t)k * NN_PANEL_CHANNELS + channel);
        sum += part;
        size += fabs(part);
    }
    const double bias = c->bias ? (double)((const float *)d->bias.data)[channel] : 0.0;
    const double skip =
        c->skip ? (double)added[d->skip_place[i] + channel / 8 * d->skip_plane + channel % 8] : 0.0;
    sum += bias + skip;
    *bound = (depth + 6) * (double)FLT_EPSILON * (size + fabs(bias) + fabs(skip)) + 1e-37;
    switch (c->act) {
    case NN_ACT_RELU:
        return fmax(sum, 0.0);
    case NN_ACT_LEAKY_RELU:
        return sum < 0.0 ? (double)0.1f * sum : sum;
    case NN_ACT_LEAKY_RELU_02:
        return sum < 0.0 ? (double)0.2f * sum : sum;
    case NN_ACT_RELU6:
        return fmin(fmax(sum, 0.0), 6.0);
    case NN_ACT_HARD_SWISH:
        *bound *= 2.0; // its slope is at most 1.5
        return sum * fmin(fmax(sum + 3.0, 0.0), 6.0) / 6.0;
    default:
        return sum;
    }
}

static void check_results(const tile_data *d, const tile_case *c, const char *level)
{
    const float *out = d->out.data, *before = d->before.data;
    bool *written = nn_calloc((size_t)d->floats, sizeof *written);
    assert_non_null(written);
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < c->channels; k++) {
            const int64_t at = d->place[i] + k / 8 * d->plane + k % 8;
            double bound, want = sum_by_definition(d, c, i, k, &bound);
            written[at] = true;
            if (!(fabs((double)out[at] - want) <= bound))
                fail_msg("%s: pixel %d of %d, channel %d, depth %dx%d + %d, %d: %g, not %g", level,
                         i, c->count, k, c->blocks, c->run, c->singles, (int)c->act,
                         (double)out[at], want);
        }
    for (int64_t i = 0; i < d->floats; i++)
        if (!written[i] && memcmp(&out[i], &before[i], sizeof *out))
            fail_msg("%s: wrote float %d, which belongs to no pixel", level, (int)i);
    nn_free(written);
}

static void check_case(const nn_kernels *kernels, const char *level, const tile_case *c)
{
    tile_data d = make_data(c);
    const float *added = c->in_place ? d.out.data : d.skip.data;
    const nn_microkernel_args t = {.offset = d.offset,
                                   .blocks = c->blocks,
                                   .run = c->run,
                                   .single = d.single,
                                   .singles = c->singles,
                                   .weight = d.weight.data,
                                   .half = c->half,
                                   .next = c->act ? d.weight.data : NULL,
                                   .next_half = c->half,
                                   .act = c->act,
                                   .channels = c->channels,
                                   .bias = c->bias ? d.bias.data : NULL,
                                   .out = d.out.data,
                                   .plane = d.plane,
                                   .skip = c->skip ? added : NULL,
                                   .skip_place = d.skip_place,
                                   .skip_plane = d.skip_plane};
    kernels->microkernel.run(&t, c->count, d.pixel, d.place);
    check_results(&d, c, level);
    free_data(&d);
}

static void sums_are_those_of_the_definition(void **state)
{
    (void)state;
    const int runs[] = {1, 3, 7, 8, 11, 12, 16, 24, 33, 40, 64};
    const int blocks[] = {0, 1, 2, 5, MAX_BLOCKS};
    const char *level;
    const nn_kernels *kernels;
    for (int l = 0; (kernels = guard_level(l, &level)) != NULL; l++)
        for (int r = 0; r < (int)(sizeof runs / sizeof *runs); r++)
            for (int b = 0; b < (int)(sizeof blocks / sizeof *blocks); b++)
                for (int flags = 0; flags < 8; flags++) {
                    const tile_case c = {.count = 5 + 3 * r,
                                         .singles = flags & 4 ? 1 + (r + b) % MAX_SINGLES : 0,
                                         .blocks = blocks[b],
                                         .run = runs[r],
                                         .channels = flags & 1 ? 8 : 16,
                                         .half = flags & 2,
                                         .bias = true};
                    check_case(kernels, level, &c);
                }
}

static const nn_act acts[] = {NN_ACT_NONE,  NN_ACT_RELU,       NN_ACT_LEAKY_RELU,
                              NN_ACT_RELU6, NN_ACT_HARD_SWISH, NN_ACT_LEAKY_RELU_02};
enum { ACTS = sizeof acts / sizeof *acts };

static void every_count_and_epilogue(void **state)
{
    (void)state;
    const char *level;
    const nn_kernels *kernels;
    for (int l = 0; (kernels = guard_level(l, &level)) != NULL; l++)
        for (int count = 0; count <= MAX_COUNT; count++)
            for (int flags = 0; flags < 32; flags++) {
                const tile_case c = {.count = count,
                                     .singles = (count + flags) % 4,
                                     .blocks = 3,
                                     .run = count & 1 ? 8 : 5,
                                     .channels = flags & 16 ? 8 : 16,
                                     .half = (count + flags) % 3 == 0,
                                     .act = flags & 1 ? acts[1 + (count + flags / 2) % (ACTS - 1)]
                                                      : NN_ACT_NONE,
                                     .bias = flags & 2,
                                     .skip = flags & 4,
                                     .in_place = flags & 8};
                check_case(kernels, level, &c);
            }
}

static void pixels_side_by_side(void **state)
{
    (void)state;
    const int spacings[] = {1, 2, 3, 4, 8, 16, 24, 8};
    const int rows[] = {1, 2, 5, 6, 7, 14, 17, MAX_COUNT};
    const int runs[] = {3, 7, 8, 24};
    const char *level;
    const nn_kernels *kernels;
    for (int l = 0; (kernels = guard_level(l, &level)) != NULL; l++)
        for (int s = 0; s < (int)(sizeof spacings / sizeof *spacings); s++)
            for (int r = 0; r < (int)(sizeof rows / sizeof *rows); r++)
                for (int i = 1; i <= 2 * MAX_COUNT; i++) {
                    const int count = (i + 1) / 2;
                    const tile_case c = {.count = count,
                                         .blocks = 1 + count % 3,
                                         .run = runs[(count + r + s) % 4],
                                         .channels = i % 2 ? 8 : 16,
                                         .half = (count + s) % 3 == 0,
                                         .bias = true,
                                         .singles = (count + s) % 3,
                                         .act = acts[(r + s) % ACTS],
                                         .skip = s & 1,
                                         .spacing = spacings[s],
                                         .row = rows[r]};
                    check_case(kernels, level, &c);
                }
}

// Writes the products of the weights of a case and factors.
static void scale_weights(const tile_data *d, const tile_case *c, const float *factor, float *to)
{
    const int64_t n = ((int64_t)c->blocks * c->run + c->singles) * NN_PANEL_CHANNELS;
    for (int64_t i = 0; i < n; i++)
        to[i] = (float)weight_at(d, c, i) * factor[i / NN_PANEL_CHANNELS];
}

// Two panels whose weights, biases, outputs and skips are apart give what each gives alone, bit for
// bit, of weights that were multiplied before.
static void check_pair(const nn_microkernels *k, const char *level, const tile_case *c)
{
    tile_data d[2] = {make_data(c), make_data(c)};
    nn_microkernel_args t[2];
    const int64_t n = ((int64_t)c->blocks * c->run + c->singles) * NN_PANEL_CHANNELS;
    guard_fill(d[1].bias.data, NN_PANEL_CHANNELS, 2.0f, 13);
    guard_fill(d[1].skip.data, d[1].floats, 2.0f, 14);
    if (!c->half)
        guard_fill(d[1].weight.data, n, 2.0f, 12);
    guard factor = guard_new((size_t)n / NN_PANEL_CHANNELS * sizeof(float), 0), expanded[2];
    guard_fill(factor.data, n / NN_PANEL_CHANNELS, 2.0f, 15);
    for (int i = 0; i < 2; i++) {
        expanded[i] = guard_new((size_t)n * sizeof(float), 0);
        t[i] = (nn_microkernel_args){.offset = d[0].offset,
                                     .blocks = c->blocks,
                                     .run = c->run,
                                     .single = d[0].single,
                                     .singles = c->singles,
                                     .weight = d[i].weight.data,
                                     .half = c->half,
                                     .next = c->act ? d[i].weight.data : NULL,
                                     .next_half = c->half,
                                     .factor = c->factor ? factor.data : NULL,
                                     .expanded = c->expanded ? expanded[i].data : NULL,
                                     .act = c->act,
                                     .channels = NN_PANEL_CHANNELS,
                                     .bias = d[i].bias.data,
                                     .out = d[i].out.data,
                                     .plane = d[0].plane,
                                     .skip = c->skip ? d[i].skip.data : NULL,
                                     .skip_place = d[0].skip_place,
                                     .skip_plane = d[0].skip_plane};
    }
    k->run_pair(t, c->count, d[0].pixel, d[0].place);
    for (int i = 0; i < 2; i++) {
        t[i].out = d[i].before.data;
        if (c->factor) {
            scale_weights(&d[i], c, factor.data, expanded[i].data);
            t[i].weight = expanded[i].data;
            t[i].half = false;
        }
        k->run(&t[i], c->count, d[0].pixel, d[0].place);
        if (memcmp(d[i].out.data, d[i].before.data, d[i].out.bytes))
            fail_msg("%s: panel %d of a pair, %d pixels, depth %dx%d + %d, spacing %d, rows of %d",
                     level, i, c->count, c->blocks, c->run, c->singles, c->spacing, c->row);
        guard_free(&expanded[i]);
    }
    guard_free(&factor);
    free_data(&d[0]);
    free_data(&d[1]);
}

static void pairs_are_panels_one_by_one(void **state)
{
    (void)state;
    const int spacings[] = {8, 16, 8, 3, 0}, runs[] = {8, 24, 4, 5};
    const int rows[] = {5, 7, 14, 17, MAX_COUNT};
    const char *level;
    const nn_kernels *kernels;
    for (int l = 0; (kernels = guard_level(l, &level)) != NULL; l++)
        for (int i = 0; i < 5 * 5 * 4 * MAX_COUNT && kernels->microkernel.run_pair; i++) {
            const int s = i % 5, r = i / 5 % 5, run = i / 25 % 4, count = i / 100;
            const tile_case c = {.count = count,
                                 .blocks = (count + s) % 4,
                                 .run = runs[run],
                                 .channels = NN_PANEL_CHANNELS,
                                 .half = (count + r) % 3 == 0,
                                 .bias = true,
                                 .singles = (count + s) % 3,
                                 .act = acts[(count + r + s) % ACTS],
                                 .skip = (s + r) % 2,
                                 .spacing = spacings[s],
                                 .row = rows[r],
                                 .factor = (count + s + run) % 3 == 0,
                                 .expanded = (count + s + run) % 3 < 2};
            check_pair(&kernels->microkernel, level, &c);
        }
}

static void nan_passes_activations(void **state)
{
    (void)state;
    float x[8] = {NAN}, out[2 * 8 * 2];
    const int32_t offset = 0, place[2] = {0, 8};
    guard weight = guard_new(8 * NN_PANEL_CHANNELS * sizeof(float), 0);
    guard_fill(weight.data, 8 * NN_PANEL_CHANNELS, 1.0f, 1);
    const float *pixel[2] = {x, x};
    nn_microkernel_args t = {.offset = &offset,
                             .blocks = 1,
                             .run = 8,
                             .weight = weight.data,
                             .channels = 16,
                             .out = out,
                             .plane = 16};
    const char *level;
    const nn_kernels *kernels;
    for (int l = 0; (kernels = guard_level(l, &level)) != NULL; l++)
        for (int a = 0; a < ACTS; a++) {
            t.act = acts[a];
            memset(out, 0, sizeof out);
            kernels->microkernel.run(&t, 2, pixel, place);
            for (int i = 0; i < 32; i++)
                if (!isnan(out[i]))
                    fail_msg("%s: the NaN at %d has gone, %d", level, i, a);
        }
    guard_free(&weight);
}

enum { GRAD_IMAGE = 3000, GRAD_ROWS = 5, GRAD_COUNT = 40 };

// rows x width pixels, inputs `step` floats apart, at unordered places or, `blocks`, eight side by
// side.
static void check_grad(const nn_kernels *kernels, const char *level, int count, int rows, int width,
                       int step, int channels, bool add, bool blocks)
{
    guard x = guard_new(GRAD_IMAGE * sizeof(float), 4);
    guard grad = guard_new(GRAD_IMAGE * sizeof(float), 4);
    const int64_t out_plane = count * 8 + 3, floats = (channels / 8 - 1) * out_plane + count * 8;
    guard out = guard_new((size_t)floats * sizeof(float), 4);
    float before[2 * GRAD_COUNT * 8 + 3];
    const float *in[GRAD_COUNT];
    int32_t in_row[GRAD_ROWS], row[GRAD_ROWS];
    nn_rng rng = nn_rng_seed(11);
    guard_fill(x.data, GRAD_IMAGE, 2.0f, 1);
    guard_fill(grad.data, GRAD_IMAGE, 2.0f, 2);
    guard_fill(before, floats, 2.0f, 3);
    memcpy(out.data, before, out.bytes);
    for (int i = 0; i < count; i++) // the last input ends the image
        in[i] = blocks && i % 8 ? in[i - 1] + 1
                                : (const float *)x.data + (i        ? nn_rng_below(&rng, 40)
                                                           : blocks ? 40
                                                                    : 47);
    const int reach = GRAD_IMAGE - 47 - (width - 1) * step - 1;
    const int end = GRAD_IMAGE - width * 8, plane = channels > 8 ? 1000 : 0;
    for (int r = 0; r < rows; r++) {
        in_row[r] = r ? (int32_t)nn_rng_below(&rng, reach) : reach;
        row[r] = r ? (int32_t)nn_rng_below(&rng, end - plane) : end - plane;
    }
    const nn_microkernel_grad_args t = {rows,  width,    in_row, step,     row,      grad.data,
                                        plane, channels, add,    out.data, out_plane};
    kernels->microkernel.grad(&t, count, in);
    for (int i = 0; i < count; i++)
        for (int c = 0; c < channels; c++) {
            const int64_t at = i * 8 + c / 8 * out_plane + c % 8;
            double sum = add ? (double)before[at] : 0.0, size = fabs(sum);
            for (int r = 0; r < rows; r++)
                for (int p = 0; p < width; p++) {
                    const double part =
                        (double)in[i][in_row[r] + p * step] *
                        (double)((float *)grad.data)[row[r] + p * 8 + c / 8 * plane + c % 8];
                    sum += part;
                    size += fabs(part);
                }
            if (!(fabs((double)((float *)out.data)[at] - sum) <=
                  (rows * width + 2) * (double)FLT_EPSILON * size + 1e-37))
                fail_msg("%s: input %d of %d, channel %d, %dx%d pixels: %g, not %g", level, i,
                         count, c, rows, width, (double)((float *)out.data)[at], sum);
        }
    for (int64_t i = count * 8; channels > 8 && i < out_plane; i++)
        assert_memory_equal((float *)out.data + i, before + i, sizeof(float));
    guard_free(&x);
    guard_free(&grad);
    guard_free(&out);
}

static void gradients_are_those_of_the_definition(void **state)
{
    (void)state;
    const char *level;
    const nn_kernels *kernels;
    for (int l = 0; (kernels = guard_level(l, &level)) != NULL; l++)
        for (int count = 0; count <= GRAD_COUNT; count++)
            for (int flags = 0; flags < 64; flags++)
                check_grad(kernels, level, count, flags & 4 ? GRAD_ROWS : flags >> 3 & 1,
                           flags & 8 ? 31 : 1 + count % 5, flags & 16 ? 8 : 3, flags & 1 ? 8 : 16,
                           flags & 2, flags & 32);
}

// --- sums of Strassen's algorithm (strassen.h): the same bits as the definitions ---

static guard numbers(int64_t n, uint64_t seed)
{
    guard g = guard_new((size_t)n * sizeof(float), 4);
    guard_fill(g.data, n, 2.0f, seed);
    return g;
}

static void expect_same(const char *level, const char *what, int64_t i, float got, float want)
{
    if (memcmp(&got, &want, sizeof got) != 0)
        fail_msg("%s: %s %d: %g, not %g", level, what, (int)i, (double)got, (double)want);
}

static void check_weights(const nn_strassen_kernels *k, const char *level, int64_t n)
{
    guard in[4], out[NN_STRASSEN_WEIGHTS];
    const float *b[4];
    float *t[NN_STRASSEN_WEIGHTS];
    for (int i = 0; i < 4; i++) {
        b[i] = (in[i] = numbers(n, (uint64_t)i)).data;
        t[i] = (out[i] = numbers(n, 9)).data;
    }
    k->weights(t, b, n);
    for (int64_t i = 0; i < n; i++) {
        const float one = b[1][i] - b[0][i], two = b[3][i] - one;
        const float want[] = {one, two, b[3][i] - b[1][i], b[2][i] - two};
        for (int j = 0; j < NN_STRASSEN_WEIGHTS; j++)
            expect_same(level, "sum of weights", i, t[j][i], want[j]);
    }
    for (int i = 0; i < 4; i++) {
        guard_free(&in[i]);
        guard_free(&out[i]);
    }
}

static void check_rows(const nn_strassen_kernels *k, const char *level, int64_t count)
{
    enum { STEP = 21, FAR = 11 }; // floats
    guard x = numbers(2 * count * STEP, 1), out[NN_STRASSEN_ROWS];
    const float *high = x.data, *low = high + count * STEP;
    float *s[NN_STRASSEN_ROWS];
    for (int i = 0; i < NN_STRASSEN_ROWS; i++)
        s[i] = (out[i] = numbers(8 * count, 9)).data;
    k->rows(s, high, low, FAR, STEP, count);
    for (int64_t i = 0; i < 8 * count; i++) {
        const int64_t at = i / 8 * STEP + i % 8;
        const float sum = low[at] + low[at + FAR], rest = sum - high[at];
        const float want[] = {high[at], high[at + FAR],     low[at + FAR],        sum,
                              rest,     high[at] - low[at], high[at + FAR] - rest};
        for (int j = 0; j < NN_STRASSEN_ROWS; j++)
            expect_same(level, "sum of rows", i, s[j][i], want[j]);
    }
    guard_free(&x);
    for (int i = 0; i < NN_STRASSEN_ROWS; i++)
        guard_free(&out[i]);
}

static void check_sums(const nn_strassen_kernels *k, const char *level, int64_t count, bool bias)
{
    enum { STEP = 19 };
    guard y = numbers(count * STEP, 1), before = numbers(count * STEP, 1), x = numbers(16, 2);
    guard a = numbers(16 * count, 3), b = numbers(16 * count, 4);
    k->sums(y.data, STEP, bias ? x.data : y.data, bias ? 0 : STEP, a.data, b.data, count);
    for (int64_t i = 0; i < count * STEP; i++) {
        const int64_t row = i / STEP, j = i % STEP;
        float want = ((float *)before.data)[i];
        if (j < 16)
            want = (bias ? ((float *)x.data)[j] : want) + ((float *)a.data)[16 * row + j] +
                   ((float *)b.data)[16 * row + j];
        expect_same(level, "sum of products", i, ((float *)y.data)[i], want);
    }
    guard *const all[] = {&y, &before, &x, &a, &b};
    for (int i = 0; i < 5; i++)
        guard_free(all[i]);
}

static void sums_of_halves_are_those_of_the_definition(void **state)
{
    (void)state;
    const char *level;
    const nn_kernels *kernels;
    for (int l = 0; (kernels = guard_level(l, &level)) != NULL; l++)
        for (int64_t n = 0; n <= 19; n++) {
            check_weights(&kernels->strassen, level, n);
            check_rows(&kernels->strassen, level, n);
            check_sums(&kernels->strassen, level, n, n % 2);
        }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_microkernel(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_definition),
        cmocka_unit_test(every_count_and_epilogue),
        cmocka_unit_test(pixels_side_by_side),
        cmocka_unit_test(pairs_are_panels_one_by_one),
        cmocka_unit_test(nan_passes_activations),
        cmocka_unit_test(gradients_are_those_of_the_definition),
        cmocka_unit_test(sums_of_halves_are_those_of_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
