// SPDX-License-Identifier: MIT
// pointwise and arithmetic: values that are known, gradients of every function, broadcasting.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

static float eval_pointwise(nn_pointwise kind, float x, float a, float b)
{
    const nn_pointwise_params p = {(int32_t)kind, a, b};
    const nn_shape shape = nn_shape_1d(1);
    op_run r;
    op_run_init(&r, &nn_op_pointwise, &p, &shape, 1, 1, 1);
    *nn_tensor_f32(&r.in[0]) = x;
    op_run_forward(&r);
    const float y = *nn_tensor_f32(&r.out);
    op_run_release(&r);
    return y;
}

static float eval_arithmetic(nn_arithmetic kind, float x, float y)
{
    const nn_arithmetic_params p = {(int32_t)kind};
    const nn_shape shapes[] = {nn_shape_1d(1), nn_shape_1d(1)};
    op_run r;
    op_run_init(&r, &nn_op_arithmetic, &p, shapes, 2, 1, 1);
    *nn_tensor_f32(&r.in[0]) = x;
    *nn_tensor_f32(&r.in[1]) = y;
    op_run_forward(&r);
    const float out = *nn_tensor_f32(&r.out);
    op_run_release(&r);
    return out;
}

// Values from the definitions (numpy, torch).
static void test_pointwise_values(void **state)
{
    (void)state;
    static const struct {
        nn_pointwise kind;
        float x, a, b, y;
    } cases[] = {
        {NN_POINTWISE_ABS, -2.5f, 0, 0, 2.5f},
        {NN_POINTWISE_CEIL, -1.5f, 0, 0, -1},
        {NN_POINTWISE_CLIP, 7, -1, 2, 2},
        {NN_POINTWISE_CLIP, -7, -1, 2, -1},
        {NN_POINTWISE_CELU, -1, 2, 0, -0.7869387f},
        {NN_POINTWISE_ELU, -1, 2, 0, -1.2642411f},
        {NN_POINTWISE_ERF, 0.5f, 0, 0, 0.5204999f},
        {NN_POINTWISE_FLOOR, -1.5f, 0, 0, -2},
        {NN_POINTWISE_GELU_TANH, 1, 0, 0, 0.841192f},
        {NN_POINTWISE_HARD_SIGMOID, 1, 0.2f, 0.5f, 0.7f},
        {NN_POINTWISE_HARD_SIGMOID, 9, 0.2f, 0.5f, 1},
        {NN_POINTWISE_HARD_SWISH, 1, 0, 0, 0.6666667f},
        {NN_POINTWISE_HARD_SWISH, -4, 0, 0, 0},
        {NN_POINTWISE_IS_INF, INFINITY, 1, 0, 1},
        {NN_POINTWISE_IS_INF, -INFINITY, 1, 0, 0},
        {NN_POINTWISE_IS_NAN, NAN, 0, 0, 1},
        {NN_POINTWISE_LEAKY_RELU, -2, 0.1f, 0, -0.2f},
        {NN_POINTWISE_NOT, 0, 0, 0, 1},
        {NN_POINTWISE_NOT, -3, 0, 0, 0},
        {NN_POINTWISE_ROUND, 2.5f, 0, 0, 2},
        {NN_POINTWISE_ROUND, 3.5f, 0, 0, 4},
        {NN_POINTWISE_SELU, -1, 1.6732632f, 1.0507010f, -1.1113307f},
        {NN_POINTWISE_SHRINK, 2, 1.5f, 0.5f, 1.5f},
        {NN_POINTWISE_SIGN, -0.1f, 0, 0, -1},
        {NN_POINTWISE_SOFTPLUS, 100, 0, 0, 100},
        {NN_POINTWISE_SOFTPLUS, 0, 0, 0, 0.6931472f},
        {NN_POINTWISE_SOFTSIGN, -3, 0, 0, -0.75f},
        {NN_POINTWISE_THRESHOLD, 1, 1, 0, 0},
        {NN_POINTWISE_TRUNC, -1.9f, 0, 0, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float y = eval_pointwise(cases[i].kind, cases[i].x, cases[i].a, cases[i].b);
        if (!(fabsf(y - cases[i].y) <= 1e-6f * fmaxf(1, fabsf(cases[i].y))))
            fail_msg("function %d of %g is %g, expected %g", cases[i].kind, (double)cases[i].x,
                     (double)y, (double)cases[i].y);
    }
}

// Inputs where a function is smooth and defined.
static gradcheck_options domain_of(nn_pointwise kind)
{
    gradcheck_options o = {0};
    if (kind == NN_POINTWISE_ACOSH)
        o.low = 1.5f, o.high = 3;
    else if (kind == NN_POINTWISE_LOG || kind == NN_POINTWISE_SQRT ||
             kind == NN_POINTWISE_RECIPROCAL)
        o.low = 0.5f, o.high = 2;
    else if (kind == NN_POINTWISE_ACOS || kind == NN_POINTWISE_ASIN || kind == NN_POINTWISE_ATANH)
        o.low = -0.8f, o.high = 0.8f;
    else if (kind == NN_POINTWISE_CEIL || kind == NN_POINTWISE_FLOOR || kind == NN_POINTWISE_TRUNC)
        o.low = 0.1f, o.high = 0.9f;
    else if (kind == NN_POINTWISE_ROUND || kind == NN_POINTWISE_SIGN || kind == NN_POINTWISE_NOT)
        o.low = 0.1f, o.high = 0.4f;
    else if (kind == NN_POINTWISE_SHRINK || kind == NN_POINTWISE_THRESHOLD)
        o.low = 0.8f, o.high = 2;
    return o;
}

static void test_pointwise_gradients(void **state)
{
    (void)state;
    const nn_shape shape = nn_shape_4d(2, 3, 2, 5);
    for (int kind = 0; kind < NN_POINTWISE_COUNT; kind++) {
        const nn_pointwise_params p = {kind, 0.7f, 0.6f};
        gradcheck_options o = domain_of((nn_pointwise)kind);
        if (kind == NN_POINTWISE_CLIP)
            continue; // below: its limits must be in order
        gradcheck(&nn_op_pointwise, &p, &shape, 1, 11 + (uint64_t)kind, &o);
    }
    gradcheck(&nn_op_pointwise, &(nn_pointwise_params){NN_POINTWISE_CLIP, -0.5f, 0.4f}, &shape, 1,
              5, NULL);
    const nn_shape large = nn_shape_1d(40000);
    const nn_pointwise_params swish = {NN_POINTWISE_HARD_SWISH, 0, 0};
    op_expect_same(&nn_op_pointwise, &swish, &large, 1, 0);
    op_expect_in_place(&nn_op_pointwise, &swish, &large, 1);
    op_expect_shape_error(&nn_op_pointwise, &(nn_pointwise_params){-1, 0, 0}, &shape, 1, "number");
}

static void test_arithmetic_values(void **state)
{
    (void)state;
    static const struct {
        nn_arithmetic kind;
        float a, b, y;
    } cases[] = {
        {NN_ARITHMETIC_SUB, 1, 3, -2},       {NN_ARITHMETIC_DIV, 1, 4, 0.25f},
        {NN_ARITHMETIC_DIV_INT, -7, 2, -3},  {NN_ARITHMETIC_POW, 2, 10, 1024},
        {NN_ARITHMETIC_POW, -2, 3, -8},      {NN_ARITHMETIC_MIN, 1, -1, -1},
        {NN_ARITHMETIC_MAX, 1, -1, 1},       {NN_ARITHMETIC_MOD, -7, 3, 2},
        {NN_ARITHMETIC_MOD, 7, -3, -2},      {NN_ARITHMETIC_FMOD, -7, 3, -1},
        {NN_ARITHMETIC_PRELU, -2, 0.5f, -1}, {NN_ARITHMETIC_PRELU, 2, 0.5f, 2},
        {NN_ARITHMETIC_GREATER, 2, 2, 0},    {NN_ARITHMETIC_GREATER_EQUAL, 2, 2, 1},
        {NN_ARITHMETIC_LESS, 1, 2, 1},       {NN_ARITHMETIC_LESS_EQUAL, 3, 2, 0},
        {NN_ARITHMETIC_EQUAL, 3, 3, 1},      {NN_ARITHMETIC_AND, 1, 0, 0},
        {NN_ARITHMETIC_OR, 1, 0, 1},         {NN_ARITHMETIC_XOR, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float y = eval_arithmetic(cases[i].kind, cases[i].a, cases[i].b);
        if (y != cases[i].y)
            fail_msg("function %d of %g, %g is %g, expected %g", cases[i].kind, (double)cases[i].a,
                     (double)cases[i].b, (double)y, (double)cases[i].y);
    }
    assert_true(isnan(eval_arithmetic(NN_ARITHMETIC_MAX, NAN, 1)));
}

static void test_arithmetic_gradients(void **state)
{
    (void)state;
    static const nn_shape shapes[][2] = {
        {{3, {2, 3, 4}}, {3, {2, 3, 4}}},
        {{4, {2, 3, 2, 4}}, {3, {3, 1, 1}}},
        {{2, {1, 4}}, {3, {2, 3, 1}}},
        {{1, {5}}, {0, {0}}},
    };
    static const nn_arithmetic kinds[] = {NN_ARITHMETIC_SUB, NN_ARITHMETIC_DIV, NN_ARITHMETIC_POW,
                                          NN_ARITHMETIC_MIN, NN_ARITHMETIC_MAX};
    const gradcheck_options positive = {.low = 0.5f, .high = 2};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            gradcheck(&nn_op_arithmetic, &(nn_arithmetic_params){(int32_t)kinds[k]}, shapes[s], 2,
                      7 * k + s, &positive);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        gradcheck(&nn_op_arithmetic, &(nn_arithmetic_params){NN_ARITHMETIC_PRELU}, shapes[s], 2, s,
                  NULL);
    op_expect_same(&nn_op_arithmetic, &(nn_arithmetic_params){NN_ARITHMETIC_SUB}, shapes[1], 2, 0);
    const nn_shape wrong[] = {nn_shape_1d(3), nn_shape_1d(4)};
    op_expect_shape_error(&nn_op_arithmetic, &(nn_arithmetic_params){0}, wrong, 2, "fit");
    op_expect_shape_error(&nn_op_arithmetic, &(nn_arithmetic_params){99}, shapes[0], 2, "number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointwise_values),
        cmocka_unit_test(test_pointwise_gradients),
        cmocka_unit_test(test_arithmetic_values),
        cmocka_unit_test(test_arithmetic_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
