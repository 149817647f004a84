// SPDX-License-Identifier: MIT
// Quantised convolution: the reference against the definition, every level against the reference,
// bit for bit.
#include "nn/kernels/kernels.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

enum { BLOCK = NN_INT8_BLOCK };

#ifdef TEST_EMULATED
void test_int8_conv_init_emulated(nn_int8_conv_kernels *k);
void test_int8_conv_init_amx_emulated(nn_int8_conv_kernels *k);
#endif

// Level i of those that this machine has or can play; false behind the last one.
static bool fill_level(int i, nn_int8_conv_kernels *k)
{
#ifdef __aarch64__
    static const unsigned masks[] = {0, NN_CPU_NEON, ~0u};
#else
    static const unsigned masks[] = {0,
                                     NN_CPU_AVX2,
                                     NN_CPU_AVX2 | NN_CPU_AVX_VNNI,
                                     NN_CPU_AVX2 | NN_CPU_AVX512,
                                     NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_AVX512_VNNI,
                                     ~0u};
#endif
    const int count = sizeof masks / sizeof *masks;
#ifdef TEST_EMULATED
    if (i == count && nn_cpu_flags() & NN_CPU_AVX2) {
        test_int8_conv_init_emulated(k);
        return true;
    }
    if (i == count + 1 && nn_cpu_flags() & NN_CPU_AVX512_VNNI) {
        test_int8_conv_init_amx_emulated(k);
        return true;
    }
#endif
    if (i >= count)
        return false;
    nn_int8_conv_init(k, masks[i] & nn_cpu_flags());
    return true;
}

typedef struct problem {
    nn_int8_conv t;
    int64_t pixels, in_bytes, out_bytes, real_floats, skip_bytes;
    int32_t *offset, *start;
    float *scale, *shift;
    nn_int8_curve curve;
    guard x, skip;
    int8_t *weight;
} problem;

static void *new_array(int64_t count, size_t size)
{
    void *p = nn_calloc((size_t)count + 1, size);
    assert_non_null(p);
    return p;
}

static void fill_weights(problem *p, nn_rng *r, int64_t bytes)
{
    p->weight = new_array(bytes, 1);
    for (int64_t i = 0; i < bytes; i++) {
        const int64_t kind = nn_rng_below(r, 6); // extremes as well as random values
        p->weight[i] = (int8_t)(kind == 0 ? -128 : kind == 1 ? 127 : nn_rng_below(r, 256) - 128);
    }
}

// Random ones of which each sum that small kernels make is as large as it may be, or less.
static void fill_small_weights(problem *p, nn_rng *r)
{
    static const int place[4] = {0, 1, 4 * BLOCK, 4 * BLOCK + 1};
    const int64_t stretches = (int64_t)p->t.panels * p->t.stretches;
    for (int64_t s = 0; s < stretches; s++)
        for (int i = 0; i < p->t.quads * BLOCK * 2; i++) { // half quads of channels
            const int quad = i / (2 * BLOCK), channel = i / 2 % BLOCK, half = i % 2;
            int8_t *w = p->weight + (((s * p->t.quads + quad) * BLOCK + channel) * 4 + 2 * half);
            int left = NN_INT8_SMALL;
            for (int k = quad % 2 ? 4 : 0; k < (quad + 1 < p->t.quads ? 4 : 2); k++) {
                const int most =
                    nn_rng_below(r, 3) ? left : (int)nn_rng_below(r, (uint64_t)left + 1);
                const int one = k < 3 && nn_rng_below(r, 2) ? (int)nn_min(most, 32) : most;
                w[place[k]] = (int8_t)(one == 128 || nn_rng_below(r, 3) == 0 ? -one : one);
                left -= one;
            }
        }
}

// Outputs behind the last channel have no weights.
static void clear_padding(problem *p)
{
    const int64_t depth = (int64_t)p->t.stretches * p->t.quads;
    for (int c = p->t.channels; c < p->t.panels * BLOCK; c++)
        for (int64_t q = 0; q < depth; q++)
            memset(p->weight + ((c / BLOCK * depth + q) * BLOCK + c % BLOCK) * 4, 0, 4);
}

static guard random_bytes(nn_rng *r, int64_t bytes)
{
    guard g = guard_new((size_t)bytes, (size_t)nn_rng_below(r, 16));
    for (int64_t i = 0; i < bytes; i++) {
        const int64_t kind = nn_rng_below(r, 6);
        ((uint8_t *)g.data)[i] = (uint8_t)(kind == 0 ? 0 : kind == 1 ? 255 : nn_rng_below(r, 256));
    }
    return g;
}

