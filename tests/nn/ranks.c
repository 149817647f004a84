// SPDX-License-Identifier: MIT
// Gradients of half batches on two processes, summed while the backward walk goes on, against those
// of the whole batch; mpirun starts this program twice.
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/train/ranks.h"
#include "nn/zoo/layers.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { BATCH = 4, SIDE = 16, WIDE = 1200 };

static nn_ranks *ranks;

static int join(void **state)
{
    (void)state;
    nn_error err = {0};
    if (nn_ranks_open(&ranks, &err) != NN_OK)
        fail_msg("%s", err.text);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    nn_ranks_close(ranks);
    return 0;
}

static void test_sums(void **state)
{
    (void)state;
    const int count = nn_ranks_count(ranks), index = nn_ranks_index(ranks);
    double x[3] = {1, index, 0.1};
    nn_ranks_sum(ranks, x, 3);
    assert_true(x[0] == count && x[1] == count * (count - 1) / 2);
    assert_true(fabs(x[2] - 0.1 * count) < 1e-12);
    char text[8] = "";
    snprintf(text, sizeof text, "from %d", index);
    nn_ranks_spread(ranks, text, sizeof text);
    assert_string_equal(text, "from 0");
}

// Without batch norm, so that pictures do not know each other, and with more than one bucket of
// parameters, one of which is read twice.
static nn_model *make_model(void)
{
    nn_model *m;
    nn_graph *g = nn_graph_new();
    nn_value x = nn_graph_input(g, "image");
    x = nn_layer_conv(g, "conv", x,
                      &(nn_conv_spec){.in = 3, .out = 8, .kernel = 3, .stride = 2, .bias = 1});
    x = nn_layer_act(g, "relu", x, NN_ACT_RELU);
    x = nn_layer_flatten(g, "flatten", x, 1);
    x = nn_layer_linear(g, "wide", x, 8 * 7 * 7, WIDE, 1);
    nn_value twice = nn_layer_param(g, "twice", "weight", NN_PARAM_WEIGHT, nn_shape_2d(WIDE, WIDE));
    for (int i = 0; i < 2; i++) {
        x = nn_layer_linear_with(g, i ? "second" : "first", x, twice, NN_NO_VALUE);
        x = nn_layer_act(g, i ? "act2" : "act1", x, NN_ACT_RELU);
    }
    nn_graph_output(g, "output", nn_layer_linear(g, "out", x, WIDE, 10, 1));
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    nn_model_init_random(m, 3);
    return m;
}

// Gradients of images `first` to `first + count` of the batch for a loss that is linear in the
// outputs.
static float *find_grads(nn_model *m, int first, int count, bool share, int64_t *n)
{
    const nn_shape input = nn_shape_4d(count, 3, SIDE, SIDE);
    const nn_plan_options options = {.training = true};
    nn_plan *plan;
    assert_int_equal(nn_plan_new(&plan, m, &input, 1, &options, NULL), NN_OK);
    const nn_tensor *x = nn_plan_input(plan, 0), *g = nn_plan_output_grad(plan, 0);
    const int64_t image = nn_shape_count(&x->shape) / count,
                  row = nn_shape_count(&g->shape) / count;
    for (int i = 0; i < count; i++) {
        nn_rng rng = nn_rng_stream(5, (uint64_t)(first + i));
        for (int64_t k = 0; k < image; k++)
            nn_tensor_f32(x)[i * image + k] = nn_rng_range(&rng, -1, 1);
        for (int64_t k = 0; k < row; k++)
            nn_tensor_f32(g)[i * row + k] = nn_rng_range(&rng, -1, 1);
    }
    nn_plan_run(plan);
    nn_plan_zero_grads(plan);
    if (share)
        nn_ranks_start_grads(ranks, plan);
    nn_plan_backward(plan);
    if (share)
        nn_ranks_finish_grads(ranks);
    const float *grads = nn_plan_param_grads(plan, n);
    float *copy = malloc((size_t)*n * sizeof *copy);
    memcpy(copy, grads, (size_t)*n * sizeof *copy);
    nn_plan_free(plan);
    return copy;
}

static void test_gradients(void **state)
{
    (void)state;
    const int count = nn_ranks_count(ranks), index = nn_ranks_index(ranks);
    nn_model *m = make_model();
    int64_t n, same;
    float *whole = find_grads(m, 0, BATCH, false, &n);
    float *shared = find_grads(m, index * BATCH / count, BATCH / count, true, &same);
    assert_int_equal(n, same);
    double error = 0, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        error = fmax(error, fabs((double)whole[i] - (double)shared[i]));
        largest = fmax(largest, fabs((double)whole[i]));
    }
    print_message("%d processes: %lld gradients, %.2g of %.2g off\n", count, (long long)n, error,
                  largest);
    assert_true(largest > 0 && error <= 1e-5 * largest);
    free(whole);
    free(shared);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_gradients),
    };
    return cmocka_run_group_tests(tests, join, leave);
}
