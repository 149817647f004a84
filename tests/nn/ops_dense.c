// SPDX-License-Identifier: MIT
// linear, batch_norm and elastic_kernel against their definitions; gradients; errors.
#include "tests/support/gradcheck.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <math.h>

static float *floats(const nn_tensor *t)
{
    return nn_tensor_f32(t);
}

static void linear_is_the_product(void **state)
{
    (void)state;
    const struct {
        nn_shape x;
        int64_t outputs;
        bool bias;
    } cases[] = {
        {nn_shape_2d(1, 37), 300, true},
        {nn_shape_2d(70, 33), 5, false},
        {nn_shape_make(3, (int64_t[]){2, 41, 16}), 140, true},
        {nn_shape_1d(9), 4, true},
        {nn_shape_2d(5, 2100), 150, true}, // few rows, several pieces of the inputs
        {nn_shape_2d(48, 1025), 17, false},
        {nn_shape_2d(8, 16), 16, true}, // small batches
        {nn_shape_make(3, (int64_t[]){3, 13, 300}), 130, true},
        {nn_shape_2d(64, 1032), 65, true},
    };
    for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++) {
        int64_t inputs = cases[i].x.dim[cases[i].x.rank - 1], outputs = cases[i].outputs;
        nn_linear_params p = {NN_ACT_NONE};
        nn_shape in[3] = {cases[i].x, nn_shape_2d(outputs, inputs), {.rank = -1}};
        if (cases[i].bias)
            in[2] = nn_shape_1d(outputs);
        op_run r;
        op_run_init(&r, &nn_op_linear, &p, in, 3, 1, (uint64_t)i);
        op_run_forward(&r);
        int64_t n = nn_shape_count(&r.out.shape);
        float *expected = nn_alloc((size_t)n * sizeof *expected);
        assert_non_null(expected);
        for (int64_t k = 0; k < n; k++) {
            double sum = cases[i].bias ? (double)floats(&r.in[2])[k % outputs] : 0.0;
            for (int64_t j = 0; j < inputs; j++)
                sum += (double)floats(&r.in[0])[k / outputs * inputs + j] *
                       (double)floats(&r.in[1])[k % outputs * inputs + j];
            expected[k] = (float)sum;
        }
        op_expect_close("linear", floats(&r.out), expected, n, 2e-6);
        r.kernels->eltwise.act[NN_ACT_GELU](expected, expected, n);
        p.act = NN_ACT_GELU;
        op_run_forward(&r);
        op_expect_close("linear with gelu", floats(&r.out), expected, n, 2e-6);
        p.act = NN_ACT_NONE;
        gradcheck_run(&r, &(gradcheck_options){.step = 0.1, .max_elements = 60});
        nn_free(expected);
        op_run_release(&r);
    }
}

static void linear_names_wrong_shapes(void **state)
{
    (void)state;
    nn_linear_params p = {NN_ACT_NONE};
    nn_shape in[3] = {nn_shape_2d(2, 7), nn_shape_2d(4, 8), nn_shape_1d(4)};
    op_expect_shape_error(&nn_op_linear, &p, in, 3, "x 2x7 has 7 features, weight 4x8 needs 8");
    in[0] = nn_shape_2d(2, 8);
    in[2] = nn_shape_1d(3);
    op_expect_shape_error(&nn_op_linear, &p, in, 3, "bias 3 does not fit 4 outputs");
    in[1] = nn_shape_1d(8);
    op_expect_shape_error(&nn_op_linear, &p, in, 3, "weight 8 (O,I)");
}

static void norm_shapes(nn_shape in[5], nn_shape x)
{
    in[0] = x;
    for (int i = 1; i < 5; i++)
        in[i] = nn_shape_1d(x.dim[1]);
}

// Mean and biased variance of channel c.
static void channel_stats(const nn_tensor *x, int64_t c, double *mean, double *var, double *count)
{
    int64_t channels = x->shape.dim[1], pixels = nn_shape_span(&x->shape, 2, x->shape.rank);
    double sum = 0.0, squares = 0.0;
    *count = (double)(x->shape.dim[0] * pixels);
    for (int64_t n = 0; n < x->shape.dim[0]; n++)
        for (int64_t i = 0; i < pixels; i++)
            sum += (double)floats(x)[(n * channels + c) * pixels + i];
    *mean = sum / *count;
    for (int64_t n = 0; n < x->shape.dim[0]; n++)
        for (int64_t i = 0; i < pixels; i++)
            squares += pow((double)floats(x)[(n * channels + c) * pixels + i] - *mean, 2.0);
    *var = squares / *count;
}

