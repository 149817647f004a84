// SPDX-License-Identifier: MIT
// matmul, transpose and slice: values by definition, gradients, threads, errors.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <limits.h>
#include <math.h>

typedef struct product {
    nn_shape a, b, y; // without the last two dims
    int m, n, k;
} product;

static const product products[] = {
    {{0, {0}}, {0, {0}}, {0, {0}}, 5, 7, 3},
    {{2, {2, 3}}, {2, {2, 3}}, {2, {2, 3}}, 5, 4, 6},
    {{2, {2, 3}}, {0, {0}}, {2, {2, 3}}, 4, 3, 2},
    {{0, {0}}, {1, {3}}, {1, {3}}, 4, 3, 2},
    {{2, {2, 1}}, {2, {1, 3}}, {2, {2, 3}}, 2, 5, 4},
    {{1, {3}}, {3, {2, 1, 1}}, {3, {2, 1, 3}}, 3, 2, 5},
    {{1, {2}}, {1, {2}}, {1, {2}}, 150, 70, 33},
};
enum { PRODUCTS = sizeof products / sizeof *products };

static nn_shape with_matrix(nn_shape s, int64_t rows, int64_t columns, bool transposed)
{
    s.dim[s.rank++] = transposed ? columns : rows;
    s.dim[s.rank++] = transposed ? rows : columns;
    return s;
}

// Offset of the matrix of an operand for matrix `index` of the output.
static int64_t matrix_at(const nn_shape *operand, const nn_shape *out, int64_t index)
{
    int64_t offset = 0, step = nn_shape_span(operand, operand->rank - 2, operand->rank);
    for (int i = out->rank - 3, j = operand->rank - 3; j >= 0; i--, j--) {
        offset += operand->dim[j] == 1 ? 0 : index % out->dim[i] * step;
        index /= out->dim[i];
        step *= operand->dim[j];
    }
    return offset;
}

static void check_product(const product *c, const nn_matmul_params *p, const nn_shape in[2])
{
    op_run r;
    const nn_shape want = with_matrix(c->y, c->m, c->n, false);
    op_run_init(&r, &nn_op_matmul, p, in, 2, 1, 1);
    assert_true(nn_shape_equal(&r.out.shape, &want));
    op_run_forward(&r);
    for (int64_t i = 0; i < nn_shape_count(&want); i++) {
        const int64_t row = i / c->n % c->m, column = i % c->n, index = i / (c->m * c->n);
        const float *a = nn_tensor_f32(&r.in[0]) + matrix_at(&in[0], &want, index);
        const float *b = nn_tensor_f32(&r.in[1]) + matrix_at(&in[1], &want, index);
        double sum = 0;
        for (int k = 0; k < c->k; k++)
            sum += (double)a[p->trans_a ? k * c->m + row : row * c->k + k] *
                   (double)b[p->trans_b ? column * c->k + k : k * c->n + column];
        sum *= (double)p->alpha;
        assert_true(fabs(sum - (double)nn_tensor_f32(&r.out)[i]) < 1e-5);
    }
    op_run_release(&r);
}

static void matmul_is_the_product(void **state)
{
    (void)state;
    for (int i = 0; i < PRODUCTS; i++)
        for (int trans = 0; trans < 4; trans++) {
            const product *c = &products[i];
            const nn_matmul_params p = {trans & 1, trans >> 1, i % 2 ? 1.0f : 0.25f};
            const nn_shape in[] = {with_matrix(c->a, c->m, c->k, p.trans_a),
                                   with_matrix(c->b, c->k, c->n, p.trans_b)};
            check_product(c, &p, in);
            gradcheck(&nn_op_matmul, &p, in, 2, 1, &(gradcheck_options){.max_elements = 40});
            op_expect_same(&nn_op_matmul, &p, in, 2, 1e-5);
        }
}

static void matmul_errors_are_named(void **state)
{
    (void)state;
    nn_shape in[] = {{3, {2, 3, 4}}, {3, {2, 3, 5}}};
    op_expect_shape_error(&nn_op_matmul, &(nn_matmul_params){0, 0, 1}, in, 2,
                          "2x3x4 and 2x3x5 share no inner dim (4, 3)");
    op_expect_shape_error(&nn_op_matmul, &(nn_matmul_params){0, 1, 1}, in, 2,
                          "2x3x5 transposed share");
    in[1] = (nn_shape){3, {3, 4, 5}};
    op_expect_shape_error(&nn_op_matmul, &(nn_matmul_params){0, 0, 1}, in, 2, "leading dims");
    in[1] = nn_shape_1d(4);
    op_expect_shape_error(&nn_op_matmul, &(nn_matmul_params){0, 0, 1}, in, 2, "two dims or more");
}

