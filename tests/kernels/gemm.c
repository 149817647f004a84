// SPDX-License-Identifier: MIT
// Every level of the gemm family against sums by definition, with canaries round the outputs.
#include "tests/kernels/bench.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/kernels/kernels.h"

#include <math.h>

enum { GUARD = 16 };
static const float canary = 12345.5f;

typedef struct guarded {
    float *block, *data;
    int64_t n;
} guarded;

static guarded new_guarded(int64_t n)
{
    guarded g = {.n = n, .block = nn_alloc((size_t)(n + 2 * GUARD) * sizeof(float))};
    assert_non_null(g.block);
    g.data = g.block + GUARD;
    for (int64_t i = 0; i < n + 2 * GUARD; i++)
        g.block[i] = canary;
    return g;
}

static void check_guards(const guarded *g)
{
    for (int64_t i = 0; i < GUARD; i++)
        assert_true(g->block[i] == canary && g->data[g->n + i] == canary);
}

static guarded new_random(int64_t n, uint64_t seed)
{
    guarded g = new_guarded(n);
    nn_rng rng = nn_rng_seed(seed);
    for (int64_t i = 0; i < n; i++)
        g.data[i] = nn_rng_range(&rng, -1.0f, 1.0f);
    return g;
}

static const unsigned levels[] = {0, NN_CPU_AVX2, NN_CPU_AVX2 | NN_CPU_AVX512, ~0u};
enum { LEVELS = sizeof levels / sizeof *levels };

static nn_gemm_kernels kernels_at(int level)
{
    nn_gemm_kernels k;
    nn_gemm_init(&k, levels[level] & nn_cpu_flags());
    return k;
}

static void check_product(const nn_gemm_kernels *k, bool ta, bool tb, int m, int n, int depth,
                          float alpha, float beta)
{
    int lda = (ta ? m : depth) + 3, ldb = (tb ? depth : n) + 2, ldc = n + 5;
    guarded a = new_random((int64_t)(ta ? depth : m) * lda + 1, 1);
    guarded b = new_random((int64_t)(tb ? n : depth) * ldb + 1, 2);
    guarded c = new_random((int64_t)m * ldc + 1, 3), was = new_random((int64_t)m * ldc + 1, 3);
    if (beta == 0.0f) // must not be read
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
                c.data[i * ldc + j] = NAN;
    k->sgemm(ta, tb, m, n, depth, alpha, a.data, lda, b.data, ldb, beta, c.data, ldc);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < ldc; j++) {
            double e = (double)was.data[i * ldc + j], sum = 0.0;
            for (int p = 0; p < depth && j < n; p++)
                sum += (double)a.data[ta ? p * lda + i : i * lda + p] *
                       (double)b.data[tb ? j * ldb + p : p * ldb + j];
            if (j < n)
                e = (double)alpha * sum + (double)beta * e;
            assert_true(fabs(e - (double)c.data[i * ldc + j]) < 1e-5 * (1 + sqrt(depth)));
        }
    check_guards(&c);
    nn_free(a.block);
    nn_free(b.block);
    nn_free(c.block);
    nn_free(was.block);
}

static void sgemm_is_the_product(void **state)
{
    (void)state;
    const int sizes[][3] = {{1, 1, 1},     {3, 5, 7},   {8, 16, 4},   {17, 130, 65},
                            {64, 33, 129}, {1, 200, 3}, {100, 1, 50}, {13, 257, 9},
                            {0, 4, 4},     {4, 0, 4},   {5, 6, 0}};
    for (int level = 0; level < LEVELS; level++) {
        nn_gemm_kernels k = kernels_at(level);
        for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++)
            for (int t = 0; t < 4; t++)
                for (int s = 0; s < 3; s++)
                    check_product(&k, t & 1, t >> 1, sizes[i][0], sizes[i][1], sizes[i][2],
                                  s == 1 ? 0.5f : 1.0f,
                                  s == 0   ? 0.0f
                                  : s == 1 ? 1.0f
                                           : -2.0f);
    }
}