static void fill_channels(problem *p, nn_rng *r)
{
    const int channels = p->t.panels * BLOCK;
    const float typical = 255.0f * 64 * sqrtf(4.0f * (float)(p->t.stretches * p->t.quads));
    p->scale = new_array(channels, sizeof *p->scale);
    p->shift = new_array(channels, sizeof *p->shift);
    p->start = new_array(channels, sizeof *p->start);
    for (int c = 0; c < channels; c++) {
        p->scale[c] = nn_rng_range(r, 20, 300) / typical;
        p->shift[c] = nn_rng_range(r, -100, 200) - (float)p->t.requant.zero;
        p->start[c] = (int32_t)nn_rng_below(r, 20000) - 10000;
    }
}

static problem new_problem(nn_rng *r, int turn, bool small)
{
    static const int quads[] = {4, 1, 2, 3, 8, 7};
    static const int steps[] = {16, 32, 4, 8, 48};
    problem p = {.pixels = turn < 40 ? turn : nn_rng_below(r, 60)};
    const int stretches = (int)nn_rng_below(r, 12), many = turn % 7 == 0;
    p.t = (nn_int8_conv){
        .stretches = many ? 40 : stretches,
        .quads = quads[turn % 6],
        .step = steps[turn % 5],
        .panels = 1 + (int)nn_rng_below(r, 11),
        .requant = {.zero = (int)nn_rng_below(r, 256), .skip_scale = nn_rng_range(r, 0, 2)}};
    p.t.requant.low = (float)(nn_rng_below(r, 20) - p.t.requant.zero);
    p.t.requant.high = (float)(255 - nn_rng_below(r, 20) - p.t.requant.zero);
    const int64_t reach = 64, depth = p.t.quads * 4;
    if (turn % 3 == 1) { // the taps of a row of a kernel
        p.t.in_row = 1 + (int)nn_rng_below(r, 8);
        p.t.stretches = nn_max(p.t.stretches / p.t.in_row, 1) * p.t.in_row;
    }
    const int row = nn_max(p.t.in_row, 1);
    const int64_t height = turn % 4 == 3 ? 1 + nn_rng_below(r, 9) : 1, width = p.pixels;
    const int64_t gap = nn_rng_below(r, 3); // pixels between rows
    p.t.x_row = (width + gap) * p.t.step + (gap == 2 ? 16 : 0);
    if (height > 1 && width > 0) {
        p.t.row = (int)width;
        p.pixels *= height;
    }
    p.in_bytes = reach + row * depth + (height - 1) * p.t.x_row + nn_max(width - 1, 0) * p.t.step;
    p.offset = new_array(p.t.stretches, sizeof *p.offset);
    for (int s = 0; s < p.t.stretches; s++)
        p.offset[s] =
            s % row ? p.offset[s - 1] + (int32_t)depth : (int32_t)nn_rng_below(r, reach + 1);
    p.t.channels = p.t.panels * BLOCK - (int)nn_rng_below(r, BLOCK);
    fill_weights(&p, r, (int64_t)p.t.panels * p.t.stretches * p.t.quads * 4 * BLOCK);
    if (small)
        fill_small_weights(&p, r);
    clear_padding(&p);
    fill_channels(&p, r);
    p.t.out_row = (width + nn_rng_below(r, 3)) * BLOCK;
    p.t.skip_row = (width + nn_rng_below(r, 3)) * BLOCK;
    p.t.real_row = (width + nn_rng_below(r, 3)) * 8;
    p.t.out_plane = height * p.t.out_row + nn_rng_below(r, 3) * BLOCK;
    p.t.skip_plane = height * p.t.skip_row + nn_rng_below(r, 3) * BLOCK;
    p.t.real_plane = height * p.t.real_row + nn_rng_below(r, 3) * 8;
    p.out_bytes = (p.t.panels - 1) * p.t.out_plane + (height - 1) * p.t.out_row + width * BLOCK;
    p.skip_bytes = (p.t.panels - 1) * p.t.skip_plane + (height - 1) * p.t.skip_row + width * BLOCK;
    p.real_floats =
        ((p.t.channels + 7) / 8 - 1) * p.t.real_plane + (height - 1) * p.t.real_row + width * 8;
    p.x = random_bytes(r, p.in_bytes);
    p.skip = random_bytes(r, p.skip_bytes);
    nn_int8_make_curve(&p.curve, NN_ACT_SILU, 30, 0);
    p.t.offset = p.offset;
    p.t.start = p.start;
    p.t.requant.scale = p.scale;
    p.t.requant.shift = p.shift;
    return p;
}

