// SPDX-License-Identifier: MIT
// concat, reshape, flatten and softmax: values, gradients, threads, errors.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

static void concat_joins_along_each_axis(void **state)
{
    (void)state;
    for (int axis = -4; axis < 4; axis++) {
        const nn_concat_params p = {axis};
        const int real = (axis + 4) % 4;
        nn_shape in[3] = {nn_shape_4d(2, 3, 4, 5), nn_shape_4d(2, 3, 4, 5),
                          nn_shape_4d(2, 3, 4, 5)};
        in[1].dim[real] = 1;
        in[2].dim[real] = 7;
        op_run r;
        op_run_init(&r, &nn_op_concat, &p, in, 3, 1, 1);
        assert_int_equal(r.out.shape.dim[real], in[0].dim[real] + 8);
        op_run_forward(&r);
        const int64_t inner = nn_shape_span(&in[0], real + 1, 4);
        const int64_t joined = r.out.shape.dim[real];
        for (int64_t i = 0; i < nn_shape_count(&r.out.shape); i++) {
            const int64_t outer = i / inner / joined;
            int64_t at = i / inner % joined;
            int k = 0;
            for (; at >= in[k].dim[real]; k++)
                at -= in[k].dim[real];
            const int64_t from = (outer * in[k].dim[real] + at) * inner + i % inner;
            assert_true(nn_tensor_f32(&r.out)[i] == nn_tensor_f32(&r.in[k])[from]);
        }
        op_run_release(&r);
        gradcheck(&nn_op_concat, &p, in, 3, 2, NULL);
        op_expect_same(&nn_op_concat, &p, in, 3, 0.0);
    }
    const nn_shape big[2] = {nn_shape_4d(1, 9, 90, 100), nn_shape_4d(1, 2, 90, 100)};
    op_expect_same(&nn_op_concat, &(nn_concat_params){1}, big, 2, 0.0);
}

static void concat_errors_are_named(void **state)
{
    nn_shape in[2] = {nn_shape_4d(2, 3, 4, 5), nn_shape_4d(2, 3, 4, 6)};
    (void)state;
    op_expect_shape_error(&nn_op_concat, &(nn_concat_params){1}, in, 2,
                          "input 1 of 2x3x4x6 beside 2x3x4x5 differs off axis 1");
    op_expect_shape_error(&nn_op_concat, &(nn_concat_params){4}, in, 2, "no axis 4");
    op_expect_shape_error(&nn_op_concat, &(nn_concat_params){-5}, in, 2, "no axis -5");
    in[1].rank = 3;
    op_expect_shape_error(&nn_op_concat, &(nn_concat_params){1}, in, 2, "2x3x4 beside");
    in[1] = in[0];
    in[0].dim[1] = in[1].dim[1] = INT64_MAX;
    op_expect_shape_error(&nn_op_concat, &(nn_concat_params){1}, in, 2, "too long");
    in[1].rank = -1;
    op_expect_shape_error(&nn_op_concat, &(nn_concat_params){1}, in, 2, "input 1 is missing");
}

static void check_copy(const nn_op *op, const void *params, nn_shape in, nn_shape want)
{
    op_run r;
    op_run_init(&r, op, params, &in, 1, 1, 1);
    assert_true(nn_shape_equal(&r.out.shape, &want));
    op_run_forward(&r);
    assert_memory_equal(r.in[0].data, r.out.data, nn_tensor_bytes(&r.out));
    op_run_release(&r);
    gradcheck(op, params, &in, 1, 1, NULL);
    op_expect_same(op, params, &in, 1, 0.0);
    op_expect_in_place(op, params, &in, 1);
}

static void reshape_copies(void **state)
{
    const nn_shape in = nn_shape_4d(2, 3, 4, 5);
    (void)state;
    check_copy(&nn_op_reshape, &(nn_reshape_params){2, {0, -1}}, in, nn_shape_2d(2, 60));
    check_copy(&nn_op_reshape, &(nn_reshape_params){1, {-1}}, in, nn_shape_1d(120));
    check_copy(&nn_op_reshape, &(nn_reshape_params){3, {0, 12, 5}}, in, (nn_shape){3, {2, 12, 5}});
    check_copy(&nn_op_reshape, &(nn_reshape_params){5, {2, 3, -1, 2, 0}},
               (nn_shape){5, {2, 3, 2, 2, 5}}, (nn_shape){5, {2, 3, 2, 2, 5}});
    check_copy(&nn_op_reshape, &(nn_reshape_params){0, {0}}, nn_shape_1d(1), (nn_shape){0, {0}});
    check_copy(&nn_op_reshape, &(nn_reshape_params){2, {0, 300}}, nn_shape_4d(300, 3, 10, 10),
               nn_shape_2d(300, 300));
}

