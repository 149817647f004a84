// SPDX-License-Identifier: MIT
// Layer norms in several nodes and the biases of linear layers, against the graph as built; and
// similar graphs that must stay.
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { TOKENS = 6, FEATURES = 7 };

typedef struct norm_case {
    bool square_by_mul, eps_first, weight_first;
    int axes;        // of the mean
    float exponent;  // of the square
    bool mean_seen;  // the mean is an output, too
    bool short_bias; // one number
    bool found;
} norm_case;

static const norm_case cases[] = {
    {.axes = 4, .exponent = 2, .found = true},
    {.axes = 4, .exponent = 2, .eps_first = true, .weight_first = true, .found = true},
    {.axes = 4, .square_by_mul = true, .found = true},
    {.axes = 2, .exponent = 2},
    {.axes = 4, .exponent = 4},
    {.axes = 4, .exponent = 2, .mean_seen = true},
    {.axes = 4, .exponent = 2, .short_bias = true},
};

static nn_value put(nn_graph *g, const nn_op *op, const void *params, nn_value a, nn_value b)
{
    char name[16];
    snprintf(name, sizeof name, "node%d", nn_graph_node_count(g));
    return nn_graph_node(g, op, name, params, (const nn_value[]){a, b}, b >= 0 ? 2 : 1);
}

static nn_value mean(nn_graph *g, nn_value x, int axes)
{
    return put(g, &nn_op_reduce, &(nn_reduce_params){NN_REDUCE_MEAN, axes, 1}, x, NN_NO_VALUE);
}

static nn_value arithmetic(nn_graph *g, nn_arithmetic kind, nn_value a, nn_value b)
{
    return put(g, &nn_op_arithmetic, &(nn_arithmetic_params){kind}, a, b);
}

static nn_value add_norm(nn_graph *g, const norm_case *c, nn_value x)
{
    const nn_shape one = {0}, features = nn_shape_1d(FEATURES),
                   *bias = c->short_bias ? &one : &features;
    const nn_value m = mean(g, x, c->axes);
    const nn_value s = arithmetic(g, NN_ARITHMETIC_SUB, x, m);
    const nn_value exponent = nn_graph_param(g, "exponent", NN_PARAM_BUFFER, &one);
    const nn_value square = c->square_by_mul ? put(g, &nn_op_mul, NULL, s, s)
                                             : arithmetic(g, NN_ARITHMETIC_POW, s, exponent);
    const nn_value variance = mean(g, square, c->axes),
                   eps = nn_graph_param(g, "eps", NN_PARAM_BUFFER, &one);
    const nn_value sum =
        put(g, &nn_op_add, NULL, c->eps_first ? eps : variance, c->eps_first ? variance : eps);
    const nn_value root =
        put(g, &nn_op_pointwise, &(nn_pointwise_params){.kind = NN_POINTWISE_SQRT}, sum, -1);
    const nn_value quotient = arithmetic(g, NN_ARITHMETIC_DIV, s, root),
                   weight = nn_graph_param(g, "weight", NN_PARAM_BUFFER, &features);
    const nn_value scaled = put(g, &nn_op_mul, NULL, c->weight_first ? weight : quotient,
                                c->weight_first ? quotient : weight);
    if (c->mean_seen)
        nn_graph_output(g, "mean", m);
    return put(g, &nn_op_add, NULL, scaled, nn_graph_param(g, "bias", NN_PARAM_BUFFER, bias));
}

