// SPDX-License-Identifier: MIT
// conv2d against a direct sum, on every kernel level and for one and two threads; gradients;
// errors.
#include "tests/support/gradcheck.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <stdio.h>

typedef struct conv_case {
    int64_t n, c, h, w, o;
    int64_t kernel[2];
    nn_conv2d_params p;
    bool bias;
} conv_case;

// stride, dilation, pad (top, left, bottom, right), groups, act
static const conv_case cases[] = {
    {1, 3, 9, 11, 4, {3, 3}, {{1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0}, true},
    {2, 3, 37, 29, 6, {11, 11}, {{4, 4}, {1, 1}, {2, 2, 2, 2}, 1, 0}, true},
    {2, 3, 21, 30, 5, {5, 5}, {{2, 2}, {1, 1}, {2, 2, 2, 2}, 1, 0}, false},
    {3, 8, 13, 17, 12, {1, 1}, {{1, 1}, {1, 1}, {0, 0, 0, 0}, 1, 0}, true},
    {2, 8, 13, 17, 12, {1, 1}, {{2, 2}, {1, 1}, {0, 0, 0, 0}, 1, 0}, true},
    {2, 8, 6, 7, 4, {1, 1}, {{1, 1}, {1, 1}, {1, 0, 0, 2}, 2, 0}, true},
    {2, 6, 15, 14, 9, {3, 3}, {{2, 2}, {2, 2}, {2, 2, 2, 2}, 3, 0}, false},
    {1, 4, 12, 19, 4, {3, 5}, {{1, 2}, {3, 1}, {0, 4, 3, 1}, 2, 0}, true},
    {1, 40, 40, 50, 7, {3, 3}, {{1, 1}, {1, 1}, {-1, -1, -1, -1}, 1, 0}, true},
    {17, 5, 7, 7, 3, {3, 3}, {{1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0}, true},
    // several strips an image, several images, more images than are copied at once
    {2, 64, 40, 60, 5, {3, 3}, {{1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0}, true},
    {3, 40, 41, 31, 21, {3, 3}, {{2, 2}, {1, 1}, {1, 1, 1, 1}, 1, 0}, true},
    {3, 96, 96, 90, 3, {3, 3}, {{1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0}, true},
    {2, 3, 14, 15, 4, {3, 2}, {{3, 2}, {2, 3}, {2, 1, 2, 1}, 1, 0}, true},
    {2, 2, 24, 15, 3, {2, 7}, {{5, 3}, {1, 1}, {0, 3, 0, 3}, 1, 0}, true},
    {2, 2, 5, 9, 17, {3, 3}, {{1, 1}, {1, 1}, {3, 4, 5, 3}, 1, 0}, true},
    // depthwise: each kernel size, strides, narrow and wide planes, multiplier 2, dilation
    {2, 5, 20, 15, 5, {3, 3}, {{1, 1}, {1, 1}, {1, 1, 1, 1}, 5, 0}, true},
    {2, 5, 20, 75, 5, {3, 3}, {{2, 2}, {1, 1}, {1, 1, 1, 1}, 5, 0}, false},
    {1, 3, 9, 41, 3, {5, 5}, {{1, 1}, {1, 1}, {2, 2, 2, 2}, 3, 0}, true},
    {1, 3, 9, 44, 3, {5, 5}, {{2, 2}, {1, 1}, {2, 2, 2, 2}, 3, 0}, true},
    {1, 3, 7, 5, 3, {7, 7}, {{1, 1}, {1, 1}, {3, 3, 3, 3}, 3, 0}, true},
    {1, 3, 31, 52, 3, {7, 7}, {{2, 2}, {1, 1}, {3, 2, 1, 3}, 3, 0}, true},
    {2, 3, 9, 21, 6, {3, 3}, {{1, 1}, {2, 3}, {2, 3, 2, 3}, 3, 0}, true},
    {2, 3, 9, 21, 3, {3, 3}, {{2, 2}, {2, 2}, {2, 2, 2, 2}, 3, 0}, true},
    {1, 2, 9, 21, 2, {4, 2}, {{1, 1}, {1, 1}, {0, 1, 2, 0}, 2, 0}, true},
    {1, 2, 14, 21, 2, {3, 3}, {{3, 3}, {1, 1}, {1, 1, 1, 1}, 2, 0}, true},
    {1, 2, 14, 21, 2, {3, 3}, {{2, 1}, {1, 1}, {1, 1, 1, 1}, 2, 0}, true},
    {1, 2, 5, 9, 2, {3, 3}, {{1, 1}, {1, 1}, {3, 4, 5, 3}, 2, 0}, true},
    {1, 2, 1, 1, 2, {3, 3}, {{1, 1}, {1, 1}, {-1, 0, 0, 0}, 2, 0}, true},
    // enough channels for Winograd: odd sizes and paddings, small images, several slices
    {2, 24, 20, 21, 40, {3, 3}, {{1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0}, true},
    {3, 35, 13, 18, 21, {3, 3}, {{1, 1}, {1, 1}, {0, 2, 1, 0}, 1, 0}, false},
    {20, 32, 2, 2, 32, {3, 3}, {{1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0}, false},
    {9, 64, 4, 5, 48, {3, 3}, {{1, 1}, {1, 1}, {2, 2, 2, 2}, 1, 0}, true},
    {3, 48, 120, 131, 16, {3, 3}, {{1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0}, true},
    {2, 48, 20, 21, 40, {5, 5}, {{1, 1}, {1, 1}, {2, 2, 2, 2}, 1, 0}, true},
    {3, 42, 17, 14, 37, {5, 5}, {{1, 1}, {1, 1}, {0, 4, 3, 1}, 1, 0}, false},
    {5, 64, 27, 27, 32, {5, 5}, {{1, 1}, {1, 1}, {2, 2, 2, 2}, 1, 0}, true},
};
enum { CASES = sizeof cases / sizeof *cases };

// How far from direct sums, in units of the largest one.
static double tolerance_of(const conv_case *c)
{
    const bool winograd = c->c >= 16 && c->o >= 16 && c->kernel[0] > 1 && c->p.stride[0] == 1;
    return winograd ? 2e-5 : 2e-6;
}

static int make_shapes(const conv_case *c, nn_shape in[3])
{
    in[0] = nn_shape_4d(c->n, c->c, c->h, c->w);
    in[1] = nn_shape_4d(c->o, c->c / c->p.groups, c->kernel[0], c->kernel[1]);
    in[2] = c->bias ? nn_shape_1d(c->o) : (nn_shape){.rank = -1};
    return 3;
}

static double direct_pixel(const op_run *r, const nn_conv2d_params *p, int64_t n, int64_t o,
                           int64_t oy, int64_t ox)
{
    const nn_shape *x = &r->in[0].shape, *w = &r->in[1].shape;
    bool same = p->pad[0] == -1;
    int64_t top = same ? p->dilation[0] * (w->dim[2] - 1) / 2 : p->pad[0];
    int64_t left = same ? p->dilation[1] * (w->dim[3] - 1) / 2 : p->pad[1];
    int64_t g = o / (w->dim[0] / p->groups);
    double sum = r->in[2].data ? (double)nn_tensor_f32(&r->in[2])[o] : 0.0;
    for (int64_t c = 0; c < w->dim[1]; c++)
        for (int64_t ky = 0; ky < w->dim[2]; ky++)
            for (int64_t kx = 0; kx < w->dim[3]; kx++) {
                int64_t iy = oy * p->stride[0] - top + ky * p->dilation[0];
                int64_t ix = ox * p->stride[1] - left + kx * p->dilation[1];
                if (iy < 0 || iy >= x->dim[2] || ix < 0 || ix >= x->dim[3])
                    continue;
                int64_t plane = n * x->dim[1] + g * w->dim[1] + c;
                sum += (double)nn_tensor_f32(&r->in[0])[(plane * x->dim[2] + iy) * x->dim[3] + ix] *
                       (double)nn_tensor_f32(
                           &r->in[1])[((o * w->dim[1] + c) * w->dim[2] + ky) * w->dim[3] + kx];
            }
    return sum;
}

static float *direct_conv(const op_run *r, const nn_conv2d_params *p)
{
    const nn_shape *y = &r->out.shape;
    float *out = nn_alloc(nn_tensor_bytes(&r->out)), *next = out;
    assert_non_null(out);
    for (int64_t n = 0; n < y->dim[0]; n++)
        for (int64_t o = 0; o < y->dim[1]; o++)
            for (int64_t oy = 0; oy < y->dim[2]; oy++)
                for (int64_t ox = 0; ox < y->dim[3]; ox++)
                    *next++ = (float)direct_pixel(r, p, n, o, oy, ox);
    return out;
}

static const unsigned levels[] = {0, NN_CPU_AVX2, ~0u};

static void forward_is_the_direct_sum(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        float *expected = NULL; // of the same numbers at every level
        for (int level = 0; level < 3; level++) {
            char what[64];
            nn_shape in[3];
            op_run r;
            nn_kernels kernels;
            nn_kernels_init(&kernels, levels[level] & nn_cpu_flags());
            op_run_init(&r, &nn_op_conv2d, &cases[i].p, in, make_shapes(&cases[i], in), 1,
                        (uint64_t)i);
            r.kernels = &kernels;
            op_run_forward(&r);
            if (!expected)
                expected = direct_conv(&r, &cases[i].p);
            snprintf(what, sizeof what, "case %d level %d", i, level);
            op_expect_close(what, nn_tensor_f32(&r.out), expected, nn_shape_count(&r.out.shape),
                            tolerance_of(&cases[i]));
            op_run_release(&r);
        }
        nn_free(expected);
    }
}

static void activation_is_applied_to_the_sum(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        nn_conv2d_params p = cases[i].p;
        nn_shape in[3];
        op_run r;
        op_run_init(&r, &nn_op_conv2d, &p, in, make_shapes(&cases[i], in), 1, (uint64_t)i);
        op_run_forward(&r);
        const int64_t n = nn_shape_count(&r.out.shape);
        float *sum = nn_alloc((size_t)n * sizeof *sum), *want = nn_alloc((size_t)n * sizeof *want);
        assert_non_null(sum);
        assert_non_null(want);
        memcpy(sum, r.out.data, (size_t)n * sizeof *sum);
        for (int act = 1; act < NN_ACT_COUNT; act++) {
            r.kernels->eltwise.act[act](want, sum, n);
            p.act = act;
            op_run_forward(&r);
            op_expect_close(nn_act_names[act], nn_tensor_f32(&r.out), want, n, 1e-6);
        }
        nn_free(sum);
        nn_free(want);
        op_run_release(&r);
    }
}

// Output and gradients of one run, concatenated.
static float *run_all(const conv_case *c, nn_pool *pool, const nn_kernels *kernels, int64_t *count)
{
    nn_shape in[3];
    op_run r;
    op_run_init(&r, &nn_op_conv2d, &c->p, in, make_shapes(c, in), nn_pool_threads(pool), 5);
    r.pool = pool;
    r.kernels = kernels;
    op_run_forward(&r);
    op_run_backward(&r);
    const nn_tensor *parts[] = {&r.out, &r.grad_in[0], &r.grad_in[1], &r.grad_in[2]};
    *count = 0;
    for (int i = 0; i < 3 + c->bias; i++)
        *count += nn_shape_count(&parts[i]->shape);
    float *all = nn_alloc((size_t)*count * sizeof *all), *next = all;
    assert_non_null(all);
    for (int i = 0; i < 3 + c->bias; i++) {
        memcpy(next, parts[i]->data, nn_tensor_bytes(parts[i]));
        next += nn_shape_count(&parts[i]->shape);
    }
    op_run_release(&r);
    return all;
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    for (int threads = 2; threads <= 3; threads++) {
        nn_pool *pool = nn_pool_new(threads);
        assert_non_null(pool);
        for (int i = 0; i < CASES; i++) {
            int64_t n, m;
            float *one = run_all(&cases[i], NULL, nn_kernels_best(), &n);
            float *more = run_all(&cases[i], pool, nn_kernels_best(), &m);
            assert_int_equal(n, m);
            assert_memory_equal(one, more, (size_t)n * sizeof *one);
            nn_free(one);
            nn_free(more);
        }
        nn_pool_free(pool);
    }
}

static void levels_agree_on_gradients(void **state)
{
    (void)state;
    nn_kernels c;
    nn_kernels_init(&c, 0);
    for (int i = 0; i < CASES; i++) {
        int64_t n, m;
        float *plain = run_all(&cases[i], NULL, &c, &n);
        float *best = run_all(&cases[i], NULL, nn_kernels_best(), &m);
        op_expect_close("gradients", best, plain, n, 5e-6);
        nn_free(plain);
        nn_free(best);
    }
}

static void gradients_are_the_differences(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        nn_shape in[3];
        int n_in = make_shapes(&cases[i], in);
        bool large = nn_shape_count(&in[0]) > 100000; // then each difference takes long
        gradcheck(&nn_op_conv2d, &cases[i].p, in, n_in, (uint64_t)i,
                  &(gradcheck_options){.step = 0.1, .max_elements = large ? 8 : 40});
    }
}

static void a_missing_bias_may_be_left_out(void **state)
{
    (void)state;
    nn_conv2d_params p = {{1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0};
    nn_shape in[2] = {nn_shape_4d(1, 2, 5, 6), nn_shape_4d(3, 2, 3, 3)};
    gradcheck(&nn_op_conv2d, &p, in, 2, 3, NULL);
}

static void wrong_shapes_are_named(void **state)
{
    (void)state;
    nn_conv2d_params p = {{1, 1}, {1, 1}, {0, 0, 0, 0}, 1, 0};
    nn_shape in[3] = {nn_shape_4d(1, 3, 8, 8), nn_shape_4d(4, 2, 3, 3), nn_shape_1d(4)};
    op_expect_shape_error(&nn_op_conv2d, &p, in, 3, "has 3 channels, weight 4x2x3x3");
    in[1] = nn_shape_4d(4, 3, 9, 3);
    op_expect_shape_error(&nn_op_conv2d, &p, in, 3, "height 8 with padding 0+0");
    in[1] = nn_shape_4d(4, 3, 3, 9);
    op_expect_shape_error(&nn_op_conv2d, &p, in, 3, "width 8 with padding 0+0");
    in[1] = nn_shape_4d(4, 3, 3, 3);
    in[2] = nn_shape_1d(5);
    op_expect_shape_error(&nn_op_conv2d, &p, in, 3, "bias 5");
    in[0] = nn_shape_2d(3, 8);
    op_expect_shape_error(&nn_op_conv2d, &p, in, 3, "x 3x8");
    in[0] = nn_shape_4d(1, 9, 8, 8);
    p.groups = 3;
    op_expect_shape_error(&nn_op_conv2d, &p, in, 2, "4 output channels do not divide into 3");
    p.groups = 0;
    op_expect_shape_error(&nn_op_conv2d, &p, in, 2, "groups");
    p = (nn_conv2d_params){{1, 0}, {1, 1}, {0, 0, 0, 0}, 1, 0};
    op_expect_shape_error(&nn_op_conv2d, &p, in, 2, "stride 1x0");
    p = (nn_conv2d_params){{1, 1}, {1, 1}, {0, 0, -2, 0}, 1, 0};
    op_expect_shape_error(&nn_op_conv2d, &p, in, 2, "negative padding -2");
    p = (nn_conv2d_params){{1, 1}, {1, 1}, {0, 0, 0, 0}, 1, 99};
    op_expect_shape_error(&nn_op_conv2d, &p, in, 2, "activation 99");
}

static void macs_are_counted(void **state)
{
    (void)state;
    nn_conv2d_params p = {{2, 2}, {1, 1}, {1, 1, 1, 1}, 2, 0};
    nn_shape in[2] = {nn_shape_4d(2, 4, 8, 8), nn_shape_4d(6, 2, 3, 3)}, out;
    assert_int_equal(nn_op_conv2d.shape(&p, in, 2, &out, NULL), NN_OK);
    assert_true(nn_op_conv2d.macs(&p, in, 2, &out) == 2.0 * 6 * 4 * 4 * 2 * 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_the_direct_sum),
        cmocka_unit_test(activation_is_applied_to_the_sum),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(levels_agree_on_gradients),
        cmocka_unit_test(gradients_are_the_differences),
        cmocka_unit_test(a_missing_bias_may_be_left_out),
        cmocka_unit_test(wrong_shapes_are_named),
        cmocka_unit_test(macs_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
