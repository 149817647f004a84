// SPDX-License-Identifier: MIT
// gather_elements, gather_nd, scatter_elements, scatter_nd, cum_sum, top_k: against plain loops,
// gradients, refusals.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

static void expect(const op_run *r, const float *want, int n)
{
    assert_int_equal(nn_shape_count(&r->out.shape), n);
    for (int i = 0; i < n; i++)
        if (nn_tensor_f32(&r->out)[i] != want[i])
            fail_msg("element %d is %g, not %g", i, (double)nn_tensor_f32(&r->out)[i],
                     (double)want[i]);
}

static void test_gather_elements(void **state)
{
    (void)state;
    const nn_shape in[] = {{2, {3, 4}}, {2, {2, 3}}};
    static const float index[] = {2, 0, -1, 1, 9, NAN};
    op_run r;
    op_run_init(&r, &nn_op_gather_elements, &(nn_gather_elements_params){0}, in, 2, 1, 3);
    memcpy(r.in[1].data, index, sizeof index);
    const float *x = r.in[0].data;
    op_run_forward(&r);
    expect(&r, (float[]){x[8], x[1], x[10], x[4], x[9], x[2]}, 6);
    gradcheck_run(&r, NULL);
    op_run_release(&r);
    op_run_init(&r, &nn_op_gather_elements, &(nn_gather_elements_params){-1}, in, 2, 1, 3);
    memcpy(r.in[1].data, index, sizeof index);
    x = r.in[0].data;
    op_run_forward(&r);
    expect(&r, (float[]){x[2], x[0], x[3], x[5], x[7], x[4]}, 6);
    op_run_release(&r);
    const nn_shape big[] = {{3, {7, 40, 50}}, {3, {7, 33, 50}}};
    op_expect_same(&nn_op_gather_elements, &(nn_gather_elements_params){1}, big, 2, 0);
    op_expect_shape_error(&nn_op_gather_elements, &(nn_gather_elements_params){2}, in, 2, "axis");
    const nn_shape wide[] = {{2, {3, 4}}, {2, {2, 5}}};
    op_expect_shape_error(&nn_op_gather_elements, &(nn_gather_elements_params){0}, wide, 2, "2x5");
    const nn_shape flat[] = {{2, {3, 4}}, {1, {2}}};
    op_expect_shape_error(&nn_op_gather_elements, &(nn_gather_elements_params){0}, flat, 2, "fit");
}

static void test_gather_nd(void **state)
{
    (void)state;
    const nn_shape in[] = {{3, {2, 3, 2}}, {2, {3, 2}}}, shared[] = {{3, {2, 3, 2}}, {2, {2, 1}}};
    static const float index[] = {1, 0, -1, 2, 0, 1};
    op_run r;
    op_run_init(&r, &nn_op_gather_nd, &(nn_gather_nd_params){0}, in, 2, 1, 3);
    memcpy(r.in[1].data, index, sizeof index);
    const float *x = r.in[0].data;
    op_run_forward(&r);
    expect(&r, (float[]){x[6], x[7], x[10], x[11], x[2], x[3]}, 6);
    gradcheck_run(&r, NULL);
    op_run_release(&r);
    op_run_init(&r, &nn_op_gather_nd, &(nn_gather_nd_params){1}, shared, 2, 1, 3);
    memcpy(r.in[1].data, (float[]){2, 0}, 2 * sizeof(float));
    x = r.in[0].data;
    op_run_forward(&r);
    expect(&r, (float[]){x[4], x[5], x[6], x[7]}, 4);
    gradcheck_run(&r, NULL);
    op_run_release(&r);
    op_expect_shape_error(&nn_op_gather_nd, &(nn_gather_nd_params){2}, in, 2, "2 shared axes");
    const nn_shape deep[] = {{2, {3, 4}}, {2, {5, 3}}};
    op_expect_shape_error(&nn_op_gather_nd, &(nn_gather_nd_params){0}, deep, 2, "5x3");
}

static void test_scatter(void **state)
{
    (void)state;
    const nn_shape in[] = {{2, {2, 3}}, {2, {2, 2}}, {2, {2, 2}}};
    static const float x[] = {1, 2, 3, 4, 5, 6}, index[] = {0, 0, -1, 1}, u[] = {7, 2, -3, 10};
    static const float want[NN_SCATTER_COUNT][6] = {{2, 2, 3, 4, 10, -3},
                                                    {10, 2, 3, 4, 15, 3},
                                                    {14, 2, 3, 4, 50, -18},
                                                    {1, 2, 3, 4, 5, -3},
                                                    {7, 2, 3, 4, 10, 6}};
    for (int kind = 0; kind < NN_SCATTER_COUNT; kind++) {
        op_run r;
        op_run_init(&r, &nn_op_scatter_elements, &(nn_scatter_elements_params){1, kind}, in, 3, 1,
                    3);
        memcpy(r.in[0].data, x, sizeof x);
        memcpy(r.in[1].data, index, sizeof index);
        memcpy(r.in[2].data, u, sizeof u);
        op_run_forward(&r);
        expect(&r, want[kind], 6);
        op_run_release(&r);
    }
    assert_null(nn_op_scatter_elements.backward);
    op_expect_shape_error(&nn_op_scatter_elements, &(nn_scatter_elements_params){1, 5}, in, 3,
                          "number 5");
    const nn_shape bad[] = {{2, {2, 3}}, {2, {2, 2}}, {2, {2, 1}}};
    op_expect_shape_error(&nn_op_scatter_elements, &(nn_scatter_elements_params){1, 0}, bad, 3,
                          "updates of 2x1");
}

