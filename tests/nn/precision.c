// SPDX-License-Identifier: MIT
// Which layers of a quantised model run on bytes: minimum cuts against all cuts, layers that become
// float32 again, and the choice for a processor without products of bytes.
#include "nn/graph/precision.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/min_cut.h"
#include "nn/graph/plan.h"
#include "nn/graph/quantized.h"
#include "nn/graph/rebuild.h"
#include "nn/graph/tuning_cache.h"
#include "nn/graph/unquantize.h"
#include "nn/ops/ops.h"
#include "nn/quantize/quantize.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

// --- minimum cuts ---

enum { THINGS = 7, EDGES = 24 };

typedef struct edge {
    int from, to;
    double cost;
} edge;

static double cost_of(const edge *edges, unsigned at_source)
{
    double all = 0;
    for (int i = 0; i < EDGES; i++)
        if (at_source >> edges[i].from & 1 && !(at_source >> edges[i].to & 1))
            all += edges[i].cost;
    return all;
}

static void test_cuts_are_least(void **state)
{
    nn_rng rng = nn_rng_seed(4);
    (void)state;
    for (int turn = 0; turn < 200; turn++) {
        nn_min_cut *c = nn_min_cut_new(NN_CUT_FIRST + THINGS, EDGES);
        edge edges[EDGES];
        double least = INFINITY;
        unsigned found = 1;
        assert_non_null(c);
        for (int i = 0; i < EDGES; i++) {
            edges[i] = (edge){(int)nn_rng_below(&rng, NN_CUT_FIRST + THINGS),
                              (int)nn_rng_below(&rng, NN_CUT_FIRST + THINGS),
                              (double)nn_rng_below(&rng, 20)};
            if (nn_rng_below(&rng, 8) == 0 && edges[i].from > 1 && edges[i].to > 1)
                edges[i].cost = INFINITY;
            nn_min_cut_edge(c, edges[i].from, edges[i].to, edges[i].cost);
        }
        for (unsigned sides = 0; sides < 1u << THINGS; sides++)
            least = fmin(least, cost_of(edges, sides << NN_CUT_FIRST | 1));
        const double cost = nn_min_cut_solve(c);
        for (int i = 0; i < THINGS; i++)
            found |= (unsigned)nn_min_cut_at_source(c, NN_CUT_FIRST + i) << (NN_CUT_FIRST + i);
        assert_true(cost == least && cost_of(edges, found) == least);
        assert_false(nn_min_cut_at_source(c, NN_CUT_SINK));
        nn_min_cut_free(c);
    }
}

// --- models ---

static void fill(const nn_tensor *t, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    for (int64_t i = 0; i < nn_shape_count(&t->shape); i++)
        nn_tensor_f32(t)[i] = nn_rng_range(&rng, -1, 1);
}

static nn_model *quantise(nn_model *m, nn_shape input)
{
    nn_quantizer *q;
    nn_error err = {0};
    nn_model_init_reference(m);
    check(nn_quantizer_new(&q, m, &input, NULL, &err), &err);
    for (int i = 0; i < 3; i++) {
        fill(nn_quantizer_input(q, 0), (uint64_t)i);
        check(nn_quantizer_observe(q, &err), &err);
    }
    check(nn_quantizer_make(q, NULL, &m, &err), &err);
    nn_quantizer_free(q);
    return m;
}

static nn_model *quantised(const char *network, const char *options, nn_shape input)
{
    nn_card card = {.task = "classify"};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    check(nn_zoo_build(&m, &card, &err), &err);
    return quantise(m, input);
}

