// SPDX-License-Identifier: MIT
// Activations, arithmetic, batch norm, concat and slice on blocked images against their forward.
#include "nn/ops/ops.h"
#include "tests/support/op_impls.h"
#include "tests/support/test.h"

static const nn_shape shapes[] = {
    {4, {2, 11, 5, 7}}, {4, {1, 8, 40, 70}}, {4, {1, 17, 1, 1}}, {4, {3, 16, 3, 9}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void test_activations(void **state)
{
    static const nn_op *const acts[] = {&nn_op_relu, &nn_op_gelu, &nn_op_silu, &nn_op_mish,
                                        &nn_op_sigmoid};
    const op_impls_options o = {.blocked = 1, .impl = "blocked", .tolerance = 1e-6};
    (void)state;
    for (size_t a = 0; a < sizeof acts / sizeof *acts; a++)
        for (int i = 0; i < SHAPES; i++)
            op_expect_impls(acts[a], NULL, &shapes[i], 1, &o);
}

static void test_pointwise(void **state)
{
    static const int kinds[] = {NN_POINTWISE_HARD_SWISH, NN_POINTWISE_ABS, NN_POINTWISE_CLIP,
                                NN_POINTWISE_LEAKY_RELU};
    const op_impls_options o = {.blocked = 1, .impl = "blocked", .tolerance = 1e-6};
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int i = 0; i < SHAPES; i++) {
            const nn_pointwise_params p = {kinds[k], -0.4f, 0.3f};
            op_expect_impls(&nn_op_pointwise, &p, &shapes[i], 1, &o);
        }
}

static void check_pair(const nn_op *op, const nn_shape *a, const nn_shape *b, uint64_t blocked,
                       const char *impl)
{
    const nn_shape in[] = {*a, *b};
    const op_impls_options o = {.blocked = blocked, .impl = impl, .tolerance = 1e-6};
    op_expect_impls(op, NULL, in, 2, &o);
}

static void test_arithmetic(void **state)
{
    static const nn_op *const ops[] = {&nn_op_add, &nn_op_mul};
    (void)state;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < SHAPES; i++) {
            const nn_shape *x = &shapes[i];
            const int64_t *d = x->dim;
            const nn_shape others[] = {*x,
                                       nn_shape_4d(d[0], d[1], 1, 1),
                                       nn_shape_4d(1, d[1], 1, 1),
                                       nn_shape_4d(d[0], 1, d[2], d[3]),
                                       nn_shape_4d(1, 1, d[2], d[3]),
                                       nn_shape_4d(1, d[1], d[2], d[3]),
                                       {3, {d[1], 1, 1}},
                                       {2, {d[2], d[3]}},
                                       nn_shape_1d(1),
                                       {.rank = 0}};
            for (size_t b = 0; b < sizeof others / sizeof *others; b++) {
                check_pair(ops[k], x, &others[b], 1, "blocked");
                check_pair(ops[k], &others[b], x, 2, "blocked");
                if (others[b].rank == 4) {
                    check_pair(ops[k], x, &others[b], 3, "blocked");
                    check_pair(ops[k], &others[b], x, 3, "blocked");
                }
            }
            const nn_shape row =
                nn_shape_4d(1, d[1], 1, d[3]); // forward only, unless it is one pixel
            check_pair(ops[k], x, &row, 1, NULL);
        }
}

static void test_batch_norm(void **state)
{
    op_impls_options o = {.constant = 0x1e, .blocked = 1, .impl = "blocked", .tolerance = 1e-5};
    (void)state;
    for (int act = 0; act < NN_ACT_COUNT; act++)
        for (int i = 0; i < SHAPES; i++) {
            // Uniform numbers as variances: eps keeps them positive.
            const nn_batch_norm_params p = {.eps = 2.0f, .act = act};
            const nn_shape c = nn_shape_1d(shapes[i].dim[1]);
            const nn_shape in[] = {shapes[i], c, c, c, c};
            op_expect_impls(&nn_op_batch_norm, &p, in, 5, &o);
        }
}

static void test_local_response_norm(void **state)
{
    static const nn_lrn_params params[] = {{5, 1e-4f, 0.75f, 2.0f},
                                           {5, 1.0f, 0.75f, 1.0f},
                                           {4, 0.5f, 0.5f, 1.0f},
                                           {1, 1.0f, 1.0f, 3.0f}};
    const op_impls_options o = {.blocked = 1, .impl = "blocked", .tolerance = 3e-6};
    (void)state;
    for (size_t k = 0; k < sizeof params / sizeof *params; k++)
        for (int i = 0; i < SHAPES; i++)
            op_expect_impls(&nn_op_local_response_norm, &params[k], &shapes[i], 1, &o);
}

static void test_concat(void **state)
{
    static const int64_t channels[][4] = {
        {8, 16, 8, 8}, {3, 5, 8, 1}, {1, 1, 1, 1}, {9, 2, 13, 30}, {11, 24, 7, 8}};
    const op_impls_options o = {.blocked = 15, .impl = "blocked", .tolerance = 0.0};
    const nn_concat_params p = {1}, end = {-3};
    (void)state;
    for (size_t k = 0; k < sizeof channels / sizeof *channels; k++) {
        nn_shape in[4];
        for (int i = 0; i < 4; i++)
            in[i] = nn_shape_4d(2, channels[k][i], 5, 6);
        op_expect_impls(&nn_op_concat, &p, in, 4, &o);
        op_expect_impls(&nn_op_concat, &end, in, 3, &o);
    }
}

static void test_slice(void **state)
{
    static const nn_slice_params slices[] = {
        {1, 8, 16, 1}, {1, 3, 21, 1}, {1, 0, INT32_MAX, 1}, {1, 20, 23, 1}, {1, 1, -2, 3},
        {2, 2, 5, 1},  {2, 1, 7, 2},  {3, 3, 9, 1},         {-1, 0, 9, 4},
    };
    const nn_shape x = nn_shape_4d(2, 23, 7, 11);
    const op_impls_options o = {.blocked = 1, .impl = "blocked", .tolerance = 0.0};
    (void)state;
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++)
        op_expect_impls(&nn_op_slice, &slices[i], &x, 1, &o);
}

static void test_pad(void **state)
{
    const nn_pad_params pads[] = {
        {.rank = 4, .begin = {0, 0, 1, 2}, .end = {0, 0, 3, 0}, .value = 0.5f},
        {.rank = 4, .begin = {0, 0, -1, 2}, .end = {0, 0, 2, -3}, .mode = NN_PAD_REFLECT},
        {.rank = 4, .begin = {0, 0, 2, 0}, .end = {0, 0, 0, 9}, .mode = NN_PAD_EDGE},
    };
    const nn_shape x = nn_shape_4d(2, 11, 5, 7);
    const op_impls_options o = {.blocked = 1, .impl = "blocked", .tolerance = 0.0};
    (void)state;
    for (size_t i = 0; i < sizeof pads / sizeof *pads; i++)
        op_expect_impls(&nn_op_pad, &pads[i], &x, 1, &o);
    // Channels: forward only.
    const nn_pad_params channels = {.rank = 4, .begin = {0, 1}};
    const op_impls_options any = {.blocked = 1};
    op_expect_impls(&nn_op_pad, &channels, &x, 1, &any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activations), cmocka_unit_test(test_pointwise),
        cmocka_unit_test(test_arithmetic),  cmocka_unit_test(test_batch_norm),
        cmocka_unit_test(test_concat),      cmocka_unit_test(test_slice),
        cmocka_unit_test(test_pad),         cmocka_unit_test(test_local_response_norm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
