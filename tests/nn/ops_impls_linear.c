// SPDX-License-Identifier: MIT
// The implementations of linear against its forward: few rows, odd sizes, bias, activations,
// float16 weights.
#include "nn/ops/ops.h"
#include "tests/support/op_impls.h"
#include "tests/support/test.h"

enum { WEIGHT = 1 << 1, BIAS = 1 << 2 };

static void check_case(const nn_shape *x, int64_t outputs, bool bias, nn_act act)
{
    const nn_linear_params p = {.act = act};
    nn_shape in[3] = {*x, nn_shape_2d(outputs, x->dim[x->rank - 1]), nn_shape_1d(outputs)};
    if (!bias)
        in[2].rank = -1;
    const op_impls_options plain = {.impl = "gemv", .tolerance = 2e-6};
    op_expect_impls(&nn_op_linear, &p, in, 3, &plain);
    const op_impls_options half = {
        .constant = WEIGHT, .half = true, .impl = "gemv_f16", .tolerance = 5e-3};
    op_expect_impls(&nn_op_linear, &p, in, 3, &half);
}

static void rows_and_sizes(void **state)
{
    const int64_t sizes[] = {1, 5, 8, 33, 257};
    (void)state;
    for (int64_t rows = 1; rows <= 12; rows++)
        for (int i = 0; i < 5; i++)
            for (int o = 0; o < 5; o++) {
                const nn_shape x = nn_shape_2d(rows, sizes[i]);
                check_case(&x, sizes[o], (rows + o) % 2, (nn_act)(i % NN_ACT_COUNT));
            }
}

static void many_chunks(void **state)
{
    const nn_shape x = nn_shape_2d(1, 9216), deep = nn_shape_4d(1, 2, 3, 500);
    (void)state;
    check_case(&x, 205, true, NN_ACT_RELU);
    check_case(&deep, 1001, true, NN_ACT_GELU);
}

// Rows and panels that are not full, inputs in several parts.
static void many_rows(void **state)
{
    const int64_t sizes[][3] = {{13, 40, 16},   {16, 8, 1},     {17, 5, 33},     {64, 1024, 48},
                                {65, 1030, 40}, {200, 75, 300}, {20, 2100, 1009}};
    const int last = (int)(sizeof sizes / sizeof *sizes) - 1; // enough for float16
    (void)state;
    for (int i = 0; i <= last; i++)
        for (int bias = 0; bias < 2; bias++) {
            const nn_linear_params p = {.act = (i + bias) % NN_ACT_COUNT};
            nn_shape in[3] = {nn_shape_2d(sizes[i][0], sizes[i][1]),
                              nn_shape_2d(sizes[i][2], sizes[i][1]), nn_shape_1d(sizes[i][2])};
            in[2].rank = bias ? 1 : -1;
            op_impls_options o = {.constant = WEIGHT | BIAS, .impl = "gemm", .tolerance = 3e-6};
            op_expect_impls(&nn_op_linear, &p, in, 3, &o);
            o.half = true;
            o.impl = i == last ? "gemm_f16" : "gemm";
            o.tolerance = i == last ? 5e-3 : 3e-6;
            op_expect_impls(&nn_op_linear, &p, in, 3, &o);
        }
}

// Odd numbers of rows, inputs of one part and of several, whole and partial.
static void an_eighth_fewer_products(void **state)
{
    const int64_t sizes[][3] = {{79, 256, 256}, {80, 400, 288}, {197, 384, 320}, {259, 1040, 256}};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const nn_linear_params p = {.act = i % 2 ? NN_ACT_GELU : NN_ACT_NONE};
        nn_shape in[3] = {nn_shape_2d(sizes[i][0], sizes[i][1]),
                          nn_shape_2d(sizes[i][2], sizes[i][1]), nn_shape_1d(sizes[i][2])};
        in[2].rank = i < 3 ? 1 : -1;
        const op_impls_options o = {
            .constant = WEIGHT | BIAS, .impl = "gemm_strassen", .tolerance = 5e-6};
        op_expect_impls(&nn_op_linear, &p, in, 3, &o);
    }
}

static void weights_that_change_are_left_to_forward(void **state)
{
    const nn_linear_params p = {.act = NN_ACT_NONE};
    const nn_shape in[2] = {nn_shape_2d(64, 32), nn_shape_2d(16, 32)}, out = nn_shape_2d(64, 16);
    const nn_op_problem c = {
        .params = &p, .in = in, .n_in = 2, .out = &out, .kernels = nn_kernels_best()};
    nn_op_impl impls[NN_OP_MAX_IMPLS];
    (void)state;
    assert_int_equal(nn_op_linear.impls(&c, impls), 0);
}

// With `exact`, or weights that may change, none are stored as float16.
static void float16_only_where_allowed(void **state)
{
    const nn_linear_params p = {.act = NN_ACT_NONE};
    const nn_shape in[2] = {nn_shape_2d(1, 32), nn_shape_2d(16, 32)}, out = nn_shape_2d(1, 16);
    nn_op_impl impls[NN_OP_MAX_IMPLS];
    (void)state;
    for (int i = 0; i < 8; i++) {
        const nn_op_problem c = {.params = &p,
                                 .in = in,
                                 .n_in = 2,
                                 .out = &out,
                                 .constant = i & 1 ? WEIGHT : 0,
                                 .exact = i & 2,
                                 .half = i & 4,
                                 .kernels = nn_kernels_best()};
        const int count = nn_op_linear.impls(&c, impls);
        assert_int_equal(count, i == 5 ? 2 : 1);
        assert_string_equal(impls[count - 1].name, "gemv");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_sizes),
        cmocka_unit_test(many_chunks),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(an_eighth_fewer_products),
        cmocka_unit_test(weights_that_change_are_left_to_forward),
        cmocka_unit_test(float16_only_where_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