// Signal to noise of the outputs, in decibels.
static double compare(const nn_model *a, const nn_model *b, const nn_plan_options *ob,
                      nn_shape input)
{
    nn_plan *plan[2];
    nn_error err = {0};
    double signal = 0, noise = 0;
    for (int i = 0; i < 2; i++) {
        check(nn_plan_new(&plan[i], i ? b : a, &input, 1, i ? ob : NULL, &err), &err);
        fill(nn_plan_input(plan[i], 0), 9);
        nn_plan_run(plan[i]);
    }
    const nn_tensor *x = nn_plan_output(plan[0], 0), *y = nn_plan_output(plan[1], 0);
    for (int64_t i = 0; i < nn_shape_count(&x->shape); i++) {
        const double off = (double)nn_tensor_f32(x)[i] - (double)nn_tensor_f32(y)[i];
        signal += (double)nn_tensor_f32(x)[i] * (double)nn_tensor_f32(x)[i];
        noise += off * off;
    }
    nn_plan_free(plan[0]);
    nn_plan_free(plan[1]);
    return 10 * log10(signal / noise);
}

static int count_int8(const nn_model *m, const nn_plan_options *options, nn_shape input)
{
    nn_plan *plan;
    nn_error err = {0};
    int n = 0;
    check(nn_plan_new(&plan, m, &input, 1, options, &err), &err);
    for (int i = 0; i < nn_graph_node_count(m->graph); i++)
        n += !strncmp(nn_plan_node_impl(plan, i), "int8_", 5);
    nn_plan_free(plan);
    return n;
}

static const struct {
    const char *network, *options;
} networks[] = {{"neroscale_alexpp", "classes=10,alpha=0.25,beta=0.5"},
                {"resnet18", "classes=10"},
                {"densenet121", "classes=10"},
                {"googlenet", "classes=10"}};

static void test_all_layers_become_float32(void **state)
{
    const nn_shape input = nn_shape_4d(1, 3, 64, 64);
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        nn_model *m = quantised(networks[i].network, networks[i].options, input), *real;
        nn_plan_options options;
        nn_error err = {0};
        nn_plan_options_init(&options);
        check(nn_model_copy(&real, m, &err), &err);
        check(nn_model_unquantize(&real, NULL, &err), &err);
        assert_true(nn_graph_is_quantized(m->graph));
        for (int k = 0; k < nn_graph_node_count(real->graph); k++)
            if (nn_node_is_quantizer(real->graph, k))
                fail_msg("%s: %s", networks[i].network, nn_graph_node_at(real->graph, k).name);
        // what bytes lose
        const double ratio = compare(m, real, &options, input);
        if (!(ratio > 20))
            fail_msg("%s: %.1f dB", networks[i].network, ratio);
        nn_model_free(m);
        nn_model_free(real);
    }
}

// Any choice of layers gives a model that computes the same, nearly.
static void test_any_layers_become_float32(void **state)
{
    const nn_shape input = nn_shape_4d(1, 3, 64, 64);
    nn_rng rng = nn_rng_seed(8);
    (void)state;
    for (int turn = 0; turn < 12; turn++) {
        const size_t which = (size_t)turn % 2;
        nn_model *m = quantised(networks[which].network, networks[which].options, input), *mixed;
        const int nodes = nn_graph_node_count(m->graph);
        bool *real = calloc((size_t)nodes, sizeof *real);
        nn_plan_options options;
        nn_error err = {0};
        nn_plan_options_init(&options);
        options.compiled = true;
        assert_non_null(real);
        for (int k = 0; k < nodes; k++)
            real[k] = !nn_graph_node_at(m->graph, k).op->int8 || nn_rng_below(&rng, 3) == 0;
        check(nn_model_copy(&mixed, m, &err), &err);
        check(nn_model_unquantize(&mixed, real, &err), &err);
        assert_true(count_int8(mixed, &options, input) < count_int8(m, &options, input));
        const double ratio = compare(m, mixed, &options, input);
        if (!(ratio > 20))
            fail_msg("turn %d: %.1f dB", turn, ratio);
        free(real);
        nn_model_free(m);
        nn_model_free(mixed);
    }
}

