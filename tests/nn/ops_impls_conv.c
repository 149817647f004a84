// SPDX-License-Identifier: MIT
// The implementations of conv2d in compiled plans against its forward, on shapes that networks
// have.
#include "nn/ops/ops.h"
#include "tests/support/op_impls.h"
#include "tests/support/test.h"

static void check(const op_conv_case *c, const char *impl, bool blocked, double tolerance)
{
    const op_impls_options options = {.blocked = blocked ? 9 : 0,
                                      .half = c->half,
                                      .exact = !c->half, // Winograd has a test of its own
                                      .impl = impl,
                                      .tolerance = tolerance};
    op_expect_conv_impls(c, options);
}

static const double exact = 5e-6, half = 1e-3;

static void networks(void **state)
{
    (void)state;
    static const op_conv_case cases[] = {
        // ResNet: 3x3, strided, projections, what is added
        {1, 16, 14, 14, 16, 3, 3, .pad = {1, 1, 1, 1}, .bias = true, .act = NN_ACT_RELU},
        {1, 64, 7, 7, 32, 3, 3, .pad = {1, 1, 1, 1}, .bias = true, .skip = true,
         .act = NN_ACT_RELU},
        {1, 16, 15, 14, 32, 3, 3, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .bias = true},
        {1, 24, 15, 15, 128, 1, 1, .stride = {2, 2}, .bias = true},
        {1, 64, 9, 9, 16, 1, 1, .bias = true, .skip = true},
        // VGG, AlexNet, Inception, DenseNet
        {1, 8, 40, 44, 32, 3, 3, .pad = {1, 1, 1, 1}, .bias = true, .act = NN_ACT_RELU},
        {1, 16, 13, 13, 32, 5, 5, .pad = {2, 2, 2, 2}, .bias = true, .act = NN_ACT_RELU},
        {1, 16, 11, 17, 24, 1, 7, .pad = {0, 3, 0, 3}, .bias = true, .act = NN_ACT_RELU},
        {1, 16, 17, 11, 24, 7, 1, .pad = {3, 0, 3, 0}, .bias = true},
        {1, 48, 8, 8, 32, 3, 3, .pad = {1, 1, 1, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(&cases[i], "direct", true, exact);
}

static void odd_sizes_and_groups(void **state)
{
    (void)state;
    static const op_conv_case cases[] = {
        {1, 3, 9, 7, 5, 3, 3, .pad = {1, 1, 1, 1}, .bias = true},
        {2, 13, 6, 5, 21, 3, 2, .pad = {2, 0, 1, 1}, .bias = true, .skip = true},
        {1, 1, 1, 1, 1, 1, 1, .bias = true},
        {3, 9, 1, 23, 40, 1, 3, .bias = true},
        {1, 20, 12, 11, 17, 3, 3, .dilation = {2, 2}, .pad = {2, 2, 2, 2}, .bias = true},
        {1, 8, 12, 19, 16, 3, 5, .stride = {3, 2}, .dilation = {1, 3}, .pad = {0, 4, 1, 0}},
        {2, 32, 6, 7, 48, 3, 3, .pad = {1, 1, 1, 1}, .groups = 2, .bias = true, .skip = true},
        {1, 32, 6, 7, 32, 1, 1, .groups = 4, .bias = true, .act = NN_ACT_RELU},
        {1, 16, 9, 9, 160, 1, 1, .stride = {2, 3}, .groups = 2, .bias = true},
        {2, 32, 15, 31, 528, 1, 1, .stride = {2, 3}, .groups = 2, .bias = true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(&cases[i], "direct", i % 2, exact);
}

static void few_channels(void **state)
{
    (void)state;
    static const op_conv_case cases[] = {
        {1, 3, 40, 44, 64, 7, 7, .stride = {2, 2}, .pad = {3, 3, 3, 3}, .bias = true, .act = 1},
        {1, 3, 67, 45, 32, 11, 11, .stride = {4, 4}, .pad = {2, 2, 2, 2}, .bias = true, .act = 1},
        {2, 3, 21, 19, 24, 3, 3, .stride = {2, 2}, .bias = true, .act = NN_ACT_SILU},
        {1, 3, 33, 70, 64, 3, 3, .pad = {1, 1, 1, 1}, .skip = true},
        {2, 1, 5, 6, 7, 5, 5, .pad = {4, 4, 4, 4}, .bias = true},
        {1, 4, 9, 9, 9, 3, 3, .dilation = {2, 3}, .pad = {2, 3, 2, 3}, .bias = true},
        {1, 2, 3, 1, 17, 3, 1, .stride = {1, 2}, .pad = {5, 4, 0, 7}, .bias = true},
        {1, 3, 12, 13, 33, 1, 1, .stride = {3, 2}},
        {2, 3, 61, 103, 8, 11, 11, .stride = {4, 4}, .bias = true, .act = NN_ACT_GELU},
        {1, 3, 40, 66, 5, 5, 5, .stride = {2, 2}, .pad = {2, 2, 2, 2}, .skip = true, .act = 1},
        {1, 1, 9, 11, 8, 2, 3, .stride = {1, 3}, .dilation = {1, 4}, .pad = {1, 13, 1, 9}},
        {1, 3, 7, 70, 24, 1, 2, .stride = {1, 17}, .bias = true},
    };
    const size_t count = sizeof cases / sizeof *cases;
    for (size_t i = 0; i < count; i++) // the last one has too many phases of columns
        check(&cases[i], i + 1 < count ? "direct_nchw" : NULL, i % 2, exact);
}

// Offsets of 32 bits do not reach the rows of a wide border: such convolutions are left to others.
static void wide_borders(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        const int32_t step = wide ? 12000 : 12;
        const nn_conv2d_params p = {.stride = {1, 1},
                                    .dilation = {step, step},
                                    .pad = {step, step, step, step},
                                    .groups = 1};
        const nn_shape in[2] = {nn_shape_4d(1, 4, 1, 1), nn_shape_4d(16, 4, 3, 3)},
                       out = nn_shape_4d(1, 16, 1, 1);
        const nn_op_problem problem = {.params = &p,
                                       .in = in,
                                       .n_in = 2,
                                       .out = &out,
                                       .constant = 2,
                                       .blocked = 1,
                                       .threads = 1,
                                       .exact = true,
                                       .kernels = nn_kernels_best()};
        nn_op_impl impls[NN_OP_MAX_IMPLS];
        int direct = 0;
        for (int i = nn_op_conv2d.impls(&problem, impls); i-- > 0;)
            direct += !strncmp(impls[i].name, "direct", 6);
        assert_int_equal(direct, wide ? 0 : 2);
    }
}

static void every_activation(void **state)
{
    (void)state;
    for (int act = 0; act < NN_ACT_COUNT; act++) {
        const op_conv_case c = {
            2, 10, 9, 13, 20, 3, 3, .pad = {1, 1, 1, 1}, .act = act, .bias = true, .skip = act & 1};
        check(&c, "direct", true, exact);
    }
}

static void weights_of_half_size(void **state)
{
    (void)state;
    static const op_conv_case cases[] = {
        {1, 160, 5, 5, 96, 3, 3, .pad = {1, 1, 1, 1}, .bias = true, .half = true},
        {2, 515, 3, 3, 264, 1, 1, .bias = true, .skip = true, .act = NN_ACT_RELU, .half = true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(&cases[i], "direct_f16", true, half);
}

// Of any number of implementations in any order the cheapest are kept, sorted.
static void the_cheapest_stay(void **state)
{
    (void)state;
    enum { COUNT = 3 * NN_OP_MAX_IMPLS };
    static const int steps[] = {1, 5, 7, 11, 13, 17, 19, 23}; // coprime to COUNT: all are reached
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        nn_op_impl impls[NN_OP_MAX_IMPLS];
        int count = 0;
        for (int i = 0; i < COUNT; i++) {
            const nn_op_impl impl = {.cost = (double)(i * steps[k] % COUNT)};
            count = nn_op_add_impl(impls, count, &impl);
        }
        assert_int_equal(count, NN_OP_MAX_IMPLS);
        for (int i = 0; i < count; i++)
            assert_true(impls[i].cost == (double)i);
    }
}

// Of those that cost as much, the first one stays ahead and is not dropped.
static void equals_stay_in_order(void **state)
{
    (void)state;
    nn_op_impl impls[NN_OP_MAX_IMPLS];
    int count = 0;
    for (int i = 0; i < 2 * NN_OP_MAX_IMPLS; i++) {
        const nn_op_impl impl = {.cost = 1.0, .packed_bytes = (size_t)i};
        count = nn_op_add_impl(impls, count, &impl);
    }
    for (int i = 0; i < count; i++)
        assert_int_equal(impls[i].packed_bytes, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks),          cmocka_unit_test(odd_sizes_and_groups),
        cmocka_unit_test(few_channels),      cmocka_unit_test(wide_borders),
        cmocka_unit_test(every_activation),  cmocka_unit_test(weights_of_half_size),
        cmocka_unit_test(the_cheapest_stay), cmocka_unit_test(equals_stay_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
