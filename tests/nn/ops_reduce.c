// SPDX-License-Identifier: MIT
// reduce over every set of axes, against index arithmetic; ties of max, gradients, threads, errors.
#include "nn/base/memory.h"
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

static const nn_shape shapes[] = {
    {4, {2, 3, 5, 7}}, {4, {1, 6, 4, 40}},   {4, {3, 1, 1, 8}},
    {3, {1, 1, 1}},    {5, {2, 3, 2, 3, 2}}, {1, {9}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

// Index in the reduced tensor (axes kept with size 1) of element `index` of `s`.
static int64_t target_of(const nn_shape *s, int axes, int64_t index)
{
    int64_t target = 0, dense = 1;
    for (int i = s->rank - 1; i >= 0; i--) {
        const int64_t at = index % s->dim[i];
        index /= s->dim[i];
        if (axes >> i & 1)
            continue;
        target += at * dense;
        dense *= s->dim[i];
    }
    return target;
}

static float *reduce_by_index(const op_run *r, const nn_reduce_params *p)
{
    const nn_shape *s = &r->in[0].shape;
    const int64_t n = nn_shape_count(&r->out.shape), all = nn_shape_count(s);
    float *want = nn_alloc((size_t)n * sizeof *want);
    assert_non_null(want);
    for (int64_t o = 0; o < n; o++) {
        double sum = 0.0, most = -INFINITY;
        for (int64_t i = 0; i < all; i++)
            if (target_of(s, p->axes, i) == o) {
                sum += (double)nn_tensor_f32(&r->in[0])[i];
                most = fmax(most, (double)nn_tensor_f32(&r->in[0])[i]);
            }
        const double mean = sum * (double)n / (double)all;
        want[o] = (float)(p->kind == NN_REDUCE_MAX ? most : p->kind == NN_REDUCE_SUM ? sum : mean);
    }
    return want;
}

static void forward_matches_indices(void **state)
{
    (void)state;
    for (int c = 0; c < SHAPES; c++)
        for (int axes = 1; axes < 1 << shapes[c].rank; axes++)
            for (int kind = 0; kind < 3; kind++) {
                const nn_reduce_params p = {kind, axes, axes % 2};
                op_run r;
                op_run_init(&r, &nn_op_reduce, &p, &shapes[c], 1, 1, (uint64_t)axes);
                assert_int_equal(r.out.shape.rank,
                                 shapes[c].rank - (p.keep_dims ? 0 : __builtin_popcount(axes)));
                op_run_forward(&r);
                float *want = reduce_by_index(&r, &p);
                op_expect_close("reduce", nn_tensor_f32(&r.out), want, nn_shape_count(&r.out.shape),
                                1e-6);
                nn_free(want);
                op_run_release(&r);
            }
}

static void shapes_keep_or_drop_axes(void **state)
{
    const nn_shape in = nn_shape_4d(2, 3, 5, 7), kept = nn_shape_4d(2, 3, 1, 1);
    const nn_shape dropped = nn_shape_2d(2, 3);
    nn_reduce_params p = {NN_REDUCE_MEAN, 4 | 8, 1};
    nn_shape out;
    (void)state;
    assert_int_equal(nn_op_reduce.shape(&p, &in, 1, &out, NULL), NN_OK);
    assert_true(nn_shape_equal(&out, &kept));
    p.keep_dims = 0;
    assert_int_equal(nn_op_reduce.shape(&p, &in, 1, &out, NULL), NN_OK);
    assert_true(nn_shape_equal(&out, &dropped));
}

static void gradients_are_the_differences(void **state)
{
    (void)state;
    for (int c = 0; c < SHAPES; c++)
        for (int axes = 1; axes < 1 << shapes[c].rank; axes++)
            for (int kind = 0; kind < 3; kind++) {
                const nn_reduce_params p = {kind, axes, 1};
                gradcheck(
                    &nn_op_reduce, &p, &shapes[c], 1, 6,
                    &(gradcheck_options){.max_elements = 20, .step = 1e-3, .tolerance = 0.01});
            }
}

// Equal maxima share the gradient, as in torch's amax: over channels (1), pixels (2, 3) and all.
static void equal_maxima_share(void **state)
{
    const nn_shape in = nn_shape_4d(1, 2, 2, 3);
    const float x[12] = {1, 5, 2, 5, 0, 5, 1, 5, 3, -1, 0, 5};
    const struct {
        int axes;
        float grad_out[6], want[12];
    } cases[] = {
        {2, {1, 2, 3, 4, 5, 6}, {0.5f, 1, 0, 4, 2.5f, 3, 0.5f, 1, 3, 0, 2.5f, 3}},
        {4 | 8, {3, 8}, {0, 1, 0, 1, 0, 1, 0, 4, 0, 0, 0, 4}},
        {15, {10}, {0, 2, 0, 2, 0, 2, 0, 2, 0, 0, 0, 2}},
    };
    (void)state;
    for (int c = 0; c < 3; c++) {
        const nn_reduce_params p = {NN_REDUCE_MAX, cases[c].axes, 0};
        op_run r;
        op_run_init(&r, &nn_op_reduce, &p, &in, 1, 1, 0);
        memcpy(r.in[0].data, x, sizeof x);
        memcpy(r.grad_out.data, cases[c].grad_out, nn_tensor_bytes(&r.grad_out));
        op_run_forward(&r);
        op_run_backward(&r);
        assert_memory_equal(r.grad_in[0].data, cases[c].want, sizeof x);
        op_run_release(&r);
    }
}

static void threads_and_levels_agree(void **state)
{
    const nn_shape big = nn_shape_4d(3, 17, 45, 53);
    (void)state;
    for (int axes = 1; axes < 16; axes++)
        for (int kind = 0; kind < 3; kind++)
            op_expect_same(&nn_op_reduce, &(nn_reduce_params){kind, axes, 1}, &big, 1, 5e-6);
    const nn_shape empty = nn_shape_4d(2, 0, 3, 4);
    op_expect_same(&nn_op_reduce, &(nn_reduce_params){NN_REDUCE_SUM, 2, 1}, &empty, 1, 0.0);
    op_expect_same(&nn_op_reduce, &(nn_reduce_params){NN_REDUCE_SUM, 12, 1}, &empty, 1, 0.0);
}

static void wrong_settings_are_named(void **state)
{
    nn_shape in = nn_shape_4d(2, 3, 5, 7);
    (void)state;
    op_expect_shape_error(&nn_op_reduce, &(nn_reduce_params){0, 0, 0}, &in, 1, "axis mask 0x0");
    op_expect_shape_error(&nn_op_reduce, &(nn_reduce_params){0, 16, 0}, &in, 1, "2x3x5x7");
    op_expect_shape_error(&nn_op_reduce, &(nn_reduce_params){3, 1, 0}, &in, 1, "kind 3");
    in.dim[1] = 0;
    op_expect_shape_error(&nn_op_reduce, &(nn_reduce_params){1, 2, 0}, &in, 1, "axis 1");
    in.rank = -1;
    op_expect_shape_error(&nn_op_reduce, &(nn_reduce_params){0, 1, 0}, &in, 1, "missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_matches_indices),       cmocka_unit_test(shapes_keep_or_drop_axes),
        cmocka_unit_test(gradients_are_the_differences), cmocka_unit_test(equal_maxima_share),
        cmocka_unit_test(threads_and_levels_agree),      cmocka_unit_test(wrong_settings_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
