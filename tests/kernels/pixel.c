// SPDX-License-Identifier: MIT
// Pixel kernels, level by level: the reference against definitions, faster ones against the
// reference.
#include "nn/kernels/kernels.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <math.h>

#include "tests/kernels/bench.h"
#include "tests/support/test.h"

enum { CANARY = 64 };

static const unsigned levels[] = {0, NN_CPU_AVX2, NN_CPU_AVX2 | NN_CPU_AVX512, NN_CPU_NEON};

// Floats between two canaries.
typedef struct guarded {
    float *all, *data;
    size_t n;
} guarded;

static guarded make_guarded(size_t n)
{
    guarded g = {nn_alloc((n + 2 * CANARY) * sizeof(float)), NULL, n};
    assert_non_null(g.all);
    for (size_t i = 0; i < n + 2 * CANARY; i++)
        g.all[i] = -12345;
    g.data = g.all + CANARY;
    return g;
}

static void release_guarded(guarded *g)
{
    for (int i = 0; i < CANARY; i++) {
        assert_true(g->all[i] == -12345);
        assert_true(g->all[CANARY + g->n + (size_t)i] == -12345);
    }
    nn_free(g->all);
}

static uint8_t *random_bytes(nn_rng *rng, size_t n)
{
    uint8_t *p = nn_alloc(n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        int64_t kind = nn_rng_below(rng, 8); // extremes as well as random values
        p[i] = kind == 0 ? 0 : kind == 1 ? 255 : (uint8_t)nn_rng_below(rng, 256);
    }
    return p;
}

typedef struct axis {
    nn_pixel_axis axis;
    int32_t *first;
    float *weight;
} axis;

static axis make_axis(nn_rng *rng, int count, int taps, int samples)
{
    axis a = {.first = nn_calloc((size_t)count + 1, sizeof(int32_t)),
              .weight = nn_calloc((size_t)count + 1, (size_t)taps * sizeof(float))};
    assert_true(a.first && a.weight);
    for (int i = 0; i < count; i++)
        a.first[i] = (int32_t)nn_rng_below(rng, samples - taps + 1);
    for (int i = 0; i < count * taps; i++)
        a.weight[i] = nn_rng_uniform(rng);
    a.axis = (nn_pixel_axis){count, taps, a.first, a.weight};
    return a;
}

static void release_axis(axis *a)
{
    nn_free(a->first);
    nn_free(a->weight);
}

static void check_close(const float *got, const float *want, size_t n, float tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(got[i] - want[i]) <= tolerance))
            fail_msg("element %zu of %zu is %g and not %g", i, n, got[i], want[i]);
}

static void test_down(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(1);
    nn_kernels reference, k;
    nn_kernels_init(&reference, 0);
    for (size_t level = 0; level < sizeof(levels) / sizeof(*levels); level++) {
        if ((levels[level] & nn_cpu_flags()) != levels[level])
            continue;
        nn_kernels_init(&k, levels[level]);
        for (int turn = 0; turn < 60; turn++) {
            int n = turn < 40 ? turn : (int)nn_rng_below(&rng, 400);
            int taps = 1 + (int)nn_rng_below(&rng, 7), height = taps + (int)nn_rng_below(&rng, 20);
            int stride = n + (int)nn_rng_below(&rng, 5), outputs = 16;
            int row = (int)nn_rng_below(&rng, outputs - NN_PIXEL_ROWS + 1);
            // Ends with the last pixel, so that a sanitizer sees reads past it.
            uint8_t *plane = random_bytes(&rng, (size_t)(stride * (height - 1) + n));
            axis rows = make_axis(&rng, outputs, taps, height);
            guarded want = make_guarded((size_t)n * NN_PIXEL_ROWS);
            guarded got = make_guarded((size_t)n * NN_PIXEL_ROWS);
            reference.pixel.down(want.data, plane, stride, n, &rows.axis, row);
            k.pixel.down(got.data, plane, stride, n, &rows.axis, row);
            check_close(got.data, want.data, got.n, 1e-3f);
            for (int i = 0; i < n && i < 3; i++) { // the definition
                double sum = 0;
                for (int t = 0; t < taps; t++)
                    sum += (double)rows.weight[(row + 5) * taps + t] *
                           plane[(rows.first[row + 5] + t) * stride + i];
                assert_true(fabs(sum - want.data[i * NN_PIXEL_ROWS + 5]) < 1e-3);
            }
            release_guarded(&want);
            release_guarded(&got);
            release_axis(&rows);
            nn_free(plane);
        }
    }
}

