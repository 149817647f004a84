// SPDX-License-Identifier: MIT
// Convolution in bfloat16, and in float32 as sums of two of them: every level against the
// definition in float64, whole and in parts.
#include "nn/kernels/kernels.h"

#include "nn/base/arith.h"
#include "nn/base/float16.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <float.h>
#include <math.h>

enum { PANEL = 16, STRETCH = NN_BF16_BLOCK * PANEL };

#ifdef TEST_EMULATED
void test_bf16_conv_init_amx_emulated(nn_bf16_conv_kernels *k);
#endif

// Level i of those that this machine has or can play; false behind the last one.
static bool fill_level(int i, nn_bf16_conv_kernels *k)
{
    static const unsigned masks[] = {0, NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_AVX512_BF16, ~0u};
    const int count = sizeof masks / sizeof *masks;
    nn_bf16_conv_init(k, masks[i < count ? i : count - 1] & nn_cpu_flags());
#ifdef TEST_EMULATED
    if (i == count && nn_cpu_flags() & NN_CPU_AVX512_BF16) {
        test_bf16_conv_init_amx_emulated(k);
        return true;
    }
#endif
    return i < count;
}

typedef struct problem {
    nn_bf16_conv t;
    bool split;
    int64_t rows, places, blocks;
    guard x, weight, bias, offset, skip, out;
} problem;

static guard random_bf16(nn_rng *r, int64_t count, float range)
{
    guard g = guard_new((size_t)count * sizeof(uint16_t), 0);
    for (int64_t i = 0; i < count; i++)
        ((uint16_t *)g.data)[i] = nn_bf16_encode(nn_rng_range(r, -range, range));
    return g;
}

static guard random_floats(nn_rng *r, int64_t count, size_t shift)
{
    guard g = guard_new((size_t)count * sizeof(float), shift * sizeof(float));
    for (int64_t i = 0; i < count; i++)
        ((float *)g.data)[i] = nn_rng_range(r, -3, 3);
    return g;
}

static void (*plain_act(nn_act act))(float *y, const float *x, int64_t n)
{
    nn_eltwise_kernels k;
    nn_eltwise_init(&k, 0);
    return k.act[act];
}

static problem new_problem(nn_rng *r, int turn)
{
    enum { REACH = 40 }; // places
    static const nn_act acts[] = {NN_ACT_NONE, NN_ACT_RELU, NN_ACT_HARD_SWISH, NN_ACT_GELU};
    problem p = {.split = turn % 2, .rows = 1 + nn_rng_below(r, 6)};
    const nn_act act = acts[turn / 2 % 4];
    const int terms = p.split ? 2 : 1;
    const int pitch = 1 + (int)nn_rng_below(r, turn % 4 ? 20 : 70);
    p.t = (nn_bf16_conv){.stretches = (int)nn_rng_below(r, 20),
                         .pitch = pitch,
                         .width = pitch - (int)nn_rng_below(r, nn_min(3, pitch)),
                         .panels = 1 + (int)nn_rng_below(r, 6),
                         .act = nn_act_early(act),
                         .late = act == nn_act_early(act) ? NULL : plain_act(act)};
    p.t.channels = p.t.panels * PANEL - (int)nn_rng_below(r, PANEL);
    p.places = (p.rows - 1) * pitch + p.t.width;
    p.blocks = nn_divide_up(p.t.channels, 8);
    p.t.low = (p.places + REACH + NN_BF16_SLACK) * NN_BF16_BLOCK;
    p.x = random_bf16(r, terms * p.t.low, 2);
    p.weight = random_bf16(r, (int64_t)p.t.panels * p.t.stretches * terms * STRETCH, 1);
    p.bias = random_floats(r, p.t.panels * PANEL, 0);
    p.offset = guard_new((size_t)p.t.stretches * sizeof(int32_t), 0);
    for (int s = 0; s < p.t.stretches; s++)
        ((int32_t *)p.offset.data)[s] = (int32_t)nn_rng_below(r, REACH + 1) * NN_BF16_BLOCK;
    p.t.row = (p.t.width + nn_rng_below(r, 3)) * 8;
    p.t.plane = p.rows * p.t.row;
    p.t.skip_row = (p.t.width + nn_rng_below(r, 3)) * 8;
    p.t.skip_plane = p.rows * p.t.skip_row;
    p.skip = random_floats(r, p.blocks * p.t.skip_plane, 3);
    p.out = guard_new((size_t)(p.blocks * p.t.plane) * sizeof(float), 4);
    p.t.x = p.x.data;
    p.t.weight = p.weight.data;
    p.t.bias = p.bias.data;
    p.t.offset = p.offset.data;
    p.t.skip = turn % 3 ? p.skip.data : NULL;
    p.t.out = p.out.data;
    return p;
}

