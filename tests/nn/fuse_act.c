// SPDX-License-Identifier: MIT
// Activations that are fused into the layer before them, single nodes, hard swish and GELU in
// parts, against the graph as built; and similar graphs that must stay.
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { CHANNELS = 5 };

typedef struct builder {
    nn_graph *g;
    float numbers[8];
    int count, axes; // axes of numbers, all of one element
} builder;

static nn_value number(builder *b, float x)
{
    char name[16];
    snprintf(name, sizeof name, "number%d", b->count);
    b->numbers[b->count++] = x;
    const nn_shape shape = {.rank = b->axes, .dim = {1, 1, 1, 1}};
    return nn_graph_param(b->g, name, NN_PARAM_BUFFER, &shape);
}

static nn_value node(builder *b, const nn_op *op, const void *params, nn_value x, nn_value y)
{
    char name[16];
    snprintf(name, sizeof name, "node%d", nn_graph_node_count(b->g));
    return nn_graph_node(b->g, op, name, params, (const nn_value[]){x, y}, y >= 0 ? 2 : 1);
}

static nn_value function(builder *b, nn_pointwise kind, nn_value x, float a, float c)
{
    return node(b, &nn_op_pointwise, &(nn_pointwise_params){kind, a, c}, x, NN_NO_VALUE);
}

static nn_value divide(builder *b, nn_value x, nn_value y)
{
    return node(b, &nn_op_arithmetic, &(nn_arithmetic_params){NN_ARITHMETIC_DIV}, x, y);
}

static nn_value mul(builder *b, nn_value x, nn_value y)
{
    return node(b, &nn_op_mul, NULL, x, y);
}

// clip(x + shift, 0, top)
static nn_value gate(builder *b, nn_value x, float shift, float top)
{
    return function(b, NN_POINTWISE_CLIP, node(b, &nn_op_add, NULL, x, number(b, shift)), 0, top);
}

static nn_value leaky(builder *b, nn_value x)
{
    return function(b, NN_POINTWISE_LEAKY_RELU, x, 0.1f, 0);
}

static nn_value leaky_001(builder *b, nn_value x)
{
    return function(b, NN_POINTWISE_LEAKY_RELU, x, 0.01f, 0);
}

static nn_value leaky_02(builder *b, nn_value x)
{
    return function(b, NN_POINTWISE_LEAKY_RELU, x, 0.2f, 0);
}

static nn_value leaky_03(builder *b, nn_value x)
{
    return function(b, NN_POINTWISE_LEAKY_RELU, x, 0.3f, 0);
}

static nn_value steeper(builder *b, nn_value x)
{
    return function(b, NN_POINTWISE_LEAKY_RELU, x, 0.25f, 0);
}

static nn_value relu6(builder *b, nn_value x)
{
    return function(b, NN_POINTWISE_CLIP, x, 0, 6);
}

static nn_value swish(builder *b, nn_value x)
{
    return function(b, NN_POINTWISE_HARD_SWISH, x, 0, 0);
}

static nn_value swish_divided(builder *b, nn_value x)
{
    const nn_value y = gate(b, x, 3, 6);
    return divide(b, mul(b, x, y), number(b, 6));
}

static nn_value swish_inside(builder *b, nn_value x)
{
    const nn_value y = divide(b, gate(b, x, 3, 6), number(b, 6));
    return mul(b, y, x);
}

static nn_value swish_times(builder *b, nn_value x)
{
    const nn_value y = gate(b, x, 3, 6);
    return mul(b, mul(b, y, x), number(b, 1.0f / 6));
}

static nn_value swish_sigmoid(builder *b, nn_value x)
{
    const nn_value y = function(b, NN_POINTWISE_HARD_SIGMOID, x, 1.0f / 6, 0.5f);
    return mul(b, x, y);
}

static nn_value silu_parts(builder *b, nn_value x)
{
    const nn_value y = node(b, &nn_op_sigmoid, NULL, x, NN_NO_VALUE);
    return mul(b, x, y);
}

static nn_value mish_parts(builder *b, nn_value x)
{
    const nn_value y =
        function(b, NN_POINTWISE_TANH, function(b, NN_POINTWISE_SOFTPLUS, x, 0, 0), 0, 0);
    return mul(b, y, x);
}