static void test_across(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(2);
    nn_kernels reference, k;
    nn_kernels_init(&reference, 0);
    for (size_t level = 0; level < sizeof(levels) / sizeof(*levels); level++) {
        if ((levels[level] & nn_cpu_flags()) != levels[level])
            continue;
        nn_kernels_init(&k, levels[level]);
        for (int turn = 0; turn < 60; turn++) {
            int n = turn < 40 ? turn : (int)nn_rng_below(&rng, 300), ld = n + turn % 3;
            int taps = 1 + (int)nn_rng_below(&rng, 7), samples = taps + (int)nn_rng_below(&rng, 50);
            int step = 1 + (int)nn_rng_below(&rng, 4), offset = (int)nn_rng_below(&rng, step);
            axis columns = make_axis(&rng, n, taps, samples);
            size_t tile_size = (size_t)samples * (size_t)step * NN_PIXEL_ROWS;
            float *tile = nn_alloc(tile_size * sizeof(float));
            assert_non_null(tile);
            for (size_t i = 0; i < tile_size; i++)
                tile[i] = nn_rng_range(&rng, 0, 255);
            size_t out_size = n ? (size_t)ld * (NN_PIXEL_ROWS - 1) + (size_t)n : 0;
            guarded want = make_guarded(out_size), got = make_guarded(out_size);
            reference.pixel.across(want.data, ld, tile, &columns.axis, step, offset);
            k.pixel.across(got.data, ld, tile, &columns.axis, step, offset);
            check_close(got.data, want.data, out_size, 2e-3f); // gaps of ld keep the canary value
            for (int x = 0; x < n && x < 3; x++) {
                double sum = 0;
                for (int t = 0; t < taps; t++)
                    sum += (double)columns.weight[x * taps + t] *
                           tile[((columns.first[x] + t) * step + offset) * NN_PIXEL_ROWS + 2];
                assert_true(fabs(sum - want.data[2 * ld + x]) < 2e-3);
            }
            release_guarded(&want);
            release_guarded(&got);
            release_axis(&columns);
            nn_free(tile);
        }
    }
}

static void test_yuv_to_rgb(void **state)
{
    (void)state;
    static const float m[6] = {16, 1.164f, 1.596f, -0.392f, -0.813f, 2.017f};
    static const float scale[3] = {1, 2, 0.5f}, shift[3] = {0, -3, 1};
    nn_rng rng = nn_rng_seed(3);
    nn_kernels reference, k;
    nn_kernels_init(&reference, 0);
    for (size_t level = 0; level < sizeof(levels) / sizeof(*levels); level++) {
        if ((levels[level] & nn_cpu_flags()) != levels[level])
            continue;
        nn_kernels_init(&k, levels[level]);
        for (int n = 0; n < 70; n++) {
            float in[3][70];
            for (int i = 0; i < n; i++)
                for (int c = 0; c < 3; c++)
                    in[c][i] = nn_rng_range(&rng, 0, 255);
            guarded want[3], got[3];
            for (int c = 0; c < 3; c++) {
                want[c] = make_guarded((size_t)n);
                got[c] = make_guarded((size_t)n);
            }
            reference.pixel.yuv_to_rgb(want[0].data, want[1].data, want[2].data, in[0], in[1],
                                       in[2], n, m, scale, shift);
            k.pixel.yuv_to_rgb(got[0].data, got[1].data, got[2].data, in[0], in[1], in[2], n, m,
                               scale, shift);
            for (int c = 0; c < 3; c++) {
                check_close(got[c].data, want[c].data, (size_t)n, 1e-3f);
                release_guarded(&want[c]);
                release_guarded(&got[c]);
            }
        }
    }
}

// Known colours in BT.601, limited range: white, black, red, and clamping of impossible ones.
static void test_known_colours(void **state)
{
    (void)state;
    static const float m[6] = {16, 255.f / 219, 1.596027f, -0.391762f, -0.812968f, 2.017232f};
    static const float one[3] = {1, 1, 1}, zero[3] = {0, 0, 0};
    static const float y[4] = {235, 16, 81, 255}, u[4] = {128, 128, 90, 128},
                       v[4] = {128, 128, 240, 255};
    static const float want[4][3] = {
        {255, 255, 255}, {0, 0, 0}, {254.4f, 0, 0}, {255, 175.1f, 255}};
    float r[4], g[4], b[4];
    nn_kernels_best()->pixel.yuv_to_rgb(r, g, b, y, u, v, 4, m, one, zero);
    for (int i = 0; i < 4; i++) {
        assert_true(fabsf(r[i] - want[i][0]) < 0.6f);
        assert_true(fabsf(g[i] - want[i][1]) < 0.6f);
        assert_true(fabsf(b[i] - want[i][2]) < 0.6f);
    }
}

// --- rows for a screen: all levels give the same bits ---

enum { WIDEST = 300 };

typedef struct rows {
    uint8_t a[2 * WIDEST], b[2 * WIDEST]; // sources
    uint8_t bytes[4 * WIDEST + NN_SCALE_SLACK];
    int16_t line[3][WIDEST + NN_SCALE_SLACK];
    nn_scale_group group[WIDEST / NN_SCALE_GROUP];
} rows;

