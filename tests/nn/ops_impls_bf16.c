// SPDX-License-Identifier: MIT
// Convolution and linear in bfloat16, and in sums of two of them, against their float32 forward,
// and where they are offered.
#include "nn/ops/ops.h"
#include "tests/support/op_impls.h"
#include "tests/support/test.h"

// Each of a product's factors is off by 2^-9 at most; errors of a sum are independent.
static const double rounding = 8e-3;
// Of sums of two, 2^-17; other implementations round as much.
static const double split_rounding = 3e-5;

#ifdef TEST_EMULATED
void test_bf16_conv_init_amx_emulated(nn_bf16_conv_kernels *k);
#endif

// AMX, played in C where the machine has none.
static const nn_kernels *amx_kernels(void)
{
    static nn_kernels k;
    if (nn_cpu_flags() & NN_CPU_AMX) {
        nn_kernels_init(&k, nn_cpu_flags());
        return &k;
    }
#ifdef TEST_EMULATED
    if (nn_cpu_flags() & NN_CPU_AVX512_BF16) {
        nn_kernels_init(&k, nn_cpu_flags());
        test_bf16_conv_init_amx_emulated(&k.bf16conv);
        return &k;
    }
#endif
    return NULL;
}

static void check(const op_conv_case *c)
{
    op_impls_options options = {.blocked = 9,
                                .bf16 = true,
                                .also = amx_kernels(),
                                .impl = "direct_bf16",
                                .tolerance = rounding};
    op_expect_conv_impls(c, options);
    options.bf16 = false;
    options.split = true;
    options.impl = "direct_bf16x2";
    options.tolerance = split_rounding;
    op_expect_conv_impls(c, options);
}

static void convolutions(void **state)
{
    (void)state;
    static const op_conv_case cases[] = {
        {1, 64, 14, 14, 64, 1, 1, .bias = true},
        {1, 64, 7, 7, 32, 3, 3, .pad = {1, 1, 1, 1}, .bias = true, .skip = true,
         .act = NN_ACT_RELU},
        {1, 40, 15, 14, 72, 3, 3, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .act = NN_ACT_SILU},
        {2, 96, 15, 15, 130, 1, 1, .stride = {2, 2}, .bias = true, .act = NN_ACT_LEAKY_RELU},
        {1, 3, 30, 31, 24, 7, 7, .stride = {2, 3}, .pad = {3, 3, 3, 3}, .bias = true},
        {2, 13, 6, 5, 21, 3, 2, .pad = {2, 0, 1, 1}, .bias = true, .skip = true,
         .act = NN_ACT_GELU},
        {1, 20, 12, 11, 17, 3, 3, .dilation = {2, 2}, .pad = {2, 2, 2, 2}, .bias = true},
        {1, 8, 12, 19, 16, 3, 5, .stride = {3, 2}, .dilation = {1, 3}, .pad = {0, 4, 1, 0}},
        {2, 32, 6, 7, 48, 3, 3, .pad = {1, 1, 1, 1}, .groups = 2, .bias = true, .skip = true},
        {1, 160, 9, 9, 32, 1, 1, .stride = {2, 3}, .groups = 4, .bias = true},
        {1, 1, 1, 1, 1, 1, 1, .bias = true},
        {1, 24, 11, 17, 24, 1, 7, .pad = {0, 3, 0, 3}, .act = NN_ACT_RELU},
        {1, 2, 3, 1, 17, 3, 1, .stride = {1, 2}, .pad = {5, 4, 0, 7}, .bias = true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(&cases[i]);
}

static void linears(void **state)
{
    (void)state;
    static const nn_act acts[] = {NN_ACT_NONE, NN_ACT_RELU, NN_ACT_SILU, NN_ACT_LEAKY_RELU};
    static const int64_t sizes[][3] = {{1, 512, 1000}, {1, 70, 8},     {5, 33, 40},
                                       {17, 64, 24},   {40, 300, 136}, {131, 32, 16}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int bias = 0; bias < 2; bias++) {
            const nn_linear_params p = {.act = acts[((int)i + bias) % 4]};
            nn_shape in[3] = {nn_shape_2d(sizes[i][0], sizes[i][1]),
                              nn_shape_2d(sizes[i][2], sizes[i][1]), nn_shape_1d(sizes[i][2])};
            in[2].rank = bias ? 1 : -1;
            op_impls_options o = {.constant = 6,
                                  .bf16 = true,
                                  .also = amx_kernels(),
                                  .impl = "linear_bf16",
                                  .tolerance = rounding};
            op_expect_impls(&nn_op_linear, &p, in, 3, &o);
            o.bf16 = false;
            o.split = true;
            o.impl = sizes[i][0] > 8 ? "linear_bf16x2" : NULL;
            o.tolerance = split_rounding;
            op_expect_impls(&nn_op_linear, &p, in, 3, &o);
        }
}

static bool offers(const nn_op_problem *c, const nn_op *op, const char *name)
{
    nn_op_impl impls[NN_OP_MAX_IMPLS];
    const int count = op->impls(c, impls);
    for (int i = 0; i < count; i++)
        if (!strcmp(impls[i].name, name))
            return true;
    return false;
}

// Never unasked, never with `exact`, and not where only the reference could run it.
static void only_where_allowed(void **state)
{
    const nn_conv2d_params p = {{1, 1}, {1, 1}, {0}, 1, 0};
    const nn_shape in[2] = {nn_shape_4d(1, 64, 9, 9), nn_shape_4d(32, 64, 1, 1)};
    const nn_shape out = nn_shape_4d(1, 32, 9, 9);
    const nn_linear_params l = {0};
    const nn_shape rows[2] = {nn_shape_2d(1, 64), nn_shape_2d(32, 64)}, row = nn_shape_2d(1, 32);
    (void)state;
    for (int i = 0; i < 16; i++) {
        const unsigned cpu = i & 8 ? NN_CPU_AVX2 & nn_cpu_flags() : 0;
        nn_kernels kernels;
        nn_kernels_init(&kernels, cpu);
        nn_op_problem c = {.params = &p,
                           .in = in,
                           .n_in = 2,
                           .out = &out,
                           .constant = i & 1 ? 2 : 0,
                           .exact = i & 2,
                           .bf16 = i & 4,
                           .split = i & 4,
                           .kernels = &kernels};
        const bool want = i & 1 && !(i & 2) && i & 4 && !cpu;
        assert_true(offers(&c, &nn_op_conv2d, "direct_bf16") == want);
        assert_true(offers(&c, &nn_op_conv2d, "direct_bf16x2") == want);
        c.params = &l;
        c.in = rows;
        c.out = &row;
        assert_true(offers(&c, &nn_op_linear, "linear_bf16") == want);
        assert_false(offers(&c, &nn_op_linear, "linear_bf16x2")); // of one row
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions),
        cmocka_unit_test(linears),
        cmocka_unit_test(only_where_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
