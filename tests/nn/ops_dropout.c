// SPDX-License-Identifier: MIT
// dropout: how much is dropped, the same mask in backward, seeds, threads, whole samples,
// inference.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

static void elements_are_dropped_at_rate_p(void **state)
{
    const nn_dropout_params p = {0.3f, 0};
    const nn_shape in = nn_shape_4d(4, 8, 50, 50);
    const int64_t n = nn_shape_count(&in);
    op_run r;
    (void)state;
    op_run_init(&r, &nn_op_dropout, &p, &in, 1, 1, 7);
    op_run_forward(&r);
    op_run_backward(&r);
    int64_t dropped = 0, pairs = 0;
    for (int64_t i = 0; i < n; i++) {
        const float x = nn_tensor_f32(&r.in[0])[i], y = nn_tensor_f32(&r.out)[i];
        const bool gone = nn_tensor_f32(&r.grad_in[0])[i] == 0.0f;
        dropped += gone;
        pairs += gone && i > 0 && nn_tensor_f32(&r.grad_in[0])[i - 1] == 0.0f;
        assert_true(gone ? y == 0.0f : fabsf(y - x / 0.7f) <= 1e-6f);
        assert_true(gone || fabsf(nn_tensor_f32(&r.grad_in[0])[i] -
                                  nn_tensor_f32(&r.grad_out)[i] / 0.7f) <= 1e-6f);
    }
    // Five standard deviations of a binomial; neighbours are independent.
    assert_true(fabs((double)dropped - 0.3 * (double)n) < 5 * sqrt(0.21 * (double)n));
    assert_true(fabs((double)pairs - 0.09 * (double)n) < 7 * sqrt(0.09 * (double)n));
    op_run_release(&r);
}

static void samples_are_dropped_whole(void **state)
{
    const nn_dropout_params p = {0.5f, 1};
    const nn_shape in = nn_shape_4d(400, 2, 3, 3);
    op_run r;
    (void)state;
    op_run_init(&r, &nn_op_dropout, &p, &in, 1, 1, 9);
    op_fill_uniform(&r.in[0], 1.0f, 2.0f, 1);
    op_run_forward(&r);
    int dropped = 0;
    for (int s = 0; s < 400; s++) {
        const float *x = nn_tensor_f32(&r.in[0]) + s * 18, *y = nn_tensor_f32(&r.out) + s * 18;
        dropped += y[0] == 0.0f;
        for (int i = 0; i < 18; i++)
            assert_true(y[i] == (y[0] == 0.0f ? 0.0f : 2.0f * x[i]));
    }
    assert_in_range(dropped, 150, 250);
    op_run_release(&r);
}

// Stochastic depth: over many draws the mean is the input, the variance that of a scaled Bernoulli,
// and a seed gives the same samples on every machine.
static void samples_keep_their_expectation(void **state)
{
    enum { SAMPLES = 64, SEEDS = 400 };
    const nn_dropout_params p = {0.2f, 1};
    const nn_shape in = nn_shape_4d(SAMPLES, 1, 1, 2);
    static const char kept[] = "1111111101101111";
    op_run r;
    double sum = 0;
    (void)state;
    op_run_init(&r, &nn_op_dropout, &p, &in, 1, 1, 0);
    op_fill_uniform(&r.in[0], 1.0f, 1.0f, 1);
    for (int seed = 0; seed < SEEDS; seed++) {
        r.seed = (uint64_t)seed;
        op_run_forward(&r);
        for (int s = 0; s < SAMPLES; s++)
            sum += (double)nn_tensor_f32(&r.out)[2 * s];
        for (int s = 0; seed == 7 && s < 16; s++)
            assert_int_equal(nn_tensor_f32(&r.out)[2 * s] > 0, kept[s] == '1');
    }
    const double n = (double)SAMPLES * SEEDS, deviation = sqrt(0.2 / 0.8 / n);
    assert_true(fabs(sum / n - 1) < 5 * deviation);
    op_run_release(&r);
}