// x + norm(linear(x)), so that x is read twice.
static nn_model *make_model(const norm_case *c)
{
    nn_graph *g = nn_graph_new();
    const nn_shape square = nn_shape_2d(FEATURES, FEATURES), features = nn_shape_1d(FEATURES);
    const nn_value x = nn_graph_input(g, "x"), w = nn_graph_param(g, "w", NN_PARAM_WEIGHT, &square);
    const nn_value product = put(g, &nn_op_linear, &(nn_linear_params){0}, x, w);
    const nn_value y =
        put(g, &nn_op_add, NULL, product, nn_graph_param(g, "b", NN_PARAM_BUFFER, &features));
    nn_graph_output(g, "y", put(g, &nn_op_add, NULL, add_norm(g, c, y), y));
    nn_model *m;
    nn_error err = {0};
    if (nn_model_new(&m, g, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_init_random(m, 3);
    const nn_shape input = nn_shape_make(3, (const int64_t[]){2, TOKENS, FEATURES});
    m->fixed_inputs = nn_alloc(sizeof input);
    *m->fixed_inputs = input;
    nn_tensor_f32(nn_model_param(m, "exponent"))[0] = c->exponent;
    nn_tensor_f32(nn_model_param(m, "eps"))[0] = 1e-3f;
    for (int i = 0; i < FEATURES; i++) {
        nn_tensor_f32(nn_model_param(m, "b"))[i] = 0.1f * (float)i;
        nn_tensor_f32(nn_model_param(m, "weight"))[i] = 1 + 0.2f * (float)i;
        if (i == 0 || !c->short_bias)
            nn_tensor_f32(nn_model_param(m, "bias"))[i] = 0.5f - 0.1f * (float)i;
    }
    return m;
}

static void run(const nn_model *m, bool compiled, float y[2 * TOKENS * FEATURES])
{
    const nn_shape shape = nn_shape_make(3, (const int64_t[]){2, TOKENS, FEATURES});
    nn_plan *plan;
    nn_error err = {0};
    if (nn_plan_new(&plan, m, &shape, 1, &(nn_plan_options){.compiled = compiled}, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    const nn_tensor *out = nn_plan_output(plan, nn_graph_find_output(m->graph, "y"));
    memcpy(y, out->data, nn_tensor_bytes(out));
    nn_plan_free(plan);
}

static void test_norms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float want[2 * TOKENS * FEATURES], have[2 * TOKENS * FEATURES];
        nn_model *m = make_model(&cases[i]);
        run(m, false, want);
        const int before = nn_graph_node_count(m->graph);
        assert_int_equal(nn_model_fuse(&m, 0, NULL), NN_OK);
        int norms = 0;
        for (int k = 0; k < nn_graph_node_count(m->graph); k++)
            norms += nn_graph_node_at(m->graph, k).op == &nn_op_layer_norm;
        assert_int_equal(norms, cases[i].found);
        // the bias of the linear layer always goes
        assert_int_equal(nn_graph_node_count(m->graph), cases[i].found ? 3 : before - 1);
        for (int compiled = 0; compiled < 2; compiled++) {
            run(m, compiled, have);
            for (int k = 0; k < 2 * TOKENS * FEATURES; k++)
                assert_float_equal(have[k], want[k], 2e-5);
        }
        nn_model_free(m);
    }
}

// The weight of a linear layer may be the value of a node, as in quantised models.
static void test_weight_of_a_node(void **state)
{
    (void)state;
    const nn_shape square = nn_shape_2d(FEATURES, FEATURES), features = nn_shape_1d(FEATURES);
    const nn_shape input = nn_shape_2d(TOKENS, FEATURES);
    nn_graph *g = nn_graph_new();
    nn_model *m;
    nn_plan *plan;
    const nn_value x = nn_graph_input(g, "x"), w = nn_graph_param(g, "w", NN_PARAM_WEIGHT, &square);
    const nn_value made = put(g, &nn_op_relu, NULL, w, NN_NO_VALUE);
    const nn_value product = put(g, &nn_op_linear, &(nn_linear_params){0}, x, made);
    nn_graph_output(
        g, "y",
        put(g, &nn_op_add, NULL, product, nn_graph_param(g, "b", NN_PARAM_BUFFER, &features)));
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    for (int i = 0; i < FEATURES * FEATURES; i++) // one on the diagonal
        nn_tensor_f32(nn_model_param(m, "w"))[i] = i % (FEATURES + 1) == 0 ? 1 : -1;
    for (int i = 0; i < FEATURES; i++)
        nn_tensor_f32(nn_model_param(m, "b"))[i] = (float)i;
    assert_int_equal(nn_model_fuse(&m, 0, NULL), NN_OK);
    assert_int_equal(nn_plan_new(&plan, m, &input, 1, NULL, NULL), NN_OK);
    for (int i = 0; i < TOKENS * FEATURES; i++)
        nn_tensor_f32(nn_plan_input(plan, 0))[i] = (float)(10 * i);
    nn_plan_run(plan);
    for (int i = 0; i < TOKENS * FEATURES; i++)
        assert_true(nn_tensor_f32(nn_plan_output(plan, 0))[i] == (float)(10 * i + i % FEATURES));
    nn_plan_free(plan);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_norms),
                                       cmocka_unit_test(test_weight_of_a_node)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