static void test_scatter_nd(void **state)
{
    (void)state;
    const nn_shape in[] = {{2, {3, 2}}, {2, {3, 1}}, {2, {3, 2}}};
    static const float x[] = {1, 2, 3, 4, 5, 6}, index[] = {2, 0, -1}, u[] = {7, 8, 9, 10, 1, 2};
    static const float want[NN_SCATTER_COUNT][6] = {{9, 10, 3, 4, 1, 2},
                                                    {10, 12, 3, 4, 13, 16},
                                                    {9, 20, 3, 4, 35, 96},
                                                    {1, 2, 3, 4, 1, 2},
                                                    {9, 10, 3, 4, 7, 8}};
    for (int kind = 0; kind < NN_SCATTER_COUNT; kind++) {
        op_run r;
        op_run_init(&r, &nn_op_scatter_nd, &(nn_scatter_nd_params){kind}, in, 3, 1, 3);
        memcpy(r.in[0].data, x, sizeof x);
        memcpy(r.in[1].data, index, sizeof index);
        memcpy(r.in[2].data, u, sizeof u);
        op_run_forward(&r);
        expect(&r, want[kind], 6);
        op_run_release(&r);
    }
    const nn_shape bad[] = {{2, {3, 2}}, {2, {3, 1}}, {2, {3, 3}}};
    op_expect_shape_error(&nn_op_scatter_nd, &(nn_scatter_nd_params){0}, bad, 3, "slices of 3x2");
    op_expect_shape_error(&nn_op_scatter_nd, &(nn_scatter_nd_params){-1}, in, 3, "number -1");
}

static void test_cum_sum(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_make(3, (int64_t[]){2, 4, 3});
    for (int i = 0; i < 4; i++) {
        const nn_cum_sum_params p = {i == 3 ? -2 : 1, i & 1, i >> 1};
        op_run r;
        op_run_init(&r, &nn_op_cum_sum, &p, &in, 1, 1, 3);
        op_run_forward(&r);
        const float *x = r.in[0].data;
        for (int n = 0; n < 2; n++)
            for (int c = 0; c < 3; c++)
                for (int at = 0; at < 4; at++) {
                    double sum = 0;
                    for (int k = 0; k < 4; k++)
                        if ((k == at && !p.exclusive) || (p.reverse ? k > at : k < at))
                            sum += x[(n * 4 + k) * 3 + c];
                    assert_true(fabs(sum - nn_tensor_f32(&r.out)[(n * 4 + at) * 3 + c]) < 1e-6);
                }
        gradcheck_run(&r, NULL);
        op_run_release(&r);
    }
    const nn_shape big = nn_shape_make(3, (int64_t[]){50, 40, 30});
    op_expect_same(&nn_op_cum_sum, &(nn_cum_sum_params){1, 0, 0}, &big, 1, 0);
    op_expect_shape_error(&nn_op_cum_sum, &(nn_cum_sum_params){3, 0, 0}, &in, 1, "axis");
}

static void test_top_k(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_2d(2, 6);
    static const float x[] = {3, 1, 5, 5, -2, 4, 0, NAN, 7, NAN, 7, 1};
    op_run r;
    op_run_init(&r, &nn_op_top_k, &(nn_top_k_params){1, 4, 0}, &in, 1, 1, 3);
    memcpy(r.in[0].data, x, sizeof x);
    op_run_forward(&r);
    expect(&r, (float[]){2, 3, 5, 0, 1, 3, 2, 4}, 8);
    op_run_release(&r);
    op_run_init(&r, &nn_op_top_k, &(nn_top_k_params){-1, 6, 1}, &in, 1, 1, 3);
    memcpy(r.in[0].data, x, sizeof x);
    op_run_forward(&r);
    expect(&r, (float[]){4, 1, 0, 5, 2, 3, 0, 5, 2, 4, 1, 3}, 12);
    op_run_release(&r);
    const nn_shape big = nn_shape_make(3, (int64_t[]){3, 300, 5});
    op_expect_same(&nn_op_top_k, &(nn_top_k_params){1, 40, 0}, &big, 1, 0);
    op_expect_shape_error(&nn_op_top_k, &(nn_top_k_params){1, 7, 0}, &in, 1, "7 of an axis of 6");
    const nn_shape inexact = nn_shape_1d((1 << 24) + 1); // places are float32
    op_expect_shape_error(&nn_op_top_k, &(nn_top_k_params){0, 1, 0}, &inexact, 1, "of an axis of");
    assert_null(nn_op_top_k.backward);
}

// Along an axis that is not the last, against sorting by counting.
static void test_top_k_columns(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_make(3, (int64_t[]){2, 30, 3});
    op_run r;
    op_run_init(&r, &nn_op_top_k, &(nn_top_k_params){1, 9, 0}, &in, 1, 2, 11);
    op_run_forward(&r);
    const float *x = r.in[0].data;
    for (int n = 0; n < 2; n++)
        for (int c = 0; c < 3; c++)
            for (int k = 0; k < 9; k++) {
                const int at = (int)nn_tensor_f32(&r.out)[(n * 9 + k) * 3 + c];
                int above = 0;
                for (int i = 0; i < 30; i++)
                    above += x[(n * 30 + i) * 3 + c] > x[(n * 30 + at) * 3 + c];
                assert_int_equal(above, k);
            }
    op_run_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gather_elements), cmocka_unit_test(test_gather_nd),
        cmocka_unit_test(test_scatter),         cmocka_unit_test(test_scatter_nd),
        cmocka_unit_test(test_cum_sum),         cmocka_unit_test(test_top_k),
        cmocka_unit_test(test_top_k_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
