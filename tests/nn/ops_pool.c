// SPDX-License-Identifier: MIT
// Max and average pooling against direct loops: ceil mode, divisors, ties, gradients, errors.
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <stdio.h>

typedef struct pool_case {
    int64_t n, c, h, w;
    nn_pool2d_params p;
    int64_t out_h, out_w; // as torch gives them
} pool_case;

// kernel, stride, pad (top, left, bottom, right), ceil_mode, count_include_pad
static const pool_case cases[] = {
    {2, 3, 12, 14, {{2, 2}, {2, 2}, {0, 0, 0, 0}, 0, 1}, 6, 7},
    {2, 3, 13, 15, {{3, 3}, {2, 2}, {0, 0, 0, 0}, 0, 1}, 6, 7},
    {2, 3, 13, 16, {{3, 3}, {2, 2}, {1, 1, 1, 1}, 0, 1}, 7, 8},
    {1, 2, 14, 16, {{3, 3}, {2, 2}, {0, 0, 0, 0}, 1, 1}, 7, 8},
    {1, 2, 14, 16, {{3, 3}, {2, 2}, {1, 1, 1, 1}, 1, 0}, 8, 9},
    {1, 2, 7, 9, {{3, 3}, {1, 1}, {1, 1, 1, 1}, 0, 0}, 7, 9},
    {1, 2, 6, 1201, {{3, 5}, {1, 2}, {1, 2, 0, 1}, 0, 1}, 5, 600},
    {1, 2, 6, 9, {{2, 2}, {3, 3}, {0, 0, 0, 0}, 1, 1}, 2, 3},
    {1, 1, 5, 5, {{3, 3}, {3, 3}, {1, 1, 1, 1}, 1, 1}, 2, 2},
    {1, 1, 4, 4, {{2, 2}, {4, 4}, {1, 1, 1, 1}, 1, 1}, 2, 2},
    {1, 1, 1, 1, {{3, 3}, {1, 1}, {1, 1, 1, 1}, 0, 1}, 1, 1},
};
enum { CASES = sizeof cases / sizeof *cases };

static nn_shape shape_of(const pool_case *c)
{
    return nn_shape_4d(c->n, c->c, c->h, c->w);
}

// One output by definition: visit every tap, padding included.
static double direct(const pool_case *c, const float *x, int64_t oy, int64_t ox, bool max)
{
    double best = -INFINITY, sum = 0.0;
    int inside = 0, padded = 0;
    for (int64_t ky = 0; ky < c->p.kernel[0]; ky++)
        for (int64_t kx = 0; kx < c->p.kernel[1]; kx++) {
            int64_t y = oy * c->p.stride[0] - c->p.pad[0] + ky;
            int64_t i = ox * c->p.stride[1] - c->p.pad[1] + kx;
            padded += y < c->h + c->p.pad[2] && i < c->w + c->p.pad[3];
            if (y < 0 || y >= c->h || i < 0 || i >= c->w)
                continue;
            inside++;
            sum += (double)x[y * c->w + i];
            best = fmax(best, (double)x[y * c->w + i]);
        }
    return max ? best : sum / (c->p.count_include_pad ? padded : inside);
}

static void check_forward(const nn_op *op, bool max, bool training)
{
    for (int i = 0; i < CASES; i++) {
        const pool_case *c = &cases[i];
        nn_shape in = shape_of(c);
        char what[64];
        op_run r;
        op_run_init(&r, op, &c->p, &in, 1, 1, (uint64_t)i);
        r.training = training;
        assert_int_equal(r.out.shape.dim[2], c->out_h);
        assert_int_equal(r.out.shape.dim[3], c->out_w);
        op_run_forward(&r);
        float *expected = nn_alloc(nn_tensor_bytes(&r.out)), *next = expected;
        assert_non_null(expected);
        for (int64_t plane = 0; plane < c->n * c->c; plane++)
            for (int64_t oy = 0; oy < c->out_h; oy++)
                for (int64_t ox = 0; ox < c->out_w; ox++)
                    *next++ = (float)direct(c, nn_tensor_f32(&r.in[0]) + plane * c->h * c->w, oy,
                                            ox, max);
        snprintf(what, sizeof what, "%s case %d", op->name, i);
        op_expect_close(what, nn_tensor_f32(&r.out), expected, nn_shape_count(&r.out.shape),
                        max ? 0.0 : 1e-6);
        nn_free(expected);
        op_run_release(&r);
    }
}

