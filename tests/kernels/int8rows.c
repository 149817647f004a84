// SPDX-License-Identifier: MIT
// Rows of quantised images: the reference against the definitions, every level against it, bit for
// bit.
#include "nn/kernels/kernels.h"

#include "nn/base/rng.h"
#include "tests/support/guard.h"

#include <math.h>
#include <stdio.h>

#include "tests/support/test.h"

enum { BLOCK = NN_INT8_BLOCK };

static const unsigned masks[] = {0, NN_CPU_AVX2, NN_CPU_AVX2 | NN_CPU_AVX512,
                                 NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_AVX512_VNNI};
enum { LEVELS = sizeof masks / sizeof *masks };

static nn_int8_row_kernels level(int i)
{
    nn_int8_row_kernels k;
    nn_int8_rows_init(&k, masks[i] & nn_cpu_flags());
    return k;
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

// Also halves, which round to even, and what no quantised value holds.
static guard random_floats(nn_rng *r, int64_t n)
{
    static const float odd[] = {0.5f, 1.5f, -0.5f, 1e30f, -1e30f, 0.0f, -0.0f, INFINITY};
    guard g = guard_new((size_t)n * sizeof(float), 0);
    for (int64_t i = 0; i < n; i++) {
        const int64_t kind = nn_rng_below(r, 24);
        ((float *)g.data)[i] = kind < 8 ? odd[kind] : nn_rng_range(r, -200, 300);
    }
    return g;
}

static void expect_same(const guard *got, const guard *want, const char *what, int at, int turn)
{
    for (size_t i = 0; i < want->bytes; i++)
        if (((uint8_t *)got->data)[i] != ((uint8_t *)want->data)[i])
            fail_msg("%s at level %d, turn %d: byte %zu of %zu is %d and not %d", what, at, turn, i,
                     want->bytes, ((uint8_t *)got->data)[i], ((uint8_t *)want->data)[i]);
}

static void quantising_is_exact(void **state)
{
    nn_rng r = nn_rng_seed(1);
    (void)state;
    for (int turn = 0; turn < 80; turn++) {
        const int64_t n = turn;
        static const float scales[] = {1, 1.0f / 255, 1e-35f, 1e35f};
        const float scale = turn % 2 ? scales[turn / 2 % 4] : nn_rng_range(&r, 0.1f, 3);
        const float zero = (float)nn_rng_below(&r, 256);
        const int channels = 1 + turn % BLOCK, planes_apart = (int)n + turn % 3;
        guard low = random_floats(&r, 8 * n), high = random_floats(&r, 8 * n);
        guard planes = random_floats(&r, (int64_t)channels * planes_apart);
        for (int64_t i = 0; i < 8 * n; i += 5) // at and beside the middle between two bytes
            ((float *)low.data)[i] = i % 2 ? NAN : ((float)i / 4 - 30.5f) * scale;
        guard bytes = random_bytes(&r, BLOCK * n), want[5], got[5];
        const int close = 1 + turn % 4; // channels without gaps
        for (int i = 0; i < LEVELS; i++) {
            const nn_int8_row_kernels k = level(i);
            for (int j = 0; j < 5; j++)
                got[j] = guard_new((size_t)n * (size_t)(j < 2 ? BLOCK : j < 4 ? 32 : close), 0);
            const float *upper = turn % 3 ? high.data : NULL;
            k.quantise(got[0].data, low.data, upper, scale, zero, n);
            k.quantise_planes(got[1].data, planes.data, planes_apart, channels, scale, zero, n);
            k.dequantise(got[2].data, got[3].data, bytes.data, scale, zero, n);
            k.quantise_close(got[4].data, low.data, n, close, scale, zero, n);
            for (int j = 0; j < 5 && i > 0; j++) {
                expect_same(&got[j], &want[j], "quantise", i, turn);
                guard_free(&got[j]);
            }
            if (i == 0)
                memcpy(want, got, sizeof want);
        }
        for (int64_t i = 0; i < 8 * n; i++) { // the definition
            const float x = ((float *)low.data)[i];
            const double y = rint((double)(x / scale)) + zero;
            assert_int_equal(((uint8_t *)want[0].data)[i / 8 * BLOCK + i % 8],
                             (int)fmin(fmax(y, 0), 255));
            const int q = ((uint8_t *)bytes.data)[i / 8 * BLOCK + i % 8];
            assert_true(((float *)want[2].data)[i] == ((float)q - zero) * scale);
        }
        for (int64_t i = 0; i < n; i++)
            assert_int_equal(
                ((uint8_t *)want[1].data)[i * BLOCK + channels - 1],
                nn_int8_quantise(((float *)planes.data)[(channels - 1) * planes_apart + i], scale,
                                 zero));
        for (int64_t i = 0; i < n * close; i++)
            assert_int_equal(
                ((uint8_t *)want[4].data)[i],
                nn_int8_quantise(((float *)low.data)[i % close * n + i / close], scale, zero));
        for (int j = 0; j < 5; j++)
            guard_free(&want[j]);
        guard_free(&low);
        guard_free(&high);
        guard_free(&planes);
        guard_free(&bytes);
    }
}

static void sums_and_tables_are_exact(void **state)
{
    nn_rng r = nn_rng_seed(2);
    (void)state;
    for (int turn = 0; turn < 100; turn++) {
        const int64_t n = turn < 50 ? turn : nn_rng_below(&r, 500);
        guard a = random_bytes(&r, n), b = random_bytes(&r, n), table = random_bytes(&r, 256);
        nn_int8_curve curve;
        nn_int8_make_curve(&curve, NN_ACT_GELU, 20, 10);
        const nn_int8_sum s = {.scale = {nn_rng_range(&r, 0, 1.5f), nn_rng_range(&r, 0, 1.5f)},
                               .shift = nn_rng_range(&r, -150, 100),
                               .low = (float)(turn % 5),
                               .high = 255,
                               .curve = turn % 3 ? NULL : &curve};
        guard want[2], got[2];
        for (int i = 0; i < LEVELS; i++) {
            const nn_int8_row_kernels k = level(i);
            for (int j = 0; j < 2; j++)
                got[j] = guard_new((size_t)n, 0);
            k.add(&s, got[0].data, a.data, b.data, n);
            k.table(got[1].data, a.data, table.data, n);
            for (int j = 0; j < 2 && i > 0; j++) {
                expect_same(&got[j], &want[j], "add, table", i, turn);
                guard_free(&got[j]);
            }
            if (i == 0)
                memcpy(want, got, sizeof want);
        }
        for (int64_t i = 0; i < n; i++) {
            const int p = ((uint8_t *)a.data)[i], q = ((uint8_t *)b.data)[i];
            const double y = (double)p * s.scale[0] + (double)q * s.scale[1] + s.shift;
            if (!s.curve)
                assert_true(fabs(((uint8_t *)want[0].data)[i] - fmin(fmax(y, s.low), 255)) < 0.51);
            assert_int_equal(((uint8_t *)want[1].data)[i], ((uint8_t *)table.data)[p]);
        }
        for (int j = 0; j < 2; j++)
            guard_free(&want[j]);
        guard_free(&a);
        guard_free(&b);
        guard_free(&table);
    }
}

static void products_are_exact(void **state)
{
    nn_rng r = nn_rng_seed(4);
    (void)state;
    for (int turn = 0; turn < 60; turn++) {
        const int64_t n = turn, pixels = n / BLOCK + turn % 5;
        const int zero = (int)nn_rng_below(&r, 256);
        const nn_int8_product p = {{(int)nn_rng_below(&r, 256), (int)nn_rng_below(&r, 256)},
                                   zero,
                                   nn_rng_range(&r, 0.001f, 0.01f),
                                   (float)-zero,
                                   (float)(255 - zero)};
        float scale[BLOCK], shift[BLOCK];
        nn_int8_curve curve;
        nn_int8_make_curve(&curve, NN_ACT_SILU, 20, 0);
        for (int c = 0; c < BLOCK; c++) {
            scale[c] = nn_rng_range(&r, -2, 2);
            shift[c] = nn_rng_range(&r, -50, 50);
        }
        const nn_int8_requant t = {scale,
                                   shift,
                                   0,
                                   (float)-zero,
                                   (float)(255 - zero),
                                   zero,
                                   turn % 3 ? NULL : &curve,
                                   turn % 3 == 1 ? 0.25f : 0};
        guard a = random_bytes(&r, n), b = random_bytes(&r, n);
        guard x = random_bytes(&r, pixels * BLOCK), want[2], got[2];
        for (int i = 0; i < LEVELS; i++) {
            const nn_int8_row_kernels k = level(i);
            got[0] = guard_new((size_t)n, 0);
            got[1] = guard_new((size_t)(pixels * BLOCK), 0);
            k.multiply(&p, got[0].data, a.data, b.data, n);
            k.affine(&t, p.zero[0], got[1].data, x.data, pixels);
            for (int j = 0; j < 2 && i > 0; j++) {
                expect_same(&got[j], &want[j], "multiply, affine", i, turn);
                guard_free(&got[j]);
            }
            if (i == 0)
                memcpy(want, got, sizeof want);
        }
        for (int64_t i = 0; i < n; i++) {
            const int left = ((uint8_t *)a.data)[i] - p.zero[0];
            const double y = (double)left * (((uint8_t *)b.data)[i] - p.zero[1]) * p.scale + zero;
            assert_true(fabs(((uint8_t *)want[0].data)[i] - fmin(fmax(y, 0), 255)) < 0.51);
        }
        for (int64_t i = 0; i < pixels * BLOCK && !t.curve; i++) {
            double y =
                (double)(((uint8_t *)x.data)[i] - p.zero[0]) * scale[i % BLOCK] + shift[i % BLOCK];
            y = (y < 0 && t.slope > 0 ? y * t.slope : y) + zero;
            assert_true(fabs(((uint8_t *)want[1].data)[i] - fmin(fmax(y, 0), 255)) < 0.51);
        }
        for (int j = 0; j < 2; j++)
            guard_free(&want[j]);
        guard_free(&a);
        guard_free(&b);
        guard_free(&x);
    }
}

static void blends_are_exact(void **state)
{
    nn_rng r = nn_rng_seed(5);
    (void)state;
    for (int turn = 0; turn < 40; turn++) {
        enum { WIDTH = 7, MOST = 40 };
        nn_nchw8c_tap columns[MOST];
        const nn_int8_blend t = {nn_rng_range(&r, 0, 1), (float)nn_rng_below(&r, 256),
                                 nn_rng_range(&r, 0.2f, 2), (float)nn_rng_below(&r, 256)};
        guard top = random_bytes(&r, WIDTH * BLOCK), bottom = random_bytes(&r, WIDTH * BLOCK);
        guard want = {0};
        for (int i = 0; i < turn; i++)
            columns[i] = (nn_nchw8c_tap){(int)nn_rng_below(&r, WIDTH), (int)nn_rng_below(&r, WIDTH),
                                         turn % 4 ? nn_rng_range(&r, 0, 1) : 0};
        for (int i = 0; i < LEVELS; i++) {
            const nn_int8_row_kernels k = level(i);
            guard got = guard_new((size_t)turn * BLOCK, 0);
            k.blend(&t, got.data, top.data, bottom.data, columns, turn);
            if (i > 0) {
                expect_same(&got, &want, "blend", i, turn);
                guard_free(&got);
            } else {
                want = got;
            }
        }
        for (int i = 0; i < turn * BLOCK; i++) {
            double row[2];
            for (int k = 0; k < 2; k++) {
                const uint8_t *x = k ? bottom.data : top.data;
                const double weight = (double)columns[i / BLOCK].weight;
                row[k] = x[columns[i / BLOCK].a * BLOCK + i % BLOCK] * (1 - weight) +
                         x[columns[i / BLOCK].b * BLOCK + i % BLOCK] * weight;
            }
            const double v = row[0] + (row[1] - row[0]) * (double)t.weight;
            const double y = (v - (double)t.zero) * (double)t.scale + (double)t.out_zero;
            assert_true(fabs(((uint8_t *)want.data)[i] - fmin(fmax(y, 0), 255)) < 0.51);
        }
        guard_free(&want);
        guard_free(&top);
        guard_free(&bottom);
    }
}

// A window over an image that ends with the last tap of the last window.
static void windows_are_exact(void **state)
{
    nn_rng r = nn_rng_seed(3);
    (void)state;
    for (int turn = 0; turn < 100; turn++) {
        const bool large = turn % 25 == 24; // sums of more than 16 bits
        const int height = large ? 17 : 1 + (int)nn_rng_below(&r, 5);
        const int width = large ? 16 : 1 + (int)nn_rng_below(&r, 5);
        const int taps = height * width, stride = 1 + turn % 3, apart = 1 + turn % 2;
        const int64_t n = turn < 40 ? turn : nn_rng_below(&r, 90);
        const int64_t columns = (n ? n - 1 : 0) * stride + (width - 1) * apart + 1;
        const nn_int8_window w = {height, width, (columns + turn % 3) * BLOCK, apart * BLOCK,
                                  (int64_t)stride * BLOCK};
        guard x = random_bytes(&r, (height - 1) * w.row + columns * BLOCK);
        guard skip = random_bytes(&r, n * BLOCK), weight = random_bytes(&r, taps * BLOCK);
        float scale[BLOCK], shift[BLOCK];
        int32_t start[BLOCK];
        for (int c = 0; c < BLOCK; c++) {
            scale[c] = nn_rng_range(&r, 0.001f, 0.01f);
            shift[c] = nn_rng_range(&r, -50, 150);
            start[c] = (int32_t)nn_rng_below(&r, 20000) - 10000;
        }
        const int zero = turn % 4 * 60;
        const float mean_scale = nn_rng_range(&r, 0.5f, 1.5f) / (float)taps;
        const float mean_shift = nn_rng_range(&r, -40, 40);
        const nn_int8_requant requant = {scale, shift, 0.3f, (float)-zero, (float)(255 - zero),
                                         zero,  NULL,  0};
        const nn_int8_depthwise d = {w, weight.data, start, requant};
        guard want[3], got[3];
        for (int i = 0; i < LEVELS; i++) {
            const nn_int8_row_kernels k = level(i);
            for (int j = 0; j < 3; j++)
                got[j] = guard_new((size_t)n * BLOCK, 0);
            k.max(&w, got[0].data, x.data, n);
            k.mean(&w, got[1].data, x.data, mean_scale, mean_shift, n);
            k.depthwise(&d, got[2].data, x.data, turn % 2 ? skip.data : NULL, n);
            for (int j = 0; j < 3 && i > 0; j++) {
                expect_same(&got[j], &want[j], "window", i, turn);
                guard_free(&got[j]);
            }
            if (i == 0)
                memcpy(want, got, sizeof want);
        }
        for (int64_t i = 0; i < n * BLOCK; i++) {
            int most = 0;
            int64_t sum = 0, product = start[i % BLOCK];
            for (int t = 0; t < taps; t++) {
                const int v = ((uint8_t *)x.data)[i / BLOCK * w.step + t / width * w.row +
                                                  t % width * w.tap + i % BLOCK];
                most = v > most ? v : most;
                sum += v;
                product += v * ((int8_t *)weight.data)[t * BLOCK + i % BLOCK];
            }
            const double y = (double)product * scale[i % BLOCK] + shift[i % BLOCK] +
                             (turn % 2 ? 0.3 * ((uint8_t *)skip.data)[i] : 0) + zero;
            assert_int_equal(((uint8_t *)want[0].data)[i], most);
            const double mean = (double)sum * mean_scale + mean_shift;
            assert_true(fabs(((uint8_t *)want[1].data)[i] - fmin(fmax(mean, 0), 255)) < 0.501);
            assert_true(fabs(((uint8_t *)want[2].data)[i] - fmin(fmax(y, 0), 255)) < 0.52);
        }
        for (int j = 0; j < 3; j++)
            guard_free(&want[j]);
        guard_free(&x);
        guard_free(&skip);
        guard_free(&weight);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantising_is_exact), cmocka_unit_test(sums_and_tables_are_exact),
        cmocka_unit_test(products_are_exact),  cmocka_unit_test(blends_are_exact),
        cmocka_unit_test(windows_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