static void reshape_follows_another_value(void **state)
{
    (void)state;
    const nn_reshape_params ignored = {0, {0}};
    nn_shape in[2] = {{3, {2, 12, 5}}, nn_shape_4d(2, 3, 4, 5)};
    op_run r;
    op_run_init(&r, &nn_op_reshape, &ignored, in, 2, 1, 1);
    assert_true(nn_shape_equal(&r.out.shape, &in[1]));
    op_run_forward(&r);
    assert_memory_equal(r.in[0].data, r.out.data, nn_tensor_bytes(&r.out));
    op_run_release(&r);
    gradcheck(&nn_op_reshape, &ignored, in, 2, 1, NULL);
    in[1].dim[0] = 3;
    op_expect_shape_error(&nn_op_reshape, &ignored, in, 2, "2x12x5 has no room in 3x3x4x5");
}

static void reshape_errors_are_named(void **state)
{
    const nn_shape in = nn_shape_4d(2, 3, 4, 5);
    (void)state;
    op_expect_shape_error(&nn_op_reshape, &(nn_reshape_params){2, {7, -1}}, &in, 1,
                          "2x3x4x5 has no room in 7x1 with one open dim");
    op_expect_shape_error(&nn_op_reshape, &(nn_reshape_params){2, {7, 9}}, &in, 1, "7x9");
    op_expect_shape_error(&nn_op_reshape, &(nn_reshape_params){2, {-1, -1}}, &in, 1, "more than");
    op_expect_shape_error(&nn_op_reshape, &(nn_reshape_params){2, {-2, 1}}, &in, 1, "dim 0 is -2");
    op_expect_shape_error(&nn_op_reshape, &(nn_reshape_params){5, {1, 1, 1, 1, 0}}, &in, 1,
                          "no axis 4");
    op_expect_shape_error(&nn_op_reshape, &(nn_reshape_params){9, {1}}, &in, 1, "rank 9");
    op_expect_shape_error(&nn_op_reshape,
                          &(nn_reshape_params){3, {INT32_MAX, INT32_MAX, INT32_MAX}}, &in, 1, "");
    const nn_shape empty = nn_shape_2d(0, 4);
    op_expect_shape_error(&nn_op_reshape, &(nn_reshape_params){2, {0, -1}}, &empty, 1, "no room");
}

static void flatten_copies(void **state)
{
    const nn_shape in = nn_shape_4d(2, 3, 4, 5);
    (void)state;
    check_copy(&nn_op_flatten, &(nn_flatten_params){1}, in, nn_shape_2d(2, 60));
    check_copy(&nn_op_flatten, &(nn_flatten_params){0}, in, nn_shape_1d(120));
    check_copy(&nn_op_flatten, &(nn_flatten_params){-2}, in, (nn_shape){3, {2, 3, 20}});
    op_expect_shape_error(&nn_op_flatten, &(nn_flatten_params){4}, &in, 1,
                          "flatten: no axis 4 in a tensor of 2x3x4x5");
}

static void softmax_sums_to_one(void **state)
{
    const nn_shape in = nn_shape_4d(2, 5, 3, 130);
    (void)state;
    for (int axis = -1; axis < 4; axis++) {
        const nn_softmax_params p = {axis};
        const int real = axis < 0 ? 3 : axis;
        const int64_t inner = nn_shape_span(&in, real + 1, 4), length = in.dim[real];
        op_run r;
        op_run_init(&r, &nn_op_softmax, &p, &in, 1, 1, 1);
        op_fill_uniform(&r.in[0], 90.0f, 110.0f, 4); // e^x alone would overflow
        op_run_forward(&r);
        for (int64_t i = 0; i < nn_shape_count(&in); i++) {
            const int64_t first = i / (inner * length) * inner * length + i % inner;
            double sum = 0.0;
            for (int64_t k = 0; k < length; k++)
                sum += exp((double)nn_tensor_f32(&r.in[0])[first + k * inner]);
            const double want = exp((double)nn_tensor_f32(&r.in[0])[i]) / sum;
            assert_true(fabs((double)nn_tensor_f32(&r.out)[i] - want) <= 1e-6 * want + 1e-9);
        }
        op_run_release(&r);
    }
}

static void softmax_gradients_and_threads(void **state)
{
    const nn_shape small = nn_shape_4d(2, 4, 3, 5), big = nn_shape_4d(3, 21, 40, 47);
    (void)state;
    for (int axis = 0; axis < 4; axis++) {
        const nn_softmax_params p = {axis};
        gradcheck(&nn_op_softmax, &p, &small, 1, 3, NULL);
        op_expect_same(&nn_op_softmax, &p, &big, 1, 2e-6);
        op_expect_in_place(&nn_op_softmax, &p, &big, 1);
    }
    op_expect_shape_error(&nn_op_softmax, &(nn_softmax_params){4}, &big, 1, "no axis 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concat_joins_along_each_axis),
        cmocka_unit_test(concat_errors_are_named),
        cmocka_unit_test(reshape_copies),
        cmocka_unit_test(reshape_follows_another_value),
        cmocka_unit_test(reshape_errors_are_named),
        cmocka_unit_test(flatten_copies),
        cmocka_unit_test(softmax_sums_to_one),
        cmocka_unit_test(softmax_gradients_and_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