static void free_problem(problem *p)
{
    nn_free(p->offset);
    nn_free(p->start);
    nn_free(p->scale);
    nn_free(p->shift);
    nn_free(p->weight);
    guard_free(&p->x);
    guard_free(&p->skip);
}

// Of y < 0, without a curve.
static float slope_of(const problem *p)
{
    return p->pixels % 2 ? 0.1f : 1;
}

// What sums start with, for inputs that are taken less k->centre.
static int32_t *new_start(const nn_int8_conv_kernels *k, const problem *p)
{
    const int64_t depth = (int64_t)p->t.stretches * p->t.quads;
    int32_t *start = new_array(p->t.panels * BLOCK, sizeof *start);
    for (int64_t c = 0; c < p->t.panels * BLOCK; c++) {
        const int8_t *weight = p->weight + (c / BLOCK * depth * BLOCK + c % BLOCK) * 4;
        start[c] = p->start[c];
        for (int64_t i = 0; i < 4 * depth; i++)
            start[c] += k->centre * weight[i / 4 * 4 * BLOCK + i % 4];
    }
    return start;
}

// Kernels that take one row at a time get them so.
static void run_rows(const nn_int8_conv_kernels *k, const nn_int8_conv *t, const uint8_t *x,
                     uint8_t *out, const uint8_t *skip, int64_t pixels)
{
    const int64_t at_once = k->rows || t->row == 0 ? pixels : t->row;
    nn_int8_conv row = *t;
    if (!k->rows)
        row.row = 0;
    for (int64_t y = 0; y * at_once < pixels; y++) {
        row.real = t->real ? t->real + y * t->real_row : NULL;
        k->run(&row, x + y * t->x_row, out ? out + y * t->out_row : NULL,
               skip ? skip + y * t->skip_row : NULL, at_once);
    }
}

// `usual`: what the kernels are told that runs compute.
static guard run(const nn_int8_conv_kernels *k, problem *p, bool skip, bool curve, bool real,
                 int64_t usual)
{
    const int64_t weights = (int64_t)p->t.panels * p->t.stretches * p->t.quads * 4 * BLOCK;
    guard out = guard_new(real ? (size_t)p->real_floats * sizeof(float) : (size_t)p->out_bytes, 0);
    void *packed = new_array(weights, (size_t)k->weight_bytes);
    nn_int8_conv t = p->t;
    memset(out.data, 0xee, out.bytes);
    k->pack(packed, p->weight, weights / (4 * BLOCK));
    t.weight = packed;
    t.start = new_start(k, p);
    t.requant.curve = curve ? &p->curve : NULL;
    t.requant.slope = curve || slope_of(p) == 1 ? 0 : slope_of(p);
    t.real = real ? out.data : NULL;
    if (k->begin)
        k->begin(&t, usual);
    run_rows(k, &t, p->x.data, real ? NULL : out.data, skip ? p->skip.data : NULL, p->pixels);
    if (k->end)
        k->end();
    nn_free((void *)t.start);
    nn_free(packed);
    return out;
}

static void check_same(const guard *got, const guard *want, const char *what, int level, int turn)
{
    for (size_t i = 0; i < got->bytes; i++)
        if (((uint8_t *)got->data)[i] != ((uint8_t *)want->data)[i])
            fail_msg("%s of level %d, turn %d: byte %zu of %zu is %d and not %d", what, level, turn,
                     i, got->bytes, ((uint8_t *)got->data)[i], ((uint8_t *)want->data)[i]);
}

// Weights of every third turn are small: the kernels that levels have for them run, too.
static void all_levels_give_the_same_bits(void **state)
{
    nn_rng r = nn_rng_seed(1);
    (void)state;
    for (int turn = 0; turn < 360; turn++) {
        const bool small = turn % 3 == 2;
        problem p = new_problem(&r, turn, small);
        const bool skip = turn & 1, curve = turn % 9 < 3, real = turn % 4 == 2;
        nn_int8_conv_kernels k;
        assert_true(fill_level(0, &k));
        const int64_t usual = turn % 5 ? p.pixels : nn_rng_below(&r, 40);
        guard want = run(&k, &p, skip, curve, real, usual);
        for (int level = 1; fill_level(level, &k); level++) {
            guard got = run(&k, &p, skip, curve, real, usual);
            check_same(&got, &want, "kernels", level, turn);
            guard_free(&got);
            if (!small || !k.small)
                continue;
            got = run(k.small, &p, skip, curve, real, usual);
            check_same(&got, &want, "small kernels", level, turn);
            guard_free(&got);
        }
        guard_free(&want);
        free_problem(&p);
    }
}