static void max_is_the_largest(void **state)
{
    (void)state;
    check_forward(&nn_op_max_pool, true, true);
    check_forward(&nn_op_max_pool, true, false);
}

static void average_has_torchs_divisor(void **state)
{
    (void)state;
    check_forward(&nn_op_avg_pool, false, false);
}

static void gradients_are_the_differences(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        nn_shape in = shape_of(&cases[i]);
        gradcheck(&nn_op_avg_pool, &cases[i].p, &in, 1, (uint64_t)i,
                  &(gradcheck_options){.step = 0.1, .max_elements = 60});
        gradcheck(&nn_op_max_pool, &cases[i].p, &in, 1, (uint64_t)i,
                  &(gradcheck_options){.step = 1e-3, .max_elements = 60});
    }
}

static void the_first_of_equal_maxima_gets_the_gradient(void **state)
{
    (void)state;
    nn_pool2d_params p = {{2, 2}, {2, 2}, {0, 0, 0, 0}, 0, 0};
    nn_shape in = nn_shape_4d(1, 1, 2, 4);
    op_run r;
    op_run_init(&r, &nn_op_max_pool, &p, &in, 1, 1, 1);
    memcpy(r.in[0].data, (float[]){0, 3, 5, 5, 3, 3, 5, 5}, 8 * sizeof(float));
    memcpy(r.grad_out.data, (float[]){2, 7}, 2 * sizeof(float));
    op_run_forward(&r);
    op_run_backward(&r);
    const float expected[] = {0, 2, 7, 0, 0, 0, 0, 0};
    assert_memory_equal(r.grad_in[0].data, expected, sizeof expected);
    op_run_release(&r);
}

static void a_nan_stays_visible(void **state)
{
    (void)state;
    nn_pool2d_params p = {{3, 3}, {1, 1}, {1, 1, 1, 1}, 0, 0};
    nn_shape in = nn_shape_4d(1, 1, 4, 4);
    for (int training = 0; training < 2; training++) {
        op_run r;
        op_run_init(&r, &nn_op_max_pool, &p, &in, 1, 1, 1);
        r.training = training;
        nn_tensor_f32(&r.in[0])[0] = NAN;
        op_run_forward(&r);
        assert_true(isnan(nn_tensor_f32(&r.out)[0]));
        assert_false(isnan(nn_tensor_f32(&r.out)[15]));
        op_run_release(&r);
    }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    const nn_op *ops[] = {&nn_op_max_pool, &nn_op_avg_pool};
    nn_pool *pool = nn_pool_new(2);
    assert_non_null(pool);
    for (int i = 0; i < 2 * CASES; i++) {
        nn_shape in = shape_of(&cases[i / 2]);
        op_run one, two;
        op_run_init(&one, ops[i % 2], &cases[i / 2].p, &in, 1, 1, 3);
        op_run_init(&two, ops[i % 2], &cases[i / 2].p, &in, 1, 2, 3);
        two.pool = pool;
        op_run_forward(&one);
        op_run_forward(&two);
        op_run_backward(&one);
        op_run_backward(&two);
        assert_memory_equal(one.out.data, two.out.data, nn_tensor_bytes(&one.out));
        assert_memory_equal(one.grad_in[0].data, two.grad_in[0].data, nn_tensor_bytes(&one.in[0]));
        op_run_release(&one);
        op_run_release(&two);
    }
    nn_pool_free(pool);
}

