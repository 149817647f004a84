// SPDX-License-Identifier: MIT
// Biases that a batch norm cancels are not trained; all others are.
#include "nn/train/unused_params.h"
#include "nn/zoo/layers.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

// Convolutions with biases that lead to a batch norm in all ways that count and in some that do
// not.
static nn_graph *make_graph(void)
{
    nn_graph *g = nn_graph_new();
    const nn_value image = nn_graph_input(g, "image");
    const nn_conv_spec biased = {.in = 4, .out = 4, .kernel = 3, .stride = 1, .pad = 1, .bias = 1};
    const nn_conv_spec thin = {.in = 4, .out = 4, .kernel = 1, .stride = 1}, *b = &biased;
    nn_value x = nn_layer_conv(
        g, "first", image, &(nn_conv_spec){.in = 3, .out = 4, .kernel = 3, .stride = 1, .bias = 1});
    x = nn_layer_act(g, "relu", x, NN_ACT_RELU); // between the bias and the norm
    nn_value pooled = nn_layer_max_pool(g, "pool", nn_layer_conv(g, "pooled", x, b), 3, 1, 1, 0);
    nn_value mixed = nn_layer_conv(g, "mix", nn_layer_conv(g, "mixed", x, b), &thin);
    nn_value parts[] = {pooled, mixed, nn_layer_conv(g, "padded", x, b)};
    parts[2] = nn_layer_conv(
        g, "wide", parts[2],
        &(nn_conv_spec){.in = 4, .out = 4, .kernel = 3, .stride = 1, .pad = 1}); // borders see it
    x = nn_layer_concat(g, "concat", parts, 3, 1);
    x = nn_layer_batch_norm(g, "bn", x, 12, 1e-5f);
    const nn_value seen = nn_layer_conv(
        g, "seen", x, &(nn_conv_spec){.in = 12, .out = 4, .kernel = 1, .stride = 1, .bias = 1});
    nn_graph_output(g, "seen", seen);
    nn_graph_output(g, "output", nn_layer_batch_norm(g, "last", seen, 4, 1e-5f));
    assert_int_equal(nn_graph_check(g, NULL), NN_OK);
    return g;
}

static bool is_frozen(const nn_graph *g, const bool *frozen, const char *name)
{
    const int i = nn_graph_find_param(g, name);
    assert_true(i >= 0);
    return frozen[i];
}

static int count(const nn_graph *g, const bool *frozen)
{
    int n = 0;
    for (int i = 0; i < nn_graph_param_count(g); i++)
        n += frozen[i];
    return n;
}

static void test_found(void **state)
{
    (void)state;
    nn_graph *g = make_graph();
    bool frozen[64] = {false};
    assert_int_equal(nn_freeze_unused(g, frozen, NULL), NN_OK);
    assert_true(is_frozen(g, frozen, "pooled.bias"));
    assert_true(is_frozen(g, frozen, "mixed.bias"));
    assert_int_equal(count(g, frozen), 2);
    nn_graph_free(g);
}

// A frozen norm keeps its statistics, so that a bias before it counts.
static void test_frozen_norm(void **state)
{
    (void)state;
    nn_graph *g = make_graph();
    bool frozen[64] = {false};
    frozen[nn_graph_find_param(g, "bn.weight")] = true;
    assert_int_equal(nn_freeze_unused(g, frozen, NULL), NN_OK);
    assert_int_equal(count(g, frozen), 1);
    nn_graph_free(g);
}

static nn_status freeze(void *ctx, nn_error *err)
{
    bool frozen[64] = {false};
    return nn_freeze_unused(ctx, frozen, err);
}

static void test_memory(void **state)
{
    (void)state;
    nn_graph *g = make_graph();
    assert_true(alloc_fail_each(freeze, g) > 0);
    nn_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_frozen_norm),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