static nn_value gate_of_other(builder *b, nn_value x)
{
    const nn_value y = node(b, &nn_op_sigmoid, NULL, steeper(b, x), NN_NO_VALUE);
    return mul(b, x, y);
}

// 1 + erf(x / root)
static nn_value tail(builder *b, nn_value x, float root)
{
    const nn_value e = function(b, NN_POINTWISE_ERF, divide(b, x, number(b, root)), 0, 0);
    return node(b, &nn_op_add, NULL, e, number(b, 1));
}

static nn_value gelu_last(builder *b, nn_value x) // as PyTorch exports it
{
    const nn_value y = tail(b, x, 1.41421356f);
    return mul(b, mul(b, x, y), number(b, 0.5f));
}

static nn_value gelu_first(builder *b, nn_value x)
{
    const nn_value y = tail(b, x, 1.41421356f);
    return mul(b, mul(b, x, number(b, 0.5f)), y);
}

static nn_value gelu_inside(builder *b, nn_value x)
{
    const nn_value e = function(b, NN_POINTWISE_ERF, mul(b, number(b, 0.70710678f), x), 0, 0);
    const nn_value y = node(b, &nn_op_add, NULL, number(b, 1), e);
    return mul(b, mul(b, number(b, 0.5f), y), x);
}

static nn_value other_tail(builder *b, nn_value x)
{
    const nn_value y = tail(b, x, 1.5f);
    return mul(b, mul(b, x, y), number(b, 0.5f));
}

static nn_value tail_seen(builder *b, nn_value x)
{
    const nn_value y = tail(b, x, 1.41421356f);
    nn_graph_output(b->g, "tail", y);
    return mul(b, mul(b, x, y), number(b, 0.5f));
}

static nn_value other_shift(builder *b, nn_value x)
{
    const nn_value y = gate(b, x, 2, 6);
    return divide(b, mul(b, x, y), number(b, 6));
}

static nn_value other_part(builder *b, nn_value x)
{
    const nn_value y = gate(b, x, 3, 6);
    return divide(b, mul(b, x, y), number(b, 5));
}

static nn_value gate_seen(builder *b, nn_value x)
{
    const nn_value y = gate(b, x, 3, 6);
    nn_graph_output(b->g, "gate", y);
    return divide(b, mul(b, x, y), number(b, 6));
}

static nn_value input_seen(builder *b, nn_value x)
{
    nn_graph_output(b->g, "input", x);
    return swish_divided(b, x);
}

static const struct {
    nn_value (*build)(builder *b, nn_value x);
    nn_act act;
    int nodes; // after it
} cases[] = {
    {leaky_001, NN_ACT_LEAKY_RELU_001, 1},
    {leaky_02, NN_ACT_LEAKY_RELU_02, 1},
    {leaky_03, NN_ACT_LEAKY_RELU_03, 1},
    {leaky, NN_ACT_LEAKY_RELU, 1},
    {relu6, NN_ACT_RELU6, 1},
    {swish, NN_ACT_HARD_SWISH, 1},
    {swish_divided, NN_ACT_HARD_SWISH, 1},
    {swish_inside, NN_ACT_HARD_SWISH, 1},
    {swish_times, NN_ACT_HARD_SWISH, 1},
    {swish_sigmoid, NN_ACT_HARD_SWISH, 1},
    {steeper, NN_ACT_NONE, 2},
    {other_shift, NN_ACT_NONE, 5},
    {other_part, NN_ACT_NONE, 5},
    {gate_seen, NN_ACT_NONE, 5},
    {input_seen, NN_ACT_NONE, 5},
    {gelu_last, NN_ACT_GELU, 1},
    {gelu_first, NN_ACT_GELU, 1},
    {gelu_inside, NN_ACT_GELU, 1},
    {other_tail, NN_ACT_NONE, 6},
    {tail_seen, NN_ACT_NONE, 6},
    {silu_parts, NN_ACT_SILU, 1},
    {mish_parts, NN_ACT_MISH, 1},
    {gate_of_other, NN_ACT_NONE, 4},
};