static void norm_run(op_run *r, nn_shape x, const nn_batch_norm_params *p, int threads)
{
    nn_shape in[5];
    norm_shapes(in, x);
    op_run_init(r, &nn_op_batch_norm, p, in, 5, threads, 4);
    // Far from zero, so that a one-pass variance would show.
    op_fill_uniform(&r->in[0], 99.0f, 102.0f, 5);
    op_fill_uniform(&r->in[4], 0.5f, 2.0f, 6);
}

static void training_norm_uses_the_batch(void **state)
{
    (void)state;
    const nn_shape shapes[] = {nn_shape_4d(3, 4, 33, 47), nn_shape_2d(7, 5),
                               nn_shape_4d(1, 2, 1, 2)};
    nn_batch_norm_params p = {1e-5f, 0.1f, 0};
    for (int i = 0; i < 3; i++) {
        op_run r;
        norm_run(&r, shapes[i], &p, 1);
        int64_t channels = shapes[i].dim[1], pixels = nn_shape_span(&shapes[i], 2, shapes[i].rank);
        float was_mean = floats(&r.in[3])[1], was_var = floats(&r.in[4])[1];
        double mean, var, count;
        channel_stats(&r.in[0], 1, &mean, &var, &count);
        op_run_forward(&r);
        for (int64_t n = 0; n < shapes[i].dim[0]; n++)
            for (int64_t k = 0; k < pixels; k++) {
                int64_t at = (n * channels + 1) * pixels + k;
                double y = ((double)floats(&r.in[0])[at] - mean) / sqrt(var + 1e-5) *
                               (double)floats(&r.in[1])[1] +
                           (double)floats(&r.in[2])[1];
                assert_true(fabs(y - (double)floats(&r.out)[at]) < 3e-5);
            }
        double unbiased = var * count / (count - 1.0);
        assert_true(fabs(0.9 * (double)was_mean + 0.1 * mean - (double)floats(&r.in[3])[1]) < 1e-5);
        assert_true(fabs(0.9 * (double)was_var + 0.1 * unbiased - (double)floats(&r.in[4])[1]) <
                    1e-6);
        op_run_release(&r);
    }
}

static void inference_norm_uses_the_running_statistics(void **state)
{
    (void)state;
    nn_batch_norm_params p = {1e-3f, 0.1f, 0};
    op_run r;
    norm_run(&r, nn_shape_4d(2, 3, 5, 7), &p, 1);
    r.training = false;
    float mean = floats(&r.in[3])[2], var = floats(&r.in[4])[2];
    op_run_forward(&r);
    for (int64_t i = 0; i < 35; i++) {
        double y = ((double)floats(&r.in[0])[70 + i] - (double)mean) / sqrt((double)var + 1e-3) *
                       (double)floats(&r.in[1])[2] +
                   (double)floats(&r.in[2])[2];
        assert_true(fabs(y - (double)floats(&r.out)[70 + i]) < 1e-4);
    }
    assert_true(floats(&r.in[3])[2] == mean && floats(&r.in[4])[2] == var);
    op_run_release(&r);
}

static void norm_gradients_are_the_differences(void **state)
{
    (void)state;
    nn_batch_norm_params p = {1e-5f, 0.1f, 0};
    const nn_shape shapes[] = {nn_shape_4d(2, 3, 5, 7), nn_shape_4d(1, 2, 31, 45),
                               nn_shape_2d(9, 4)};
    for (int i = 0; i < 6; i++) {
        nn_shape in[5];
        op_run r;
        norm_shapes(in, shapes[i % 3]);
        op_run_init(&r, &nn_op_batch_norm, &p, in, 5, 1, (uint64_t)i);
        op_fill_uniform(&r.in[4], 0.5f, 2.0f, 6);
        gradcheck_run(
            &r, &(gradcheck_options){
                    .inference = i >= 3, .step = 2e-2, .tolerance = 5e-3, .max_elements = 60});
        op_run_release(&r);
    }
}

static void norm_threads_change_no_bit(void **state)
{
    (void)state;
    nn_batch_norm_params p = {1e-5f, 0.1f, 0};
    nn_pool *pool = nn_pool_new(2);
    assert_non_null(pool);
    op_run one, two;
    norm_run(&one, nn_shape_4d(2, 9, 21, 33), &p, 1);
    norm_run(&two, nn_shape_4d(2, 9, 21, 33), &p, 2);
    two.pool = pool;
    op_run_forward(&one);
    op_run_forward(&two);
    op_run_backward(&one);
    op_run_backward(&two);
    assert_memory_equal(one.out.data, two.out.data, nn_tensor_bytes(&one.out));
    for (int i = 0; i < 3; i++)
        assert_memory_equal(one.grad_in[i].data, two.grad_in[i].data, nn_tensor_bytes(&one.in[i]));
    op_run_release(&one);
    op_run_release(&two);
    nn_pool_free(pool);
}