static void fill_rows(rows *r, nn_rng *rng)
{
    for (int i = 0; i < 2 * WIDEST; i++) {
        r->a[i] = (uint8_t)(nn_rng_below(rng, 4) ? nn_rng_below(rng, 256) : 255);
        r->b[i] = (uint8_t)(nn_rng_below(rng, 4) ? nn_rng_below(rng, 256) : 0);
    }
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < WIDEST + NN_SCALE_SLACK; i++)
            r->line[c][i] =
                (int16_t)(nn_rng_below(rng, 255 * NN_SCALE_ONE + 1) - 128 * NN_SCALE_ONE);
    for (int g = 0; g < WIDEST / NN_SCALE_GROUP; g++) {
        r->group[g].at = (int32_t)nn_rng_below(rng, 2 * WIDEST - 16);
        for (int i = 0; i < NN_SCALE_GROUP; i++) {
            const int w = (int)nn_rng_below(rng, NN_SCALE_ONE + 1);
            r->group[g].pair[2 * i] = (uint8_t)nn_rng_below(rng, 16);
            r->group[g].pair[2 * i + 1] = (uint8_t)nn_rng_below(rng, 16);
            r->group[g].weight[2 * i] = (uint8_t)w;
            r->group[g].weight[2 * i + 1] = (uint8_t)(NN_SCALE_ONE - w);
        }
    }
}

static const nn_scale_colour bt601 = {9539, 13074, -3209, -6660, 16525, 4190};

// Runs kernel `which` on n outputs; returns how many bytes count.
static size_t run_scale(const nn_scale_kernels *k, int which, rows *r, int n)
{
    const int step = 1 + n % 4, groups = n / NN_SCALE_GROUP;
    switch (which) {
    case 0:
        k->blend(r->bytes, r->a, r->b, n % (NN_SCALE_ONE + 1), n);
        return (size_t)n;
    case 1:
        k->halve(r->bytes, r->a, r->b, n);
        return (size_t)n;
    case 2:
        k->pick(r->bytes, r->a + n % 3, step, n / 2);
        return (size_t)(n / 2);
    case 3:
        k->across((int16_t *)(void *)r->bytes, r->a, r->group, groups);
        return (size_t)groups * NN_SCALE_GROUP * sizeof(int16_t);
    case 4:
        k->yuv_to_bgrx(r->bytes, r->line[0], r->line[1], r->line[2], n, &bt601);
        return 4 * (size_t)n;
    default:
        k->rgb_to_bgrx(r->bytes, r->line[0], r->line[1], r->line[2], n);
        return 4 * (size_t)n;
    }
}

static void test_rows_for_a_screen(void **state)
{
    (void)state;
    static rows in, got; // aligned as they come
    nn_rng rng = nn_rng_seed(5);
    nn_kernels reference, k;
    nn_kernels_init(&reference, 0);
    for (size_t level = 1; level < sizeof(levels) / sizeof(*levels); level++) {
        if ((levels[level] & nn_cpu_flags()) != levels[level])
            continue;
        nn_kernels_init(&k, levels[level]);
        for (int turn = 0; turn < 6 * WIDEST; turn++) {
            const int which = turn % 6, n = turn / 6;
            fill_rows(&in, &rng);
            got = in;
            const size_t size = run_scale(&reference.scale, which, &in, n);
            run_scale(&k.scale, which, &got, n);
            for (size_t i = 0; i < size; i++)
                if (got.bytes[i] != in.bytes[i])
                    fail_msg("kernel %d, %d outputs: byte %zu is %d and not %d", which, n, i,
                             got.bytes[i], in.bytes[i]);
        }
    }
}

static void test_rows_by_definition(void **state)
{
    (void)state;
    static const int16_t y[4] = {(235 - 128) * 128, (16 - 128) * 128, (81 - 128) * 128, 127 * 128},
                         u[4] = {0, 0, (90 - 128) * 128, 0}, v[4] = {0, 0, 112 * 128, 127 * 128};
    static const uint8_t want[16] = {255, 255, 255, 255, 0,   0,   0,   255,
                                     0,   0,   254, 255, 255, 175, 255, 255};
    static const uint8_t a[4] = {10, 20, 255, 0}, b[4] = {20, 10, 255, 1};
    uint8_t out[16];
    nn_kernels k;
    nn_kernels_init(&k, 0);
    k.scale.yuv_to_bgrx(out, y, u, v, 4, &bt601);
    assert_memory_equal(out, want, sizeof want);
    k.scale.blend(out, a, b, 32, 4); // a quarter of the way
    assert_memory_equal(out, ((const uint8_t[]){13, 18, 255, 0}), 4);
    k.scale.halve(out, a, b, 2);
    assert_memory_equal(out, ((const uint8_t[]){15, 128}), 2);
    k.scale.pick(out, a + 1, 2, 2);
    assert_memory_equal(out, ((const uint8_t[]){20, 0}), 2);
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_pixel(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_down),
        cmocka_unit_test(test_across),
        cmocka_unit_test(test_yuv_to_rgb),
        cmocka_unit_test(test_known_colours),
        cmocka_unit_test(test_rows_for_a_screen),
        cmocka_unit_test(test_rows_by_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
