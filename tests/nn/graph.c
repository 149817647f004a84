// SPDX-License-Identifier: MIT
// Graphs and plans with two tiny operators of our own: mechanics, lifetimes, gradients, failures.
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include "nn/graph/backward.h"
#include "nn/graph/plan.h"
#include "nn/graph/plan_parts.h"
#include "nn/ops/ops.h"

#include <stdio.h>

static nn_status same_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    (void)params;
    for (int i = 1; i < n_in; i++)
        if (!nn_shape_equal(&in[0], &in[i]))
            return nn_fail(err, NN_ESHAPE, "inputs 0 and %d differ", i);
    *out = in[0];
    return NN_OK;
}

static void twice_forward(const nn_op_call *c)
{
    for (int64_t i = 0; i < nn_shape_count(&c->out->shape); i++)
        nn_tensor_f32(c->out)[i] = 2 * nn_tensor_f32(&c->in[0])[i];
}

static void twice_backward(const nn_op_call *c)
{
    for (int64_t i = 0; i < nn_shape_count(&c->out->shape); i++)
        nn_tensor_f32(&c->grad_in[0])[i] += 2 * nn_tensor_f32(c->grad_out)[i];
}

static void product_forward(const nn_op_call *c)
{
    for (int64_t i = 0; i < nn_shape_count(&c->out->shape); i++)
        nn_tensor_f32(c->out)[i] = nn_tensor_f32(&c->in[0])[i] * nn_tensor_f32(&c->in[1])[i];
}

static void product_backward(const nn_op_call *c)
{
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; c->grad_in[k].data && i < nn_shape_count(&c->out->shape); i++)
            nn_tensor_f32(&c->grad_in[k])[i] +=
                nn_tensor_f32(&c->in[1 - k])[i] * nn_tensor_f32(c->grad_out)[i];
}

static const nn_op twice = {.name = "twice",
                            .min_in = 1,
                            .max_in = 1,
                            .flags = NN_OP_INPLACE,
                            .shape = same_shape,
                            .forward = twice_forward,
                            .backward = twice_backward};
static const nn_op product = {.name = "product",
                              .min_in = 2,
                              .max_in = 2,
                              .shape = same_shape,
                              .forward = product_forward,
                              .backward = product_backward};

static nn_value apply(nn_graph *g, const nn_op *op, const char *name, nn_value a, nn_value b)
{
    nn_value in[2] = {a, b};
    return nn_graph_node(g, op, name, NULL, in, op->min_in);
}

