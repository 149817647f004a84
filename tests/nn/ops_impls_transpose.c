// SPDX-License-Identifier: MIT
// Transposed convolution of blocked images against its forward.
#include "nn/ops/ops.h"
#include "tests/support/op_impls.h"
#include "tests/support/test.h"

typedef struct shape_case {
    int64_t n, in, h, w, out, kernel_h, kernel_w; // channels of all groups
    nn_conv_transpose_params p;
} shape_case;

static const shape_case cases[] = {
    {1, 16, 7, 9, 16, 2, 2, {.stride = {2, 2}, .dilation = {1, 1}, .groups = 1}},
    {2, 24, 6, 5, 40, 4, 4, {{2, 2}, {1, 1}, {0, 0}, {1, 1, 1, 1}, 1}},
    {1, 11, 9, 8, 21, 3, 3, {{2, 2}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1}},
    {1, 8, 10, 10, 8, 3, 3, {{1, 1}, {1, 1}, {0, 0}, {1, 1, 1, 1}, 1}},
    // Phases that no tap reaches; outputs that are cut away.
    {1, 8, 5, 6, 16, 2, 1, {{3, 4}, {1, 1}, {2, 3}, {0, 0, 0, 0}, 1}},
    {1, 16, 6, 7, 8, 5, 4, {{3, 2}, {1, 1}, {0, 1}, {4, 2, 3, 1}, 1}},
    {2, 3, 4, 5, 5, 3, 2, {{2, 3}, {3, 2}, {1, 2}, {2, 0, 1, 4}, 1}},
    {1, 9, 1, 1, 10, 4, 4, {{2, 2}, {2, 2}, {0, 0}, {0, 0, 0, 0}, 1}},
    {1, 16, 1, 300, 8, 1, 3, {{1, 2}, {1, 1}, {0, 0}, {0, 1, 0, 1}, 1}},
    {1, 32, 6, 6, 48, 4, 4, {{2, 2}, {1, 1}, {0, 0}, {1, 1, 1, 1}, 2}},
    {1, 24, 5, 4, 72, 3, 3, {{2, 1}, {1, 1}, {0, 0}, {1, 0, 1, 0}, 3}},
};

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int bias = 0; bias < 2; bias++) {
            const shape_case *s = &cases[i];
            nn_shape in[3] = {nn_shape_4d(s->n, s->in, s->h, s->w),
                              nn_shape_4d(s->in, s->out / s->p.groups, s->kernel_h, s->kernel_w),
                              nn_shape_1d(s->out)};
            in[2].rank = bias ? 1 : -1;
            const op_impls_options o = {
                .constant = 6, .blocked = 1, .impl = "direct", .tolerance = 5e-6};
            op_expect_impls(&nn_op_conv_transpose, &s->p, in, 3, &o);
        }
}

// Weights from the graph, and groups that are not whole blocks, are left to forward.
static void test_left_to_forward(void **state)
{
    (void)state;
    const nn_conv_transpose_params p = {.stride = {2, 2}, .dilation = {1, 1}, .groups = 2};
    nn_shape in[2] = {nn_shape_4d(1, 32, 4, 4), nn_shape_4d(32, 8, 2, 2)}, out;
    nn_op_impl impls[NN_OP_MAX_IMPLS];
    nn_op_problem c = {.params = &p,
                       .in = in,
                       .n_in = 2,
                       .out = &out,
                       .constant = 2,
                       .threads = 1,
                       .kernels = nn_kernels_best()};
    assert_int_equal(nn_op_conv_transpose.shape(&p, in, 2, &out, NULL), NN_OK);
    assert_int_equal(nn_op_conv_transpose.impls(&c, impls), 1);
    c.constant = 0;
    assert_int_equal(nn_op_conv_transpose.impls(&c, impls), 0);
    c.constant = 2;
    in[1].dim[1] = 12;
    assert_int_equal(nn_op_conv_transpose.shape(&p, in, 2, &out, NULL), NN_OK);
    assert_int_equal(nn_op_conv_transpose.impls(&c, impls), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_left_to_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