// A layer in float32 that reads a value twice, and behind it one that reads the same bytes.
static void test_value_read_twice(void **state)
{
    const nn_shape input = nn_shape_4d(1, 16, 12, 12), weight = nn_shape_4d(16, 16, 3, 3);
    const nn_conv2d_params p = {
        .stride = {1, 1}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}, .groups = 1};
    nn_graph *g = nn_graph_new();
    nn_plan_options options;
    nn_model *m;
    nn_error err = {0};
    (void)state;
    nn_plan_options_init(&options);
    options.compiled = true;
    nn_value x = nn_graph_input(g, "x");
    const nn_value first = nn_graph_param(g, "w1", NN_PARAM_WEIGHT, &weight),
                   second = nn_graph_param(g, "w2", NN_PARAM_WEIGHT, &weight);
    x = nn_graph_node(g, &nn_op_conv2d, "first", &p, (const nn_value[]){x, first}, 2);
    nn_graph_output(g, "sum",
                    nn_graph_node(g, &nn_op_add, "sum", NULL, (const nn_value[]){x, x}, 2));
    nn_graph_output(
        g, "y", nn_graph_node(g, &nn_op_conv2d, "second", &p, (const nn_value[]){x, second}, 2));
    check(nn_model_new(&m, g, &err), &err);
    m->fixed_inputs = nn_alloc(sizeof input);
    m->fixed_inputs[0] = input;
    m = quantise(m, input);
    bool *real = calloc((size_t)nn_graph_node_count(m->graph), sizeof *real);
    assert_non_null(real);
    for (int k = 0; k < nn_graph_node_count(m->graph); k++)
        real[k] = strcmp(nn_graph_node_at(m->graph, k).name, "second") != 0;
    assert_true(count_int8(m, &options, input) > 1);
    check(nn_model_unquantize(&m, real, &err), &err);
    assert_int_equal(count_int8(m, &options, input), 1);
    free(real);
    nn_model_free(m);
}

// A long chain of sums of a value with itself has more paths than can be walked.
static void test_many_paths(void **state)
{
    nn_graph *g = nn_graph_new();
    nn_model *m;
    nn_error err = {0};
    (void)state;
    nn_value x = nn_graph_input(g, "x");
    for (int i = 0; i < 60; i++) {
        char name[16];
        snprintf(name, sizeof name, "sum%d", i);
        x = nn_graph_node(g, &nn_op_add, name, NULL, (const nn_value[]){x, x}, 2);
    }
    const nn_value scale = nn_graph_param(g, "scale", NN_PARAM_BUFFER, &(nn_shape){0}),
                   zero = nn_graph_param(g, "zero", NN_PARAM_BUFFER, &(nn_shape){0});
    const nn_quantize_params p = {.axis = 1, .type = NN_QUANTIZED_U8};
    x = nn_graph_node(g, &nn_op_quantize_linear, "to", &p, (const nn_value[]){x, scale, zero}, 3);
    x = nn_graph_node(g, &nn_op_dequantize_linear, "from", &p, (const nn_value[]){x, scale, zero},
                      3);
    nn_graph_output(g, "y", x);
    check(nn_model_new(&m, g, &err), &err);
    nn_tensor_f32(nn_model_param(m, "scale"))[0] = 1;
    nn_tensor_f32(nn_model_param(m, "zero"))[0] = 0;
    check(nn_model_unquantize(&m, NULL, &err), &err);
    assert_true(nn_graph_is_quantized(m->graph)); // values below zero are still cut off
    nn_model_free(m);
}

static int chosen(const nn_model *m, unsigned cpu, const nn_plan_options *more, nn_shape input)
{
    nn_kernels kernels;
    nn_plan_options options = *more;
    nn_model *copy;
    nn_error err = {0};
    nn_kernels_init(&kernels, cpu);
    options.kernels = &kernels;
    options.compiled = true;
    check(nn_model_copy(&copy, m, &err), &err);
    check(nn_model_choose_precision(&copy, &input, 1, &options, &err), &err);
    const int n = count_int8(copy, &options, input);
    if (n > 0 && n < count_int8(m, &options, input))
        assert_true(compare(m, copy, &options, input) > 20);
    nn_model_free(copy);
    return n;
}