// y = (2 (2x)) * w * x, with 2x also read by the last node when `fan_out`.
static nn_model *make_model(bool fan_out)
{
    nn_graph *g = nn_graph_new();
    assert_non_null(g);
    nn_value x = nn_graph_input(g, "x");
    nn_shape shape = nn_shape_1d(4);
    nn_value w = nn_graph_param(g, "w", NN_PARAM_WEIGHT, &shape);
    nn_value a = apply(g, &twice, "a", x, 0);
    nn_value b = apply(g, &twice, "b", a, 0);
    nn_value c = apply(g, &product, "c", b, w);
    nn_value d = apply(g, &product, "d", c, fan_out ? a : x);
    nn_graph_output(g, "y", d);
    nn_model *m;
    nn_error err;
    if (nn_model_new(&m, g, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < 4; i++)
        nn_tensor_f32(&m->params[0])[i] = (float)(i + 1);
    return m;
}

static nn_plan *fill(nn_plan *plan)
{
    for (int i = 0; i < 4; i++)
        nn_tensor_f32(nn_plan_input(plan, 0))[i] = (float)(i - 1);
    return plan;
}

static nn_plan *make_plan(const nn_model *m, const nn_plan_options *options)
{
    nn_shape in = nn_shape_1d(4);
    nn_plan *plan;
    nn_error err;
    if (nn_plan_new(&plan, m, &in, 1, options, &err))
        fail_msg("%s", err.text);
    return fill(plan);
}

static nn_plan *make_training_plan(const nn_model *m, const nn_training_plan_options *options)
{
    nn_shape in = nn_shape_1d(4);
    nn_plan *plan;
    nn_error err;
    if (nn_plan_new_training(&plan, m, &in, 1, options, &err))
        fail_msg("%s", err.text);
    return fill(plan);
}

static void runs_and_reuses_memory(void **state)
{
    (void)state;
    nn_model *m = make_model(false);
    nn_plan *plan = make_plan(m, NULL);
    for (int run = 0; run < 2; run++) {
        nn_plan_run(plan);
        for (int i = 0; i < 4; i++) {
            float x = (float)(i - 1);
            assert_true(nn_tensor_f32(nn_plan_output(plan, 0))[i] == 4 * x * (float)(i + 1) * x);
        }
    }
    // x, a = b in place, c, d: the last may take a's place.
    assert_int_equal(nn_plan_bytes(plan), 3 * 64);
    assert_null(nn_plan_value(plan, 2));
    nn_plan_free(plan);
    nn_model_free(m);
}

// An input that is filled before every run gives its memory to what is computed after its last use.
static void reuses_memory_of_refilled_inputs(void **state)
{
    (void)state;
    nn_model *m = make_model(true);
    nn_plan *kept = make_plan(m, NULL);
    nn_plan *plan = make_plan(m, &(nn_plan_options){.refills = true});
    for (int run = 0; run < 2; run++) {
        fill(plan);
        nn_plan_run(plan);
        for (int i = 0; i < 4; i++) {
            float x = (float)(i - 1);
            assert_true(nn_tensor_f32(nn_plan_output(plan, 0))[i] == 8 * x * (float)(i + 1) * x);
        }
    }
    assert_int_equal(nn_plan_bytes(kept), 4 * 64); // x, a, b, c; d takes b's place
    assert_int_equal(nn_plan_bytes(plan), 3 * 64); // b or c takes x's
    nn_plan_free(kept);
    nn_plan_free(plan);
    nn_model_free(m);
}

static void keeps_values_for_taps(void **state)
{
    (void)state;
    nn_model *m = make_model(false);
    nn_plan *plan = make_plan(m, &(nn_plan_options){.keep_values = true});
    nn_plan_run(plan);
    for (nn_value v = 2; v < 6; v++)
        assert_non_null(nn_plan_value(plan, v));
    assert_true(nn_tensor_f32(nn_plan_value(plan, 2))[3] == 4);
    assert_true(nn_tensor_f32(nn_plan_value(plan, 3))[3] == 8);
    nn_plan_free(plan);
    nn_model_free(m);
}

static void gradients_add_up_over_readers(void **state)
{
    (void)state;
    nn_model *m = make_model(true);
    nn_plan *plan = make_training_plan(m, &(nn_training_plan_options){.input_grads = true});
    for (int pass = 1; pass <= 2; pass++) {
        nn_plan_run(plan);
        for (int i = 0; i < 4; i++)
            nn_tensor_f32(nn_plan_output_grad(plan, 0))[i] = 1;
        nn_plan_backward(plan);
        for (int i = 0; i < 4; i++) { // y = 4x w 2x = 8 w x^2
            float x = (float)(i - 1), w = (float)(i + 1);
            assert_true(nn_tensor_f32(nn_plan_input_grad(plan, 0))[i] == 16 * w * x);
            assert_true(nn_tensor_f32(nn_plan_param_grad(plan, 0))[i] == (float)pass * 8 * x * x);
        }
    }
    nn_plan_zero_grads(plan);
    assert_true(nn_tensor_f32(nn_plan_param_grad(plan, 0))[3] == 0);
    nn_plan_free(plan);
    nn_model_free(m);
}

static void shape_errors_name_the_node(void **state)
{
    (void)state;
    nn_model *m = make_model(false);
    nn_shape in = nn_shape_1d(5);
    nn_plan *plan;
    nn_error err;
    assert_int_equal(nn_plan_new(&plan, m, &in, 1, NULL, &err), NN_ESHAPE);
    assert_null(plan);
    assert_non_null(strstr(err.text, "node c (product)"));
    assert_int_equal(nn_plan_new(&plan, m, &in, 2, NULL, &err), NN_EINVAL);
    nn_model_free(m);
}

static void building_keeps_the_first_error(void **state)
{
    (void)state;
    nn_graph *g = nn_graph_new();
    nn_value x = nn_graph_input(g, "x");
    assert_int_equal(apply(g, &twice, "x", x, 0), NN_FAILED_VALUE);
    assert_int_equal(apply(g, &twice, "fine", x, 0), NN_FAILED_VALUE);
    nn_graph_output(g, "y", NN_FAILED_VALUE);
    nn_error err;
    assert_int_equal(nn_graph_check(g, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "two values named \"x\""));
    nn_model *m;
    assert_int_equal(nn_model_new(&m, g, &err), NN_EINVAL);
    assert_null(m);
}

static void a_run_allocates_nothing(void **state)
{
    (void)state;
    nn_model *m = make_model(true);
    nn_plan *plan = make_training_plan(m, NULL);
    alloc_reset(-1);
    nn_plan_run(plan);
    nn_plan_backward(plan);
    assert_int_equal(alloc_count(), 0);
    nn_plan_free(plan);
    nn_model_free(m);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    nn_model *m = make_model(true);
    nn_shape in = nn_shape_1d(4);
    nn_plan *plan = NULL;
    nn_error err;
    int n = 0;
    for (;; n++) {
        alloc_reset(n);
        nn_status status = nn_plan_new_training(&plan, m, &in, 1, NULL, &err);
        alloc_reset(-1);
        if (!status)
            break;
        assert_int_equal(status, NN_ENOMEM);
        assert_null(plan);
    }
    assert_true(n > 10);
    nn_plan_free(plan);
    nn_model_free(m);
}

static void names_are_found_among_many(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    nn_graph *g = nn_graph_new();
    const nn_shape shape = nn_shape_1d(1);
    char name[32];
    assert_int_equal(nn_graph_find_param(g, "x"), -1);
    nn_graph_input(g, "x");
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "layer%d.weight", i);
        assert_int_equal(nn_graph_param(g, name, NN_PARAM_WEIGHT, &shape), i + 1);
    }
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "layer%d.weight", i);
        assert_int_equal(nn_graph_find_param(g, name), i);
    }
    assert_int_equal(nn_graph_find_param(g, "x"), -1);
    assert_int_equal(nn_graph_find_param(g, "layer5000.weight"), -1);
    nn_error err = {0};
    nn_graph_input(g, "layer4321.weight");
    assert_int_equal(nn_graph_check(g, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "two values named \"layer4321.weight\""));
    nn_graph_free(g);
}