static void check_transpose(const nn_transpose_params *p, const nn_shape *in)
{
    op_run r;
    op_run_init(&r, &nn_op_transpose, p, in, 1, 1, 1);
    op_run_forward(&r);
    for (int64_t i = 0; i < nn_shape_count(in); i++) {
        int64_t index[NN_MAX_RANK] = {0}, rest = i, from = 0;
        for (int k = in->rank - 1; k >= 0; k--) {
            index[p->perm[k]] = rest % r.out.shape.dim[k];
            rest /= r.out.shape.dim[k];
        }
        for (int k = 0; k < in->rank; k++)
            from = from * in->dim[k] + index[k];
        assert_true(nn_tensor_f32(&r.out)[i] == nn_tensor_f32(&r.in[0])[from]);
    }
    op_run_release(&r);
    gradcheck(&nn_op_transpose, p, in, 1, 1, &(gradcheck_options){.max_elements = 30});
    op_expect_same(&nn_op_transpose, p, in, 1, 0.0);
}

static void transpose_moves_axes(void **state)
{
    (void)state;
    const nn_shape shapes[] = {{3, {2, 3, 5}},         {3, {2, 170, 190}}, {4, {2, 3, 4, 5}},
                               {5, {2, 6, 3, 4, 5}},   {1, {7}},           {0, {0}},
                               {6, {2, 1, 3, 2, 4, 3}}};
    const nn_transpose_params perms[] = {{3, {0, 2, 1}},         {3, {2, 1, 0}}, {4, {0, 2, 3, 1}},
                                         {5, {2, 0, 3, 1, 4}},   {1, {0}},       {0, {0}},
                                         {6, {5, 0, 4, 2, 1, 3}}};
    for (int i = 0; i < 7; i++)
        check_transpose(&perms[i], &shapes[i]);
}

static void transpose_errors_are_named(void **state)
{
    (void)state;
    const nn_shape in = {3, {2, 3, 5}};
    op_expect_shape_error(&nn_op_transpose, &(nn_transpose_params){2, {1, 0}}, &in, 1,
                          "2 axes for a tensor of 2x3x5");
    op_expect_shape_error(&nn_op_transpose, &(nn_transpose_params){3, {0, 1, 1}}, &in, 1,
                          "axis 1 at place 2");
    op_expect_shape_error(&nn_op_transpose, &(nn_transpose_params){3, {0, 1, 3}}, &in, 1,
                          "axis 3 at place 2");
    op_expect_shape_error(&nn_op_transpose, &(nn_transpose_params){3, {-1, 1, 2}}, &in, 1,
                          "axis -1 at place 0");
}

static void slice_takes_a_range(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_4d(3, 8, 30, 40);
    const struct {
        nn_slice_params p;
        int64_t begin, count;
    } cases[] = {
        {{1, 0, INT32_MAX, 1}, 0, 8}, {{1, 2, 7, 1}, 2, 5},   {{1, -3, -1, 1}, 5, 2},
        {{0, 1, 2, 1}, 1, 1},         {{-1, 3, 40, 5}, 3, 8}, {{3, -400, 39, 2}, 0, 20},
        {{2, 29, 30, 9}, 29, 1},      {{0, 0, 3, 2}, 0, 2},   {{1, 1, 8, 3}, 1, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const nn_slice_params *p = &cases[i].p;
        const int axis = (p->axis + 4) % 4;
        const int64_t inner = nn_shape_span(&in, axis + 1, 4);
        op_run r;
        op_run_init(&r, &nn_op_slice, p, &in, 1, 1, 1);
        assert_int_equal(r.out.shape.dim[axis], cases[i].count);
        op_run_forward(&r);
        for (int64_t k = 0; k < nn_shape_count(&r.out.shape); k++) {
            const int64_t at = cases[i].begin + k / inner % cases[i].count * p->step;
            const int64_t outer = k / (inner * cases[i].count);
            const int64_t from = (outer * in.dim[axis] + at) * inner + k % inner;
            assert_true(nn_tensor_f32(&r.out)[k] == nn_tensor_f32(&r.in[0])[from]);
        }
        op_run_release(&r);
        gradcheck(&nn_op_slice, p, &(nn_shape){4, {3, 8, 30, 40}}, 1, 1,
                  &(gradcheck_options){.max_elements = 20});
        op_expect_same(&nn_op_slice, p, &in, 1, 0.0);
    }
}

static void slice_errors_are_named(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_2d(3, 8);
    op_expect_shape_error(&nn_op_slice, &(nn_slice_params){2, 0, 1, 1}, &in, 1, "no axis 2");
    op_expect_shape_error(&nn_op_slice, &(nn_slice_params){1, 5, 5, 1}, &in, 1,
                          "nothing from 5 to 5 of axis 1 with 8 elements");
    op_expect_shape_error(&nn_op_slice, &(nn_slice_params){1, 8, INT_MAX, 1}, &in, 1, "nothing");
    op_expect_shape_error(&nn_op_slice, &(nn_slice_params){1, 0, 8, 0}, &in, 1, "step 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matmul_is_the_product), cmocka_unit_test(matmul_errors_are_named),
        cmocka_unit_test(transpose_moves_axes),  cmocka_unit_test(transpose_errors_are_named),
        cmocka_unit_test(slice_takes_a_range),   cmocka_unit_test(slice_errors_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