// channels, in_h, in_w, (out computed), kernel, stride, pad top and left, dilation
static const nn_conv_geometry windows[] = {
    {3, 9, 11, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1},    {2, 17, 40, 0, 0, 3, 3, 2, 2, 1, 1, 1, 1},
    {1, 20, 33, 0, 0, 5, 5, 1, 1, 2, 2, 1, 1},   {2, 21, 67, 0, 0, 5, 5, 2, 2, 2, 2, 1, 1},
    {1, 9, 5, 0, 0, 7, 7, 1, 1, 3, 3, 1, 1},     {1, 30, 75, 0, 0, 7, 7, 2, 2, 3, 3, 1, 1},
    {2, 40, 50, 0, 0, 11, 11, 4, 4, 2, 2, 1, 1}, {2, 12, 19, 0, 0, 3, 3, 1, 1, 2, 3, 2, 3},
    {1, 12, 39, 0, 0, 3, 3, 2, 2, 2, 2, 2, 2},   {1, 6, 9, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1},
    {1, 6, 49, 0, 0, 2, 4, 3, 2, 1, 0, 1, 1},    {1, 5, 31, 0, 0, 3, 3, 1, 1, 4, 4, 1, 1},
    {1, 1, 1, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1},     {2, 13, 22, 0, 0, 5, 5, 3, 3, 2, 2, 1, 1},
};
enum { WINDOWS = sizeof windows / sizeof *windows };

static nn_conv_geometry window_at(int i)
{
    nn_conv_geometry w = windows[i];
    w.out_h = (w.in_h + 2 * w.pad_top - w.dilation_h * (w.kernel_h - 1) - 1) / w.stride_h + 1;
    w.out_w = (w.in_w + 2 * w.pad_left - w.dilation_w * (w.kernel_w - 1) - 1) / w.stride_w + 1;
    return w;
}

// Index into the plane of tap (ky, kx) at output pixel p, -1 outside.
static int64_t source(const nn_conv_geometry *w, int64_t p, int ky, int kx)
{
    int64_t y = p / w->out_w * w->stride_h - w->pad_top + ky * w->dilation_h;
    int64_t x = p % w->out_w * w->stride_w - w->pad_left + kx * w->dilation_w;
    return y < 0 || y >= w->in_h || x < 0 || x >= w->in_w ? -1 : y * w->in_w + x;
}

static void check_columns(const nn_gemm_kernels *k, const nn_conv_geometry *w, int64_t begin,
                          int64_t end)
{
    int64_t pixels = (int64_t)w->in_h * w->in_w, rows = w->channels * w->kernel_h * w->kernel_w;
    int64_t ld = end - begin + 3;
    guarded image = new_random(w->channels * pixels, 1), col = new_random(rows * ld, 2);
    guarded back = new_random(w->channels * pixels, 3), was = new_random(w->channels * pixels, 3);
    k->im2col(col.data, ld, image.data, w, begin, end);
    for (int64_t row = 0; row < rows; row++) {
        int kx = (int)(row % w->kernel_w), ky = (int)(row / w->kernel_w % w->kernel_h);
        int64_t plane = row / w->kernel_w / w->kernel_h * pixels;
        for (int64_t p = begin; p < end; p++) {
            int64_t at = source(w, p, ky, kx);
            float value = col.data[row * ld + p - begin];
            assert_true(value == (at < 0 ? 0.0f : image.data[plane + at]));
            if (at >= 0)
                was.data[plane + at] += value;
        }
    }
    check_guards(&col);
    k->col2im(back.data, col.data, ld, w, begin, end);
    for (int64_t i = 0; i < w->channels * pixels; i++)
        assert_true(fabsf(back.data[i] - was.data[i]) < 1e-5f);
    check_guards(&back);
    nn_free(image.block);
    nn_free(col.block);
    nn_free(back.block);
    nn_free(was.block);
}