static void seeds_give_other_masks(void **state)
{
    const nn_dropout_params p = {0.5f, 0};
    const nn_shape in = nn_shape_1d(1000);
    float first[1000];
    op_run r;
    (void)state;
    op_run_init(&r, &nn_op_dropout, &p, &in, 1, 1, 1);
    op_run_forward(&r);
    memcpy(first, r.out.data, sizeof first);
    op_run_forward(&r);
    assert_memory_equal(first, r.out.data, sizeof first);
    r.seed = 2;
    op_run_forward(&r);
    int same = 0;
    for (int i = 0; i < 1000; i++)
        same += (first[i] == 0.0f) == (nn_tensor_f32(&r.out)[i] == 0.0f);
    assert_in_range(same, 400, 600);
    op_run_release(&r);
}

// Two processes with half of the samples each drop what one with all of them drops.
static void parts_of_a_batch_drop_the_same(void **state)
{
    const nn_shape whole = nn_shape_4d(6, 3, 4, 5), half = nn_shape_4d(3, 3, 4, 5);
    (void)state;
    for (int k = 0; k < 4; k++) {
        const nn_dropout_params p = {0.5f, k % 2};
        op_run all, part;
        op_run_init(&all, &nn_op_dropout, &p, &whole, 1, 1, 7);
        op_run_init(&part, &nn_op_dropout, &p, &half, 1, 1, 7);
        const int64_t n = nn_shape_count(&half), at = k / 2 * n;
        memcpy(part.in[0].data, nn_tensor_f32(&all.in[0]) + at, nn_tensor_bytes(&part.in[0]));
        memcpy(part.grad_out.data, nn_tensor_f32(&all.grad_out) + at,
               nn_tensor_bytes(&part.grad_out));
        part.batch_offset = k / 2 * 3;
        op_run_forward(&all);
        op_run_forward(&part);
        assert_memory_equal(part.out.data, nn_tensor_f32(&all.out) + at,
                            nn_tensor_bytes(&part.out));
        op_run_backward(&all);
        op_run_backward(&part);
        assert_memory_equal(part.grad_in[0].data, nn_tensor_f32(&all.grad_in[0]) + at,
                            nn_tensor_bytes(&part.out));
        op_run_release(&all);
        op_run_release(&part);
    }
}

static void gradients_threads_and_inference(void **state)
{
    const nn_shape small = nn_shape_4d(6, 2, 3, 4), big = nn_shape_4d(5, 7, 41, 53);
    (void)state;
    for (int per_sample = 0; per_sample < 2; per_sample++)
        for (int i = 0; i < 3; i++) {
            const nn_dropout_params p = {(float)i * 0.5f, per_sample}; // none, half, all
            gradcheck(&nn_op_dropout, &p, &small, 1, 3, NULL);
            gradcheck(&nn_op_dropout, &p, &small, 1, 3, &(gradcheck_options){.inference = true});
            op_expect_same(&nn_op_dropout, &p, &big, 1, 1e-7);
            op_expect_in_place(&nn_op_dropout, &p, &big, 1);
            op_run r;
            op_run_init(&r, &nn_op_dropout, &p, &big, 1, 1, 3);
            r.training = false;
            op_run_forward(&r);
            assert_memory_equal(r.in[0].data, r.out.data, nn_tensor_bytes(&r.out));
            op_run_release(&r);
        }
}

static void wrong_settings_are_named(void **state)
{
    const nn_shape in = nn_shape_1d(3), scalar = {.rank = 0};
    (void)state;
    op_expect_shape_error(&nn_op_dropout, &(nn_dropout_params){1.5f, 0}, &in, 1, "p = 1.5");
    op_expect_shape_error(&nn_op_dropout, &(nn_dropout_params){NAN, 0}, &in, 1, "p = nan");
    op_expect_shape_error(&nn_op_dropout, &(nn_dropout_params){-0.1f, 0}, &in, 1, "p = -0.1");
    op_expect_shape_error(&nn_op_dropout, &(nn_dropout_params){0.1f, 1}, &scalar, 1, "samples");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_dropped_at_rate_p),
        cmocka_unit_test(samples_are_dropped_whole),
        cmocka_unit_test(samples_keep_their_expectation),
        cmocka_unit_test(seeds_give_other_masks),
        cmocka_unit_test(parts_of_a_batch_drop_the_same),
        cmocka_unit_test(gradients_threads_and_inference),
        cmocka_unit_test(wrong_settings_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
