// SPDX-License-Identifier: MIT
// Depthwise convolution in compiled plans against conv2d's forward.
#include "nn/ops/ops.h"
#include "tests/support/op_impls.h"
#include "tests/support/test.h"

typedef struct shape_case {
    int64_t n, c, h, w, kernel_h, kernel_w;
    int32_t stride[2], dilation[2], pad[4];
} shape_case;

static void check(const shape_case *s, int act, bool skip, uint64_t constant)
{
    nn_conv2d_params p = {.groups = (int32_t)s->c, .act = act};
    for (int i = 0; i < 2; i++) {
        p.stride[i] = s->stride[i] ? s->stride[i] : 1;
        p.dilation[i] = s->dilation[i] ? s->dilation[i] : 1;
    }
    memcpy(p.pad, s->pad, sizeof p.pad);
    nn_shape in[4] = {nn_shape_4d(s->n, s->c, s->h, s->w),
                      nn_shape_4d(s->c, 1, s->kernel_h, s->kernel_w),
                      {.rank = -1},
                      {.rank = -1}};
    if (constant != 2)
        in[2] = nn_shape_1d(s->c);
    if (skip)
        assert_int_equal(nn_op_conv2d.shape(&p, in, 3, &in[3], NULL), NN_OK);
    const op_impls_options options = {
        .constant = constant, .blocked = 9, .impl = "depthwise", .tolerance = 5e-6};
    op_expect_impls(&nn_op_conv2d, &p, in, 4, &options);
}

static void test_shapes(void **state)
{
    static const shape_case cases[] = {
        {1, 16, 14, 14, 3, 3, .pad = {1, 1, 1, 1}},
        {2, 11, 15, 17, 3, 3, .stride = {2, 2}, .pad = {1, 1, 1, 1}},
        {1, 16, 7, 7, 5, 5, .pad = {-1}},
        {1, 24, 16, 12, 5, 5, .stride = {2, 2}, .pad = {2, 2, 2, 2}},
        {1, 8, 20, 21, 7, 7, .pad = {3, 3, 3, 3}},
        {1, 3, 30, 40, 7, 7, .stride = {2, 2}, .pad = {0, 1, 3, 2}},
        {3, 9, 9, 10, 3, 2, .stride = {1, 3}, .dilation = {3, 2}, .pad = {2, 0, 0, 5}},
        {1, 2, 1, 1, 3, 3, .pad = {1, 1, 1, 1}},
        {1, 40, 6, 70, 1, 1, .pad = {0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint64_t constant = 0; constant < 8; constant += 2) // bit 1: weight, 2: bias
            check(&cases[i], i % 2 ? NN_ACT_RELU : NN_ACT_NONE, constant == 6, constant);
}

static void test_widths(void **state)
{
    (void)state;
    for (int64_t width = 1; width < 27; width++) {
        const shape_case one = {1, 8, 3, width, 3, 3, .pad = {1, 1, 1, 1}};
        const shape_case two = {1, 8, 3, 2 * width, 3, 3, .stride = {2, 2}, .pad = {1, 1, 1, 1}};
        check(&one, NN_ACT_NONE, false, 6);
        check(&two, NN_ACT_RELU, true, 6);
    }
}

static void test_activations(void **state)
{
    const shape_case c = {1, 10, 9, 13, 3, 3, .pad = {1, 1, 1, 1}};
    (void)state;
    for (int act = 0; act < NN_ACT_COUNT; act++)
        check(&c, act, act & 1, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_activations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
