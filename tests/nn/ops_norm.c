// SPDX-License-Identifier: MIT
// layer_norm and local_response_norm: values by definition, gradients, threads, errors.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

static double at(const nn_tensor *t, int64_t i)
{
    return (double)nn_tensor_f32(t)[i];
}

static void layer_norm_has_unit_rows(void **state)
{
    (void)state;
    const nn_layer_norm_params p = {1e-3f};
    const nn_shape in[] = {{3, {2, 3, 77}}, nn_shape_1d(77), nn_shape_1d(77)};
    for (int n_in = 2; n_in <= 3; n_in++) {
        op_run r;
        op_run_init(&r, &nn_op_layer_norm, &p, in, n_in, 1, 1);
        op_fill_uniform(&r.in[0], 99.0f, 101.0f, 3);
        op_run_forward(&r);
        for (int64_t row = 0; row < 6; row++) {
            double mean = 0, var = 0;
            for (int64_t i = 0; i < 77; i++)
                mean += at(&r.in[0], row * 77 + i) / 77;
            for (int64_t i = 0; i < 77; i++)
                var += pow(at(&r.in[0], row * 77 + i) - mean, 2) / 77;
            for (int64_t i = 0; i < 77; i++) {
                double want = (at(&r.in[0], row * 77 + i) - mean) / sqrt(var + 1e-3);
                want = want * at(&r.in[1], i) + (n_in > 2 ? at(&r.in[2], i) : 0);
                assert_true(fabs(want - at(&r.out, row * 77 + i)) < 5e-5);
            }
        }
        op_run_release(&r);
    }
}

static void layer_norm_gradients_and_threads(void **state)
{
    (void)state;
    const nn_layer_norm_params p = {1e-5f};
    const nn_shape small[] = {{3, {2, 3, 17}}, nn_shape_1d(17), nn_shape_1d(17)};
    const nn_shape big[] = {nn_shape_2d(700, 130), nn_shape_1d(130), nn_shape_1d(130)};
    gradcheck(&nn_op_layer_norm, &p, small, 3, 1, NULL);
    gradcheck(&nn_op_layer_norm, &p, small, 2, 2, NULL);
    op_expect_same(&nn_op_layer_norm, &p, big, 3, 1e-5);
    op_expect_in_place(&nn_op_layer_norm, &p, big, 3);
}

static void layer_norm_errors_are_named(void **state)
{
    (void)state;
    nn_layer_norm_params p = {1e-5f};
    nn_shape in[] = {{3, {2, 3, 7}}, nn_shape_1d(7), nn_shape_1d(3)};
    op_expect_shape_error(&nn_op_layer_norm, &p, in, 3, "bias 3 does not fit x 2x3x7");
    in[1] = nn_shape_2d(7, 1);
    op_expect_shape_error(&nn_op_layer_norm, &p, in, 2, "weight 7x1");
    in[0] = (nn_shape){.rank = 0};
    op_expect_shape_error(&nn_op_layer_norm, &p, in, 2, "must be (...,C)");
    p.eps = 0;
    op_expect_shape_error(&nn_op_layer_norm, &p, in, 2, "eps 0");
}

static const nn_lrn_params lrn_cases[] = {
    {5, 0.8f, 0.75f, 2.0f}, {5, 0.8f, 0.75f, 1.0f}, {4, 0.5f, 0.6f, 1.5f},
    {1, 1.0f, 0.5f, 1.0f},  {9, 0.9f, 1.2f, 1.0f},  {2, 0.7f, 0.75f, 0.5f},
};
enum { LRN_CASES = sizeof lrn_cases / sizeof *lrn_cases };

static void lrn_divides_by_the_channels_around(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_4d(2, 7, 11, 13);
    const int64_t pixels = 11 * 13;
    for (int k = 0; k < LRN_CASES; k++) {
        const nn_lrn_params *p = &lrn_cases[k];
        op_run r;
        op_run_init(&r, &nn_op_local_response_norm, p, &in, 1, 1, 1);
        op_run_forward(&r);
        for (int64_t i = 0; i < nn_shape_count(&in); i++) {
            const int64_t c = i / pixels % 7;
            double sum = 0;
            for (int64_t j = -(p->size / 2); j <= (p->size - 1) / 2; j++)
                if (c + j >= 0 && c + j < 7)
                    sum += pow(at(&r.in[0], i + j * pixels), 2);
            const double base = (double)p->k + (double)p->alpha / p->size * sum;
            const double want = at(&r.in[0], i) * pow(base, -(double)p->beta);
            assert_true(fabs(want - at(&r.out, i)) < 1e-6);
        }
        op_run_release(&r);
    }
}

static void lrn_gradients_and_threads(void **state)
{
    (void)state;
    const nn_shape small = nn_shape_4d(2, 7, 2, 3), flat = nn_shape_2d(3, 6),
                   big = nn_shape_4d(3, 19, 23, 29);
    for (int k = 0; k < LRN_CASES; k++) {
        gradcheck(&nn_op_local_response_norm, &lrn_cases[k], &small, 1, 1, NULL);
        gradcheck(&nn_op_local_response_norm, &lrn_cases[k], &flat, 1, 2, NULL);
        op_expect_same(&nn_op_local_response_norm, &lrn_cases[k], &big, 1, 0.0);
    }
}

static void lrn_errors_are_named(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_4d(1, 3, 4, 4), line = nn_shape_1d(3);
    const nn_op *op = &nn_op_local_response_norm;
    op_expect_shape_error(op, &(nn_lrn_params){0, 1, 0.75f, 1}, &in, 1, "size 0");
    op_expect_shape_error(op, &(nn_lrn_params){5, -1, 0.75f, 1}, &in, 1, "alpha -1");
    op_expect_shape_error(op, &(nn_lrn_params){5, 1, NAN, 1}, &in, 1, "beta nan");
    op_expect_shape_error(op, &(nn_lrn_params){5, 1, 0.75f, 0}, &in, 1, "k 0");
    op_expect_shape_error(op, &lrn_cases[0], &line, 1, "x 3 must be");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_norm_has_unit_rows),
        cmocka_unit_test(layer_norm_gradients_and_threads),
        cmocka_unit_test(layer_norm_errors_are_named),
        cmocka_unit_test(lrn_divides_by_the_channels_around),
        cmocka_unit_test(lrn_gradients_and_threads),
        cmocka_unit_test(lrn_errors_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