static void norm_names_wrong_shapes(void **state)
{
    (void)state;
    nn_batch_norm_params p = {1e-5f, 0.1f, 0};
    nn_shape in[5];
    norm_shapes(in, nn_shape_4d(1, 3, 4, 4));
    in[3] = nn_shape_1d(4);
    op_expect_shape_error(&nn_op_batch_norm, &p, in, 5,
                          "running_mean 4 does not fit the 3 channels");
    in[0] = nn_shape_1d(3);
    op_expect_shape_error(&nn_op_batch_norm, &p, in, 5, "x 3 must be");
    p.eps = 0.0f;
    op_expect_shape_error(&nn_op_batch_norm, &p, in, 5, "eps");
}

static void elastic_shapes(nn_shape in[4], int64_t h, int64_t w)
{
    in[0] = nn_shape_4d(5, 1, 7, 7);
    in[1] = nn_shape_2d(25, 25);
    in[2] = nn_shape_2d(9, 9);
    in[3] = nn_shape_4d(1, 3, h, w);
}

// Element (y, x) of the 5x5 kernel of channel c.
static double five_at(const op_run *r, int64_t c, int y, int x)
{
    double sum = 0.0;
    for (int j = 0; j < 25; j++)
        sum += (double)floats(&r->in[1])[(y * 5 + x) * 25 + j] *
               (double)floats(&r->in[0])[c * 49 + (1 + j / 5) * 7 + 1 + j % 5];
    return sum;
}

static double three_at(const op_run *r, int64_t c, int y, int x)
{
    double sum = 0.0;
    for (int j = 0; j < 9; j++)
        sum += (double)floats(&r->in[2])[(y * 3 + x) * 9 + j] * five_at(r, c, 1 + j / 3, 1 + j % 3);
    return sum;
}

static void elastic_kernel_follows_the_image(void **state)
{
    (void)state;
    const struct {
        int64_t h, w;
        int side;
    } cases[] = {{224, 900, 3}, {335, 335, 3}, {336, 400, 5}, {900, 559, 5}, {560, 560, 7}};
    for (int i = 0; i < 5; i++) {
        nn_shape in[4];
        op_run r;
        int side = cases[i].side;
        elastic_shapes(in, cases[i].h, cases[i].w);
        op_run_init(&r, &nn_op_elastic_kernel, NULL, in, 4, 1, (uint64_t)i);
        nn_free(r.in[3].data); // only its shape may be read
        r.in[3].data = NULL;
        assert_int_equal(r.out.shape.dim[2], side);
        assert_int_equal(r.out.shape.dim[3], side);
        op_run_forward(&r);
        for (int64_t c = 0; c < 5; c++)
            for (int y = 0; y < side; y++)
                for (int x = 0; x < side; x++) {
                    double e = side == 7   ? (double)floats(&r.in[0])[c * 49 + y * 7 + x]
                               : side == 5 ? five_at(&r, c, y, x)
                                           : three_at(&r, c, y, x);
                    assert_true(fabs(e - (double)floats(&r.out)[(c * side + y) * side + x]) < 1e-4);
                }
        gradcheck_run(&r, &(gradcheck_options){.step = 0.05});
        op_run_release(&r);
    }
}

static void elastic_kernel_names_wrong_shapes(void **state)
{
    (void)state;
    nn_shape in[4];
    elastic_shapes(in, 64, 64);
    in[0].dim[3] = 5;
    op_expect_shape_error(&nn_op_elastic_kernel, NULL, in, 4, "master 5x1x7x5");
    elastic_shapes(in, 64, 64);
    in[2] = nn_shape_2d(9, 8);
    op_expect_shape_error(&nn_op_elastic_kernel, NULL, in, 4, "not 9x8");
    in[1] = nn_shape_2d(24, 25);
    op_expect_shape_error(&nn_op_elastic_kernel, NULL, in, 4, "not 24x25");
    elastic_shapes(in, 64, 64);
    in[3] = nn_shape_2d(64, 64);
    op_expect_shape_error(&nn_op_elastic_kernel, NULL, in, 4, "image 64x64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_is_the_product),
        cmocka_unit_test(linear_names_wrong_shapes),
        cmocka_unit_test(training_norm_uses_the_batch),
        cmocka_unit_test(inference_norm_uses_the_running_statistics),
        cmocka_unit_test(norm_gradients_are_the_differences),
        cmocka_unit_test(norm_threads_change_no_bit),
        cmocka_unit_test(norm_names_wrong_shapes),
        cmocka_unit_test(elastic_kernel_follows_the_image),
        cmocka_unit_test(elastic_kernel_names_wrong_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