static nn_model *finish(const builder *b, uint64_t seed)
{
    nn_model *m;
    nn_error err = {0};
    if (nn_model_new(&m, b->g, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_init_random(m, seed);
    for (int k = 0; k < b->count; k++) {
        char name[24];
        snprintf(name, sizeof name, "number%d", k);
        nn_tensor_f32(nn_model_param(m, name))[0] = b->numbers[k];
    }
    return m;
}

static nn_model *make_model(size_t i)
{
    builder b = {.g = nn_graph_new()};
    const nn_shape weight = nn_shape_4d(CHANNELS, 3, 3, 3);
    const nn_conv2d_params p = {
        .stride = {1, 1}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}, .groups = 1};
    const nn_value x = nn_graph_input(b.g, "image"),
                   w = nn_graph_param(b.g, "w", NN_PARAM_WEIGHT, &weight);
    const nn_value conv =
        nn_graph_node(b.g, &nn_op_conv2d, "conv", &p, (const nn_value[]){x, w}, 2);
    nn_graph_output(b.g, "y", cases[i].build(&b, conv));
    return finish(&b, i);
}

// Output "y" of the model for an input whose sums reach beyond all corners.
static float *run(const nn_model *m, bool compiled, int64_t *count)
{
    const nn_shape shape = nn_shape_4d(2, 3, 9, 7);
    nn_plan *plan;
    nn_error err = {0};
    if (nn_plan_new(&plan, m, &shape, 1, &(nn_plan_options){.compiled = compiled}, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    for (int64_t i = 0; i < nn_shape_count(&shape); i++)
        nn_tensor_f32(nn_plan_input(plan, 0))[i] *= 8;
    nn_plan_run(plan);
    const nn_tensor *y = nn_plan_output(plan, nn_graph_find_output(m->graph, "y"));
    *count = nn_shape_count(&y->shape);
    float *copy = malloc(nn_tensor_bytes(y));
    memcpy(copy, y->data, nn_tensor_bytes(y));
    nn_plan_free(plan);
    return copy;
}

static void check_close(size_t i, const float *want, const float *have, int64_t n)
{
    double below = 0, above = 0;
    for (int64_t k = 0; k < n; k++) {
        below = fmin(below, (double)want[k]);
        above = fmax(above, (double)want[k]);
        if (!(fabs((double)(want[k] - have[k])) <= 1e-5 * (1 + fabs((double)want[k]))))
            fail_msg("case %zu, element %d: %g, expected %g", i, (int)k, (double)have[k],
                     (double)want[k]);
    }
    assert_true(above >= 5); // or nothing was tested
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_model *m = make_model(i), *back;
        int64_t n;
        float *want = run(m, false, &n);
        assert_int_equal(nn_model_fuse(&m, 0, NULL), NN_OK);
        if (nn_graph_node_count(m->graph) != cases[i].nodes)
            fail_msg("case %zu: %d nodes are left, not %d", i, nn_graph_node_count(m->graph),
                     cases[i].nodes);
        const nn_conv2d_params *p = nn_graph_node_at(m->graph, 0).params;
        assert_int_equal(p->act, cases[i].act);
        for (int compiled = 0; compiled < 2; compiled++) {
            float *have = run(m, compiled, &n);
            check_close(i, want, have, n);
            free(have);
        }
        // In a copy for training the activation is a node again.
        nn_rebuild r;
        assert_int_equal(nn_rebuild_begin(&r, m, true, NULL), NN_OK);
        for (int k = 0; k < nn_graph_output_count(m->graph); k++)
            nn_graph_output(r.graph, nn_graph_output_name(m->graph, k),
                            nn_rebuild_value(&r, nn_graph_output_at(m->graph, k)));
        assert_int_equal(nn_rebuild_finish(&r, &back, NULL), NN_OK);
        nn_rebuild_release(&r);
        assert_int_equal(nn_graph_node_count(back->graph),
                         cases[i].nodes + (cases[i].act != NN_ACT_NONE));
        float *have = run(back, false, &n);
        check_close(i, want, have, n);
        free(have);
        free(want);
        nn_model_free(back);
        nn_model_free(m);
    }
}

// Numbers with more axes than what they are combined with give it axes, which an activation of the
// layer would not.
static void test_axes_stay(void **state)
{
    (void)state;
    for (int turn = 0; turn < 6; turn++) {
        builder b = {.g = nn_graph_new(), .axes = turn % 3 * 2};
        const nn_shape weight = nn_shape_2d(CHANNELS, 6), input = nn_shape_2d(3, 6);
        const nn_value x = nn_graph_input(b.g, "x"),
                       w = nn_graph_param(b.g, "w", NN_PARAM_WEIGHT, &weight);
        const nn_value y = nn_graph_node(b.g, &nn_op_linear, "linear", &(nn_linear_params){0},
                                         (const nn_value[]){x, w}, 2);
        nn_graph_output(b.g, "y", gelu_last(&b, y));
        nn_model *m = finish(&b, 3);
        const bool known = turn >= 3, fits = b.axes == 0 || (known && b.axes == 2);
        if (known) { // the shapes of all values
            m->fixed_inputs = nn_alloc(sizeof input);
            m->fixed_inputs[0] = input;
        }
        assert_int_equal(nn_model_fuse(&m, 0, NULL), NN_OK);
        assert_int_equal(nn_graph_node_count(m->graph), fits ? 1 : 6);
        nn_plan *plan;
        assert_int_equal(nn_plan_new(&plan, m, &input, 1, NULL, NULL), NN_OK);
        assert_int_equal(nn_plan_output(plan, 0)->shape.rank, b.axes == 4 ? 4 : 2);
        nn_plan_free(plan);
        nn_model_free(m);
    }
}

// A norm over the second axis of a linear layer's three does not scale its features, although it
// has as many channels.
static void test_norm_of_another_axis(void **state)
{
    (void)state;
    for (int turn = 0; turn < 4; turn++) {
        const int rank = 2 + turn % 2;
        const bool known = turn < 2; // the shapes of all values
        builder b = {.g = nn_graph_new()};
        const nn_shape weight = nn_shape_2d(CHANNELS, 6), row = nn_shape_1d(CHANNELS);
        const nn_shape input = {.rank = rank, .dim = {2, rank == 3 ? CHANNELS : 6, 6}};
        const nn_value x = nn_graph_input(b.g, "x"),
                       w = nn_graph_param(b.g, "w", NN_PARAM_WEIGHT, &weight);
        nn_value in[5] = {nn_graph_node(b.g, &nn_op_linear, "linear", &(nn_linear_params){0},
                                        (const nn_value[]){x, w}, 2)};
        for (int k = 1; k < 5; k++)
            in[k] = nn_graph_param(b.g, (const char *[]){"", "scale", "shift", "mean", "var"}[k],
                                   NN_PARAM_BUFFER, &row);
        nn_graph_output(b.g, "y",
                        nn_graph_node(b.g, &nn_op_batch_norm, "bn",
                                      &(nn_batch_norm_params){.eps = 1e-3f}, in, 5));
        nn_model *m = finish(&b, 4);
        for (int k = 0; k < CHANNELS; k++) {
            nn_tensor_f32(nn_model_param(m, "scale"))[k] = (float)(k + 1);
            nn_tensor_f32(nn_model_param(m, "var"))[k] = (float)(k * k + 1);
        }
        if (known) {
            m->fixed_inputs = nn_alloc(sizeof input);
            m->fixed_inputs[0] = input;
        }
        float *y[2];
        int64_t n = 0;
        for (int i = 0; i < 2; i++) {
            nn_plan *plan;
            if (i)
                assert_int_equal(nn_model_fuse(&m, 0, NULL), NN_OK);
            assert_int_equal(nn_plan_new(&plan, m, &input, 1, NULL, NULL), NN_OK);
            nn_fill_reference_input(nn_plan_input(plan, 0));
            nn_plan_run(plan);
            n = nn_shape_count(&nn_plan_output(plan, 0)->shape);
            y[i] = malloc((size_t)n * sizeof(float));
            memcpy(y[i], nn_plan_output(plan, 0)->data, (size_t)n * sizeof(float));
            nn_plan_free(plan);
        }
        assert_int_equal(nn_graph_node_count(m->graph), rank == 2 && known ? 1 : 2);
        for (int64_t k = 0; k < n; k++)
            assert_true(fabsf(y[0][k] - y[1][k]) <= 1e-5f * (1 + fabsf(y[0][k])));
        free(y[0]);
        free(y[1]);
        nn_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_axes_stay),
                                       cmocka_unit_test(test_norm_of_another_axis)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