// Weights of half a terabyte: their shapes are enough.
static void shapes_need_no_parameters(void **state)
{
    (void)state;
    nn_graph *g = nn_graph_new();
    // More than there is memory; less than half of what can be addressed.
    enum { ROWS = 1 << (SIZE_MAX > UINT32_MAX ? 18 : 13), COLUMNS = 2 * ROWS };
    const nn_shape weight = nn_shape_2d(ROWS, COLUMNS);
    const nn_value in[] = {nn_graph_input(g, "x"),
                           nn_graph_param(g, "fc.weight", NN_PARAM_WEIGHT, &weight)};
    nn_graph_output(g, "y", nn_graph_node(g, &nn_op_linear, "fc", &(nn_linear_params){0}, in, 2));
    nn_shape x = nn_shape_2d(3, COLUMNS), shapes[3];
    double macs[1];
    nn_error err = {0};
    assert_int_equal(nn_graph_infer(g, &x, 1, shapes, macs, &err), NN_OK);
    assert_true(shapes[2].rank == 2 && shapes[2].dim[0] == 3 && shapes[2].dim[1] == ROWS);
    assert_true(macs[0] == 3.0 * ROWS * COLUMNS);
    assert_int_equal(nn_graph_infer(g, &x, 1, shapes, NULL, &err), NN_OK);
    assert_int_equal(nn_graph_infer(g, &x, 2, shapes, NULL, &err), NN_EINVAL);
    x.dim[1] = 7;
    assert_int_equal(nn_graph_infer(g, &x, 1, shapes, macs, &err), NN_ESHAPE);
    assert_non_null(strstr(err.text, "node fc (linear) with an input of 3x7"));
    nn_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_and_reuses_memory),
        cmocka_unit_test(reuses_memory_of_refilled_inputs),
        cmocka_unit_test(keeps_values_for_taps),
        cmocka_unit_test(gradients_add_up_over_readers),
        cmocka_unit_test(shape_errors_name_the_node),
        cmocka_unit_test(building_keeps_the_first_error),
        cmocka_unit_test(a_run_allocates_nothing),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(names_are_found_among_many),
        cmocka_unit_test(shapes_need_no_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