static void columns_are_what_the_taps_see(void **state)
{
    (void)state;
    for (int level = 0; level < LEVELS; level++) {
        nn_gemm_kernels k = kernels_at(level);
        for (int i = 0; i < WINDOWS; i++) {
            nn_conv_geometry w = window_at(i);
            int64_t n = (int64_t)w.out_h * w.out_w;
            check_columns(&k, &w, 0, n);
            check_columns(&k, &w, n / 3, n / 3);
            check_columns(&k, &w, n / 3, n - n / 4);
            check_columns(&k, &w, n / 2, n / 2 + 1);
        }
    }
}

static void check_depthwise(const nn_depthwise_plane_kernels *k, const nn_conv_geometry *w)
{
    int64_t n = (int64_t)w->out_h * w->out_w;
    guarded plane = new_random((int64_t)w->in_h * w->in_w, 1);
    guarded kernel = new_random((int64_t)w->kernel_h * w->kernel_w, 2), out = new_guarded(n);
    k->run(out.data, plane.data, kernel.data, 0.25f, w);
    for (int64_t p = 0; p < n; p++) {
        double sum = 0.25;
        for (int i = 0; i < w->kernel_h * w->kernel_w; i++) {
            int64_t at = source(w, p, i / w->kernel_w, i % w->kernel_w);
            sum += at < 0 ? 0.0 : (double)plane.data[at] * (double)kernel.data[i];
        }
        assert_true(fabs(sum - (double)out.data[p]) < 2e-5);
    }
    check_guards(&out);
    nn_free(plane.block);
    nn_free(kernel.block);
    nn_free(out.block);
}

static void check_depthwise_grad(const nn_depthwise_plane_kernels *k, const nn_conv_geometry *w)
{
    int taps = w->kernel_h * w->kernel_w;
    int64_t n = (int64_t)w->out_h * w->out_w, pixels = (int64_t)w->in_h * w->in_w;
    guarded plane = new_random(pixels, 1), kernel = new_random(taps, 2), gy = new_random(n, 3);
    guarded gx = new_random(pixels, 4), gk = new_random(taps, 5);
    double *ex = nn_calloc((size_t)pixels, sizeof *ex), *ek = nn_calloc((size_t)taps, sizeof *ek);
    assert_true(ex && ek);
    for (int64_t i = 0; i < pixels; i++)
        ex[i] = (double)gx.data[i];
    for (int i = 0; i < taps; i++)
        ek[i] = (double)gk.data[i];
    for (int64_t p = 0; p < n; p++)
        for (int i = 0; i < taps; i++) {
            int64_t at = source(w, p, i / w->kernel_w, i % w->kernel_w);
            if (at < 0)
                continue;
            ex[at] += (double)kernel.data[i] * (double)gy.data[p];
            ek[i] += (double)plane.data[at] * (double)gy.data[p];
        }
    k->grad(gx.data, NULL, gy.data, NULL, kernel.data, w);
    k->grad(NULL, gk.data, gy.data, plane.data, NULL, w);
    for (int64_t i = 0; i < pixels; i++)
        assert_true(fabs(ex[i] - (double)gx.data[i]) < 2e-5);
    for (int i = 0; i < taps; i++)
        assert_true(fabs(ek[i] - (double)gk.data[i]) < 1e-4);
    check_guards(&gx);
    check_guards(&gk);
    nn_free(plane.block);
    nn_free(kernel.block);
    nn_free(gy.block);
    nn_free(gx.block);
    nn_free(gk.block);
    nn_free(ex);
    nn_free(ek);
}

static void depthwise_is_the_direct_sum(void **state)
{
    (void)state;
    for (int level = 0; level < LEVELS; level++) {
        nn_depthwise_plane_kernels k;
        nn_depthwise_plane_init(&k, levels[level] & nn_cpu_flags());
        for (int i = 0; i < WINDOWS; i++) {
            nn_conv_geometry w = window_at(i);
            check_depthwise(&k, &w);
            check_depthwise_grad(&k, &w);
        }
    }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_gemm(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgemm_is_the_product),
        cmocka_unit_test(columns_are_what_the_taps_see),
        cmocka_unit_test(depthwise_is_the_direct_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