// In exact arithmetic, but for the very last rounding.
static double expected(const problem *p, int64_t pixel, int channel)
{
    const int panel = channel / BLOCK, depth = p->t.stretches * p->t.quads * 4;
    const int64_t width = nn_max(p->t.row > 0 ? p->t.row : p->pixels, 1);
    const int64_t row = pixel / width, column = pixel % width;
    const uint8_t *x = (const uint8_t *)p->x.data + row * p->t.x_row + column * p->t.step;
    int64_t sum = p->start[channel];
    for (int d = 0; d < depth; d++) {
        const int stretch = d / (p->t.quads * 4), byte = d % (p->t.quads * 4);
        const int64_t quad = (int64_t)panel * depth / 4 + d / 4;
        sum +=
            x[p->offset[stretch] + byte] * p->weight[(quad * BLOCK + channel % BLOCK) * 4 + d % 4];
    }
    const double skip =
        ((const uint8_t *)p->skip.data)[panel * p->t.skip_plane + row * p->t.skip_row +
                                        column * BLOCK + channel % BLOCK];
    double y = (double)sum * p->scale[channel] + p->shift[channel] + skip * p->t.requant.skip_scale;
    if (y < 0)
        y *= slope_of(p);
    return fmin(fmax(y, p->t.requant.low), p->t.requant.high) + p->t.requant.zero;
}

static void reference_is_the_definition(void **state)
{
    nn_rng r = nn_rng_seed(2);
    (void)state;
    for (int turn = 0; turn < 40; turn++) {
        problem p = new_problem(&r, turn, false);
        nn_int8_conv_kernels k;
        fill_level(0, &k);
        guard out = run(&k, &p, true, false, false, p.pixels);
        for (int c = 0; c < p.t.panels * BLOCK; c++)
            for (int64_t i = 0; i < p.pixels; i++) {
                const int64_t width = p.t.row > 0 ? p.t.row : p.pixels;
                const int64_t at = c / BLOCK * p.t.out_plane + i / width * p.t.out_row +
                                   i % width * BLOCK + c % BLOCK;
                const int got = ((uint8_t *)out.data)[at];
                if (fabs(got - expected(&p, i, c)) > 0.51)
                    fail_msg("channel %d of pixel %d is %d and not %g", c, (int)i, got,
                             expected(&p, i, c));
            }
        guard_free(&out);
        free_problem(&p);
    }
}

// Where a curve may be off, and by how much.
static void curves_follow_activations(void **state)
{
    nn_eltwise_kernels eltwise;
    (void)state;
    nn_eltwise_init(&eltwise, 0);
    for (int act = NN_ACT_NONE + 1; act < NN_ACT_COUNT; act++) {
        nn_int8_curve curve;
        const float one = 2, start = NN_INT8_CURVE_ZERO;
        nn_int8_requant q = {.scale = &one, .shift = &start, .low = -1e9f, .high = 1e9f};
        float worst = 0, outside = 0, at = 0;
        nn_int8_make_curve(&curve, (nn_act)act, 1, 0);
        q.curve = &curve;
        for (int i = -4000; i <= 4000; i++) {
            float x = 0.005f * (float)i, want;
            const float shift = 2 * x + NN_INT8_CURVE_ZERO;
            q.shift = &shift;
            eltwise.act[act](&want, &x, 1);
            const float off = fabsf(nn_int8_requantise(&q, 0, 0, NULL) - want);
            if (fabsf(x) > 7.5f) {
                outside = fmaxf(outside, off);
                continue;
            }
            at = off > worst ? x : at;
            worst = off > worst ? off : worst;
        }
        if (!(worst < 4e-6f))
            fail_msg("activation %d at %g is off by %g", act, at, worst);
        if (!(outside < 4e-3f))
            fail_msg("activation %d is off by %g outside", act, outside);
    }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_int8conv(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_is_the_definition),
        cmocka_unit_test(all_levels_give_the_same_bits),
        cmocka_unit_test(curves_follow_activations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
