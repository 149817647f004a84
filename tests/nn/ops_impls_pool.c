// SPDX-License-Identifier: MIT
// Pooling, reduction and resizing on blocked images against their dense forward.
#include "nn/ops/ops.h"
#include "tests/support/op_impls.h"
#include "tests/support/test.h"

static const op_impls_options blocked = {.blocked = 1, .impl = "blocked", .tolerance = 2e-6};

static void check_pools(nn_pool2d_params p)
{
    static const nn_shape shapes[] = {
        {4, {1, 8, 13, 17}}, {4, {2, 11, 9, 8}}, {4, {1, 24, 7, 7}}, {4, {1, 3, 40, 60}}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int mode = 0; mode < 4; mode++) {
            p.ceil_mode = mode & 1;
            p.count_include_pad = mode >> 1;
            op_expect_impls(&nn_op_max_pool, &p, &shapes[i], 1, &blocked);
            op_expect_impls(&nn_op_avg_pool, &p, &shapes[i], 1, &blocked);
        }
}

static void test_windows(void **state)
{
    (void)state;
    check_pools((nn_pool2d_params){.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}});
    check_pools((nn_pool2d_params){.kernel = {3, 3}, .stride = {2, 2}});
    check_pools((nn_pool2d_params){.kernel = {3, 3}, .stride = {1, 1}, .pad = {1, 1, 1, 1}});
    check_pools((nn_pool2d_params){.kernel = {2, 2}, .stride = {2, 2}});
    check_pools((nn_pool2d_params){.kernel = {5, 5}, .stride = {3, 3}, .pad = {2, 2, 2, 2}});
    check_pools((nn_pool2d_params){.kernel = {5, 2}, .stride = {1, 3}, .pad = {4, 1, 0, 0}});
    check_pools((nn_pool2d_params){.kernel = {7, 7}, .stride = {7, 7}});
    check_pools((nn_pool2d_params){.kernel = {1, 1}, .stride = {2, 2}});
}

// More padding on one side than any window inside needs.
static void test_narrow_images(void **state)
{
    const nn_shape shapes[] = {nn_shape_4d(1, 9, 1, 1), nn_shape_4d(1, 8, 2, 3)};
    const nn_pool2d_params p = {.kernel = {5, 5}, .stride = {2, 1}, .pad = {4, 4, 4, 4}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        op_expect_impls(&nn_op_max_pool, &p, &shapes[i], 1, &blocked);
        op_expect_impls(&nn_op_avg_pool, &p, &shapes[i], 1, &blocked);
    }
}

static void test_adaptive(void **state)
{
    static const int32_t sizes[][2] = {{1, 1}, {6, 6}, {3, 5}, {13, 20}};
    const nn_shape shapes[] = {nn_shape_4d(2, 11, 13, 17), nn_shape_4d(1, 16, 6, 6)};
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            const nn_adaptive_pool_params p = {{sizes[k][0], sizes[k][1]}};
            op_expect_impls(&nn_op_adaptive_avg_pool, &p, &shapes[i], 1, &blocked);
        }
}

static void test_reduce(void **state)
{
    const nn_shape shapes[] = {nn_shape_4d(2, 11, 13, 17), nn_shape_4d(1, 40, 7, 7),
                               nn_shape_4d(1, 8, 1, 1), nn_shape_4d(1, 3, 64, 80)};
    (void)state;
    for (int kind = NN_REDUCE_MEAN; kind <= NN_REDUCE_SUM; kind++)
        for (int keep = 0; keep < 2; keep++)
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
                nn_reduce_params p = {.kind = kind, .axes = 1 << 2 | 1 << 3, .keep_dims = keep};
                op_impls_options o = {.blocked = 1, .impl = "dense", .tolerance = 3e-6};
                op_expect_impls(&nn_op_reduce, &p, &shapes[i], 1, &o);
                p.axes = 1 << 1;
                op_expect_impls(&nn_op_reduce, &p, &shapes[i], 1, &o);
                o.impl = "blocked";
                if (keep)
                    op_expect_impls(&nn_op_reduce, &p, &shapes[i], 1, &o);
                p.axes = 1 << 0 | 1 << 2; // forward only
                o.impl = NULL;
                op_expect_impls(&nn_op_reduce, &p, &shapes[i], 1, &o);
            }
}

static void test_resize(void **state)
{
    const nn_shape shapes[] = {nn_shape_4d(2, 11, 5, 7), nn_shape_4d(1, 16, 12, 20)};
    (void)state;
    for (int mode = 0; mode < 3; mode++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            nn_resize_params p = {.mode = mode ? NN_RESIZE_BILINEAR : NN_RESIZE_NEAREST,
                                  .align_corners = mode == 2,
                                  .scale = {2.0f, 2.0f}};
            op_expect_impls(&nn_op_resize, &p, &shapes[i], 1, &blocked);
            p.size[0] = 9;
            p.size[1] = 31;
            op_expect_impls(&nn_op_resize, &p, &shapes[i], 1, &blocked);
            const nn_shape like[2] = {shapes[i], nn_shape_4d(1, 3, 4, 3)};
            op_expect_impls(&nn_op_resize, &p, like, 2, &blocked);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),  cmocka_unit_test(test_narrow_images),
        cmocka_unit_test(test_adaptive), cmocka_unit_test(test_reduce),
        cmocka_unit_test(test_resize),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