static void wrong_shapes_are_named(void **state)
{
    (void)state;
    nn_pool2d_params p = {{3, 3}, {2, 2}, {0, 0, 0, 0}, 0, 0};
    nn_shape in = nn_shape_4d(1, 1, 2, 8);
    op_expect_shape_error(&nn_op_max_pool, &p, &in, 1, "max_pool: height 2 with padding 0+0");
    in = nn_shape_4d(1, 1, 8, 2);
    op_expect_shape_error(&nn_op_avg_pool, &p, &in, 1, "avg_pool: width 2 with padding 0+0");
    in = nn_shape_2d(8, 8);
    op_expect_shape_error(&nn_op_avg_pool, &p, &in, 1, "x 8x8 must be (N,C,H,W)");
    p.pad[3] = 3;
    op_expect_shape_error(&nn_op_avg_pool, &p, &in, 1, "padding 3 must be 0 .. 2");
    p.stride[1] = 0;
    op_expect_shape_error(&nn_op_max_pool, &p, &in, 1, "stride 2x0 must be positive");
}

// size, input; windows overlap where the input is no multiple of the size, repeat where it is
// smaller.
static void adaptive_pooling_has_the_size_asked_for(void **state)
{
    (void)state;
    const struct {
        nn_adaptive_pool_params p;
        int64_t h, w;
    } adaptive[] = {{{{6, 6}}, 6, 6},   {{{6, 6}}, 5, 13}, {{{7, 7}}, 16, 1},
                    {{{4, 4}}, 14, 15}, {{{1, 1}}, 9, 7},  {{{3, 5}}, 40, 33}};
    for (size_t i = 0; i < sizeof adaptive / sizeof *adaptive; i++) {
        const nn_adaptive_pool_params *p = &adaptive[i].p;
        const int64_t h = adaptive[i].h, w = adaptive[i].w;
        const nn_shape in = nn_shape_4d(2, 3, h, w);
        op_run r;
        op_run_init(&r, &nn_op_adaptive_avg_pool, p, &in, 1, 1, i);
        op_run_forward(&r);
        const float *y = nn_tensor_f32(&r.out);
        for (int64_t plane = 0; plane < 6; plane++)
            for (int oy = 0; oy < p->size[0]; oy++)
                for (int ox = 0; ox < p->size[1]; ox++) {
                    double sum = 0.0;
                    int count = 0;
                    for (int64_t iy = 0; iy < h; iy++)
                        for (int64_t ix = 0; ix < w; ix++)
                            if (iy >= floor((double)oy * h / p->size[0]) &&
                                iy < ceil((oy + 1.0) * h / p->size[0]) &&
                                ix >= floor((double)ox * w / p->size[1]) &&
                                ix < ceil((ox + 1.0) * w / p->size[1])) {
                                sum += (double)nn_tensor_f32(&r.in[0])[(plane * h + iy) * w + ix];
                                count++;
                            }
                    assert_true(fabs(sum / count - (double)*y++) < 1e-6);
                }
        op_run_release(&r);
        gradcheck(&nn_op_adaptive_avg_pool, p, &in, 1, 1, NULL);
        op_expect_same(&nn_op_adaptive_avg_pool, p, &in, 1, 0.0);
    }
    const nn_shape flat = nn_shape_2d(3, 4), in = nn_shape_4d(1, 1, 4, 4);
    op_expect_shape_error(&nn_op_adaptive_avg_pool, &adaptive[0].p, &flat, 1, "x 3x4 must be");
    op_expect_shape_error(&nn_op_adaptive_avg_pool, &(nn_adaptive_pool_params){{0, 1}}, &in, 1,
                          "size 0x1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(max_is_the_largest),
        cmocka_unit_test(average_has_torchs_divisor),
        cmocka_unit_test(gradients_are_the_differences),
        cmocka_unit_test(the_first_of_equal_maxima_gets_the_gradient),
        cmocka_unit_test(a_nan_stays_visible),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(wrong_shapes_are_named),
        cmocka_unit_test(adaptive_pooling_has_the_size_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
