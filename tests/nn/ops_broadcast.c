// SPDX-License-Identifier: MIT
// add and mul over every kind of broadcasting, against index arithmetic; gradients, threads,
// errors.
#include "nn/base/memory.h"
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

typedef struct pair {
    nn_shape a, b, out;
} pair;

static const pair cases[] = {
    {{4, {2, 3, 5, 7}}, {4, {2, 3, 5, 7}}, {4, {2, 3, 5, 7}}},
    {{4, {2, 3, 5, 7}}, {4, {2, 3, 1, 1}}, {4, {2, 3, 5, 7}}}, // per sample and channel
    {{4, {2, 3, 5, 7}}, {4, {1, 3, 1, 1}}, {4, {2, 3, 5, 7}}}, // per channel
    {{4, {2, 3, 5, 7}}, {4, {2, 1, 5, 7}}, {4, {2, 3, 5, 7}}}, // per pixel
    {{4, {1, 3, 5, 7}}, {4, {1, 1, 5, 7}}, {4, {1, 3, 5, 7}}},
    {{4, {2, 1, 5, 7}}, {4, {2, 3, 5, 7}}, {4, {2, 3, 5, 7}}},
    {{4, {2, 3, 1, 1}}, {4, {2, 3, 5, 7}}, {4, {2, 3, 5, 7}}},
    {{4, {2, 3, 1, 1}}, {4, {2, 1, 5, 7}}, {4, {2, 3, 5, 7}}}, // each repeats the other
    {{4, {2, 1, 5, 1}}, {4, {1, 3, 1, 7}}, {4, {2, 3, 5, 7}}},
    {{4, {2, 3, 5, 7}}, {1, {7}}, {4, {2, 3, 5, 7}}},
    {{2, {3, 1}}, {4, {2, 5, 1, 4}}, {4, {2, 5, 3, 4}}},
    {{4, {2, 3, 5, 7}}, {0, {0}}, {4, {2, 3, 5, 7}}},
    {{0, {0}}, {2, {3, 4}}, {2, {3, 4}}},
    {{0, {0}}, {0, {0}}, {0, {0}}},
    {{3, {1, 1, 1}}, {1, {1}}, {3, {1, 1, 1}}},
    {{2, {0, 4}}, {2, {1, 4}}, {2, {0, 4}}},
    {{6, {2, 1, 3, 1, 2, 2}}, {6, {1, 2, 1, 2, 1, 2}}, {6, {2, 2, 3, 2, 2, 2}}},
};
enum { CASES = sizeof cases / sizeof *cases };

// Offset in `s` of element `index` of `out`, axis by axis.
static int64_t source_of(const nn_shape *s, const nn_shape *out, int64_t index)
{
    int64_t offset = 0, dense = 1;
    for (int i = out->rank - 1; i >= 0; i--) {
        const int64_t at = index % out->dim[i];
        const int p = i - (out->rank - s->rank);
        index /= out->dim[i];
        if (p < 0)
            continue;
        offset += s->dim[p] == 1 ? 0 : at * dense;
        dense *= s->dim[p];
    }
    return offset;
}

static const nn_op *const ops[] = {&nn_op_add, &nn_op_mul};

static void forward_matches_indices(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++)
        for (int o = 0; o < 2; o++) {
            const nn_shape in[] = {cases[c].a, cases[c].b};
            op_run r;
            op_run_init(&r, ops[o], NULL, in, 2, 1, (uint64_t)c);
            assert_true(nn_shape_equal(&r.out.shape, &cases[c].out));
            op_run_forward(&r);
            for (int64_t i = 0; i < nn_shape_count(&r.out.shape); i++) {
                const float a = nn_tensor_f32(&r.in[0])[source_of(&in[0], &r.out.shape, i)];
                const float b = nn_tensor_f32(&r.in[1])[source_of(&in[1], &r.out.shape, i)];
                assert_true(nn_tensor_f32(&r.out)[i] == (o ? a * b : a + b));
            }
            op_run_release(&r);
        }
}

// Sums in float64 over all that an element was repeated to.
static void backward_matches_indices(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++)
        for (int o = 0; o < 2; o++) {
            const nn_shape in[] = {cases[c].a, cases[c].b};
            op_run r;
            op_run_init(&r, ops[o], NULL, in, 2, 1, (uint64_t)c);
            op_run_forward(&r);
            op_run_backward(&r);
            for (int k = 0; k < 2; k++) {
                const int64_t n = nn_shape_count(&in[k]);
                double *want = nn_calloc((size_t)n, sizeof *want);
                assert_non_null(want);
                for (int64_t i = 0; i < nn_shape_count(&r.out.shape); i++) {
                    const float *other = nn_tensor_f32(&r.in[1 - k]);
                    const float slope = o ? other[source_of(&in[1 - k], &r.out.shape, i)] : 1.0f;
                    want[source_of(&in[k], &r.out.shape, i)] +=
                        (double)nn_tensor_f32(&r.grad_out)[i] * (double)slope;
                }
                for (int64_t i = 0; i < n; i++)
                    assert_true(fabs((double)nn_tensor_f32(&r.grad_in[k])[i] - want[i]) <= 1e-6);
                nn_free(want);
            }
            op_run_release(&r);
        }
}

static void gradients_are_the_differences(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++)
        for (int o = 0; o < 2; o++)
            gradcheck(ops[o], NULL, (nn_shape[]){cases[c].a, cases[c].b}, 2, 4,
                      &(gradcheck_options){.max_elements = 40});
}

static void threads_and_levels_agree(void **state)
{
    const nn_shape big[][2] = {
        {nn_shape_4d(2, 9, 61, 67), nn_shape_4d(2, 9, 61, 67)},
        {nn_shape_4d(2, 9, 61, 67), nn_shape_4d(1, 9, 1, 1)},
        {nn_shape_4d(2, 9, 161, 167), nn_shape_4d(2, 1, 161, 167)},
        {nn_shape_4d(2, 1, 161, 167), nn_shape_4d(1, 9, 1, 1)},
        {nn_shape_4d(30, 900, 1, 1), nn_shape_4d(1, 900, 1, 1)},
    };
    (void)state;
    for (int o = 0; o < 2; o++) {
        for (int c = 0; c < CASES; c++)
            op_expect_same(ops[o], NULL, (nn_shape[]){cases[c].a, cases[c].b}, 2, 2e-6);
        for (int c = 0; c < 5; c++)
            op_expect_same(ops[o], NULL, big[c], 2, 2e-6);
        for (int c = 0; c < 5; c++)
            op_expect_in_place(ops[o], NULL, (nn_shape[]){cases[c].a, cases[c].b}, 2);
    }
}

static void wrong_shapes_are_named(void **state)
{
    nn_shape in[] = {nn_shape_4d(2, 3, 5, 7), nn_shape_4d(2, 3, 4, 7)};
    (void)state;
    op_expect_shape_error(&nn_op_add, NULL, in, 2, "add: 2x3x5x7 and 2x3x4x7");
    op_expect_shape_error(&nn_op_mul, NULL, in, 2, "axis 2");
    in[1] = nn_shape_1d(3);
    op_expect_shape_error(&nn_op_mul, NULL, in, 2, "mul: 2x3x5x7 and 3");
    in[1].rank = -1;
    op_expect_shape_error(&nn_op_add, NULL, in, 2, "input 1 is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_matches_indices),       cmocka_unit_test(backward_matches_indices),
        cmocka_unit_test(gradients_are_the_differences), cmocka_unit_test(threads_and_levels_agree),
        cmocka_unit_test(wrong_shapes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