// Layers of few channels, and those that Winograd computes, are faster in float32 without products
// of bytes; 1x1 layers of many channels are not. With such products all run on bytes.
static void test_choice(void **state)
{
    const unsigned bytes = NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_AVX512_VNNI;
    const nn_shape input = nn_shape_4d(1, 3, 96, 96);
    const nn_plan_options plain = {0};
    nn_plan_options off = plain, exact = plain;
    (void)state;
    off.knobs.disabled_passes = NN_PASS_PRECISION;
    exact.exact = true;
    if (!(nn_cpu_flags() & NN_CPU_AVX2))
        skip();
    nn_model *narrow = quantised("neroscale_alexpp", "classes=4,alpha=0.25,beta=0.5", input);
    nn_model *wide = quantised("resnet50", "classes=10", input);
    const int all = chosen(narrow, NN_CPU_AVX2, &off, input);
    assert_true(all > 8);
    assert_true(chosen(narrow, NN_CPU_AVX2, &plain, input) < all);
    assert_int_equal(chosen(narrow, NN_CPU_AVX2, &exact, input), 0); // such plans have no bytes
    assert_true(chosen(wide, NN_CPU_AVX2, &plain, input) > 25);
    if ((nn_cpu_flags() & bytes) == bytes) {
        assert_true(chosen(narrow, bytes, &plain, input) > all / 2);
        assert_int_equal(chosen(wide, bytes, &plain, input), chosen(wide, bytes, &off, input));
    }
    nn_model_free(narrow);
    nn_model_free(wide);
}

static int count_quantizers(const nn_model *m)
{
    int n = 0;
    for (int i = 0; i < nn_graph_node_count(m->graph); i++)
        n += nn_node_is_quantizer(m->graph, i);
    return n;
}

// What was measured goes before the estimates.
static void test_measured_choice(void **state)
{
    const nn_shape input = nn_shape_4d(1, 3, 64, 64);
    nn_model *m = quantised("neroscale_alexpp", "classes=4,alpha=0.25,beta=0.5", input), *copy;
    nn_tuning_cache cache = {.precision = "float32"};
    nn_plan_options options = {.compiled = true, .tuning = &cache};
    char word[12] = "?";
    nn_error err = {0};
    (void)state;
    check(nn_model_copy(&copy, m, &err), &err);
    check(nn_model_choose_precision(&copy, &input, 1, &options, &err), &err);
    assert_int_equal(count_quantizers(copy), 0);
    nn_model_free(copy);
    snprintf(cache.precision, sizeof cache.precision, "int8");
    check(nn_model_copy(&copy, m, &err), &err);
    check(nn_model_choose_precision(&copy, &input, 1, &options, &err), &err);
    assert_int_equal(count_quantizers(copy), count_quantizers(m));
    check(nn_model_tune_precision(&copy, &input, 1, &options, 2, word, &err), &err);
    assert_true(!strcmp(word, "int8") || !strcmp(word, "float32") || !strcmp(word, "mixed"));
    if (!strcmp(word, "float32"))
        assert_int_equal(count_quantizers(copy), 0);
    if (!strcmp(word, "int8"))
        assert_int_equal(count_quantizers(copy), count_quantizers(m));
    nn_model_free(copy);
    check(nn_model_copy(&copy, m, &err), &err);
    check(nn_model_unquantize(&copy, NULL, &err), &err);
    check(nn_model_tune_precision(&copy, &input, 1, &options, 2, word, &err), &err);
    assert_string_equal(word, ""); // it is no quantised model
    nn_model_free(copy);
    nn_model_free(m);
}

// Nothing happens to a model that is not quantised.
static void test_float32_stays(void **state)
{
    const nn_shape input = nn_shape_4d(1, 3, 64, 64);
    const nn_plan_options options = {.compiled = true};
    nn_card card = {.network = "resnet18", .task = "classify"};
    nn_model *m, *before;
    nn_error err = {0};
    (void)state;
    check(nn_zoo_build(&m, &card, &err), &err);
    before = m;
    check(nn_model_choose_precision(&m, &input, 1, &options, &err), &err);
    assert_ptr_equal(m, before);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts_are_least),
        cmocka_unit_test(test_all_layers_become_float32),
        cmocka_unit_test(test_any_layers_become_float32),
        cmocka_unit_test(test_value_read_twice),
        cmocka_unit_test(test_many_paths),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_measured_choice),
        cmocka_unit_test(test_float32_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