static void free_problem(problem *p)
{
    guard *const all[] = {&p->x, &p->weight, &p->bias, &p->offset, &p->skip, &p->out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        guard_free(all[i]);
}

// Adds the products of a stretch. *size: what they add up to without their signs.
static void add_stretch(const uint16_t *place, const uint16_t *weight, double *sum, double *size)
{
    for (int64_t d = 0; d < NN_BF16_BLOCK; d++) {
        const double product = (double)nn_bf16_decode(place[d]) *
                               (double)nn_bf16_decode(weight[d / 2 * PANEL * 2 + d % 2]);
        *sum += product;
        *size += fabs(product);
    }
}

static double expected(const problem *p, int64_t y, int64_t x, int channel, double *size)
{
    const nn_bf16_conv *t = &p->t;
    const int64_t stretch = (p->split ? 2 : 1) * STRETCH;
    const uint16_t *weight =
        t->weight + channel / PANEL * t->stretches * stretch + channel % PANEL * 2;
    double sum = (double)t->bias[channel];
    *size = fabs(sum);
    for (int s = 0; s < t->stretches; s++, weight += stretch) {
        const uint16_t *place = t->x + (y * t->pitch + x) * NN_BF16_BLOCK + t->offset[s];
        add_stretch(place, weight, &sum, size);
        if (p->split) {
            add_stretch(place, weight + STRETCH, &sum, size);
            add_stretch(place + t->low, weight, &sum, size);
        }
    }
    if (t->skip)
        sum += (double)t->skip[channel / 8 * t->skip_plane + y * t->skip_row + 8 * x + channel % 8];
    float f = (float)sum;
    if (t->late)
        t->late(&f, &f, 1);
    plain_act(t->act)(&f, &f, 1);
    return (double)f;
}

static void run(const nn_bf16_conv_kernels *k, problem *p, int64_t part)
{
    for (int64_t i = 0; i < (int64_t)p->out.bytes; i++)
        ((uint8_t *)p->out.data)[i] = 0xee;
    if (k->begin)
        k->begin();
    for (int64_t at = 0; at < p->places; at += part)
        (p->split ? k->run_split : k->run)(&p->t, at, nn_min(part, p->places - at));
    if (k->end)
        k->end();
}

static float *out_at(const problem *p, int64_t y, int64_t x, int channel)
{
    return p->t.out + channel / 8 * p->t.plane + y * p->t.row + 8 * x + channel % 8;
}

static void check(const problem *p, int level, int turn)
{
    const double rounding = 1e-6; // of float32 sums
    for (int64_t y = 0; y < p->rows; y++)
        for (int64_t x = 0; x < p->t.width; x++)
            for (int c = 0; c < p->blocks * 8; c++) {
                double size;
                const double want = expected(p, y, x, c, &size), got = (double)*out_at(p, y, x, c);
                if (!(fabs(got - want) <= rounding * (size + 1)))
                    fail_msg("level %d, turn %d: channel %d of (%d,%d) is %.9g and not %.9g", level,
                             turn, c, (int)y, (int)x, got, want);
            }
    for (int64_t b = 0; b < p->blocks; b++) // nothing else is written
        for (int64_t i = 0; i < p->t.plane; i++)
            if (i % p->t.row >= 8 * p->t.width)
                assert_int_equal(nn_float_bits(p->t.out[b * p->t.plane + i]), 0xeeeeeeee);
}

static void all_levels_are_the_definition(void **state)
{
    nn_rng r = nn_rng_seed(3);
    nn_bf16_conv_kernels k;
    (void)state;
    for (int turn = 0; turn < 100; turn++) {
        problem p = new_problem(&r, turn);
        for (int level = 0; fill_level(level, &k); level++) {
            run(&k, &p, p.places);
            check(&p, level, turn);
            const int64_t part = 1 + nn_rng_below(&r, 50);
            guard whole = guard_new(p.out.bytes, 0);
            memcpy(whole.data, p.out.data, p.out.bytes);
            run(&k, &p, part); // in parts it gives the same bits
            if (memcmp(whole.data, p.out.data, p.out.bytes))
                fail_msg("level %d, turn %d: other bits in parts of %d", level, turn, (int)part);
            guard_free(&whole);
        }
        free_problem(&p);
    }
}

// All levels round as the cast does; only denormals may become zero.
static void places_are_rounded_to_even(void **state)
{
    nn_rng r = nn_rng_seed(4);
    (void)state;
    for (int turn = 0; turn < 60; turn++) {
        const int blocks = 1 + turn % 4;
        const int64_t pixels = nn_rng_below(&r, 20), step = 8 * (1 + nn_rng_below(&r, 3));
        const int64_t plane = pixels * step + 8;
        guard from = random_floats(&r, blocks * plane, 1);
        guard to = guard_new((size_t)(pixels * NN_BF16_BLOCK) * sizeof(uint16_t), 2);
        nn_bf16_conv_kernels k;
        ((float *)from.data)[0] = nn_float_of_bits(0x3f808000); // ties
        ((float *)from.data)[1] = nn_float_of_bits(0x3f818000);
        for (int level = 0; fill_level(level, &k); level++) {
            memset(to.data, 0xee, to.bytes);
            k.convert(to.data, from.data, plane, blocks, step, pixels);
            for (int64_t i = 0; i < pixels * NN_BF16_BLOCK; i++) {
                const int64_t c = i % NN_BF16_BLOCK, at = i / NN_BF16_BLOCK * step;
                const float x =
                    c < 8 * blocks ? ((float *)from.data)[c / 8 * plane + at + c % 8] : 0;
                assert_int_equal(((uint16_t *)to.data)[i], nn_bf16_encode(x));
            }
        }
        guard_free(&from);
        guard_free(&to);
    }
}

// High parts are rounded as the cast does, low ones are what is left, and both are nearly all of x.
static void splits_are_nearly_exact(void **state)
{
    nn_rng r = nn_rng_seed(5);
    (void)state;
    for (int turn = 0; turn < 60; turn++) {
        const int blocks = 1 + turn % 4;
        const int64_t pixels = nn_rng_below(&r, 20), step = 8 * (1 + nn_rng_below(&r, 3));
        const int64_t plane = pixels * step + 8, low = pixels * NN_BF16_BLOCK + 7;
        guard from = random_floats(&r, blocks * plane, 1);
        guard scale = random_floats(&r, NN_BF16_BLOCK, 1);
        guard to = guard_new((size_t)(low + pixels * NN_BF16_BLOCK) * sizeof(uint16_t), 2);
        nn_bf16_conv_kernels k;
        const float *by = turn / 4 % 2 ? scale.data : NULL;
        ((float *)from.data)[0] = by ? 1 : HUGE_VALF;
        ((float *)from.data)[1] = by ? 1 : FLT_MAX; // rounds to infinity
        ((float *)from.data)[2] = by ? 1 : NAN;
        for (int level = 0; fill_level(level, &k); level++) {
            memset(to.data, 0xee, to.bytes);
            k.split(to.data, low, from.data, plane, blocks, step, pixels, by);
            for (int64_t i = 0; i < pixels * NN_BF16_BLOCK; i++) {
                const int64_t c = i % NN_BF16_BLOCK, at = i / NN_BF16_BLOCK * step;
                const float number =
                    c < 8 * blocks ? ((float *)from.data)[c / 8 * plane + at + c % 8] : 0;
                const float x = by ? number * by[c] : number;
                const uint16_t high = ((uint16_t *)to.data)[i],
                               rest = ((uint16_t *)to.data)[low + i];
                assert_int_equal(high, nn_bf16_encode(x));
                if (!isfinite(nn_bf16_decode(high)))
                    assert_int_equal(rest & 0x7fff, 0);
                else if (fabsf(x - nn_bf16_decode(high) - nn_bf16_decode(rest)) > fabsf(x) / 131072)
                    fail_msg("level %d: %.9g is not %.9g", level, (double)x,
                             (double)(nn_bf16_decode(high) + nn_bf16_decode(rest)));
            }
        }
        guard_free(&from);
        guard_free(&scale);
        guard_free(&to);
    }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_bf16conv(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_levels_are_the_definition),
        cmocka_unit_test(places_are_rounded_to_even),
        cmocka_unit_test(splits_are_nearly_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
