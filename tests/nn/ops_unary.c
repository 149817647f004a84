// SPDX-License-Identifier: MIT
// Activations as operators: values, gradients, threads, in place.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double relu(double x)
{
    return fmax(x, 0.0);
}

static double gelu(double x)
{
    return 0.5 * x * (1.0 + erf(x / sqrt(2.0)));
}

static double silu(double x)
{
    return x * sigmoid(x);
}

static double mish(double x)
{
    return x * tanh(log1p(exp(x)));
}

static const struct {
    const nn_op *op;
    double (*f)(double);
} cases[] = {{&nn_op_relu, relu},
             {&nn_op_gelu, gelu},
             {&nn_op_silu, silu},
             {&nn_op_mish, mish},
             {&nn_op_sigmoid, sigmoid}};
enum { CASES = sizeof cases / sizeof *cases };

static void forward_is_the_function(void **state)
{
    const nn_shape in = nn_shape_4d(2, 3, 37, 211); // several chunks, and an odd rest
    (void)state;
    for (int c = 0; c < CASES; c++) {
        op_run r;
        op_run_init(&r, cases[c].op, NULL, &in, 1, 1, 1);
        op_fill_uniform(&r.in[0], -8.0f, 8.0f, 2);
        op_run_forward(&r);
        assert_true(nn_shape_equal(&r.out.shape, &in));
        for (int64_t i = 0; i < nn_shape_count(&in); i++) {
            const double x = (double)nn_tensor_f32(&r.in[0])[i], want = cases[c].f(x);
            assert_true(fabs((double)nn_tensor_f32(&r.out)[i] - want) <= 1e-6 * (1.0 + fabs(want)));
        }
        op_run_release(&r);
    }
}

static void gradients_are_the_differences(void **state)
{
    const nn_shape in = nn_shape_2d(3, 41);
    (void)state;
    for (int c = 0; c < CASES; c++)
        gradcheck(cases[c].op, NULL, &in, 1, 3, &(gradcheck_options){.low = -4.0f, .high = 4.0f});
}

static void threads_and_levels_agree(void **state)
{
    const nn_shape in = nn_shape_4d(1, 5, 101, 119);
    (void)state;
    for (int c = 0; c < CASES; c++) {
        op_expect_same(cases[c].op, NULL, &in, 1, 1e-6);
        op_expect_in_place(cases[c].op, NULL, &in, 1);
    }
}

static void odd_shapes_work(void **state)
{
    const nn_shape shapes[] = {
        {.rank = 0}, nn_shape_1d(0), nn_shape_4d(2, 0, 3, 4), nn_shape_1d(1)};
    (void)state;
    for (int c = 0; c < CASES; c++)
        for (int i = 0; i < 4; i++)
            op_expect_same(cases[c].op, NULL, &shapes[i], 1, 1e-6);
}

static void a_missing_input_is_named(void **state)
{
    const nn_shape none = {.rank = -1};
    (void)state;
    for (int c = 0; c < CASES; c++)
        op_expect_shape_error(cases[c].op, NULL, &none, 1, "input 0 is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_the_function),  cmocka_unit_test(gradients_are_the_differences),
        cmocka_unit_test(threads_and_levels_agree), cmocka_unit_test(odd_shapes_work),
        cmocka_unit_test(a_missing_input_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
