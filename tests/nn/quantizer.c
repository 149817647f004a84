// SPDX-License-Identifier: MIT
// Post-training quantisation: histograms and the ranges chosen from them, where a graph is
// quantised, what the quantised model computes, and what is refused.
#include "nn/quantize/quantize.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/graph/quantized.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"
#include "nn/quantize/histogram.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

// --- ranges ---

static void test_histogram_grows(void **state)
{
    nn_histogram *h = nn_calloc(1, sizeof *h), *other = nn_calloc(1, sizeof *other);
    const float small[] = {0, 0.1f, -0.2f, NAN, INFINITY}, large[] = {100, -3};
    uint64_t count = 0;
    (void)state;
    assert_true(h && other);
    nn_histogram_add(h, small, 5);
    nn_histogram_add(other, large, 2);
    nn_histogram_merge(h, other);
    nn_histogram_add(h, large, 2);
    for (int i = 0; i < NN_HISTOGRAM_BINS; i++)
        count += h->bins[i];
    assert_int_equal(count, 6);
    assert_int_equal(h->zeros, 1);
    assert_true(h->low == -3 && h->high == 100 && h->limit == 128);
    nn_free(h);
    nn_free(other);
}

// A bell of width 1 and one number far outside.
static void test_ranges(void **state)
{
    enum { COUNT = 200000 };
    nn_histogram *h = nn_calloc(1, sizeof *h);
    nn_rng rng = nn_rng_seed(3);
    (void)state;
    assert_non_null(h);
    for (int i = 0; i < COUNT; i++) {
        float x = 0;
        for (int k = 0; k < 12; k++)
            x += nn_rng_range(&rng, -0.5f, 0.5f);
        nn_histogram_add(h, &x, 1);
    }
    const float far = 60;
    nn_histogram_add(h, &far, 1);
    const nn_range all = nn_histogram_range(h, NN_RANGE_MINMAX);
    assert_true(all.high == 60 && all.low == h->low);
    const nn_range part = nn_histogram_range(h, NN_RANGE_PERCENTILE);
    assert_true(part.high > 3 && part.high < 5 && part.low < -3 && part.low > -5);
    const nn_range least = nn_histogram_range(h, NN_RANGE_MSE);
    assert_true(least.high < 60 && least.high > 3 && least.low <= -3);
    const nn_range entropy = nn_histogram_range(h, NN_RANGE_ENTROPY);
    assert_true(entropy.high > 0 && entropy.high <= 60 && entropy.low >= all.low);
    *h = (nn_histogram){0};
    for (int m = 0; m < NN_RANGE_METHODS; m++) { // nothing was seen
        const nn_range r = nn_histogram_range(h, (nn_range_method)m);
        assert_true(r.low == 0 && r.high == 0);
    }
    nn_free(h);
}

// --- models ---

static nn_model *build(const char *network, const char *options)
{
    nn_card card = {.input_h = 64, .input_w = 64, .task = "classify"};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    check(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    return m;
}

static void fill(const nn_tensor *t, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    for (int64_t i = 0; i < nn_shape_count(&t->shape); i++)
        nn_tensor_f32(t)[i] = nn_rng_range(&rng, -1, 1);
}

static nn_quantizer *calibrate(nn_model *m, const nn_quantize_options *options)
{
    const nn_shape input = nn_shape_4d(1, 3, 64, 64);
    nn_quantizer *q;
    nn_error err = {0};
    check(nn_quantizer_new(&q, m, &input, options, &err), &err);
    for (int i = 0; i < 4; i++) {
        fill(nn_quantizer_input(q, 0), (uint64_t)i);
        check(nn_quantizer_observe(q, &err), &err);
    }
    return q;
}

// Signal to noise of the first output in decibels, over several pictures: that of one picture differs
// from processor to processor.
static double compare(const nn_model *a, const nn_model *b)
{
    enum { PICTURES = 8 };
    const nn_shape input = nn_shape_4d(1, 3, 64, 64);
    nn_plan *plan[2];
    nn_error err = {0};
    double signal = 0, noise = 0;
    for (int i = 0; i < 2; i++)
        check(nn_plan_new(&plan[i], i ? b : a, &input, 1, NULL, &err), &err);
    const nn_tensor *x = nn_plan_output(plan[0], 0), *y = nn_plan_output(plan[1], 0);
    assert_true(nn_shape_equal(&x->shape, &y->shape));
    for (uint64_t p = 0; p < PICTURES; p++) {
        for (int i = 0; i < 2; i++) {
            fill(nn_plan_input(plan[i], 0), 77 + p);
            nn_plan_run(plan[i]);
        }
        for (int64_t i = 0; i < nn_shape_count(&x->shape); i++) {
            const double u = (double)nn_tensor_f32(x)[i], v = (double)nn_tensor_f32(y)[i];
            signal += u * u;
            noise += (u - v) * (u - v);
        }
    }
    nn_plan_free(plan[0]);
    nn_plan_free(plan[1]);
    return 10 * log10(signal / noise);
}

static int count_bytes(const nn_model *m)
{
    int n = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        n += nn_quantized_param_dtype(m, i) == NN_I8;
    return n;
}

static void test_networks(void **state)
{
    static const struct {
        const char *network, *options;
        int layers;
    } cases[] = {
        {"resnet18", "classes=10", 20},
        {"googlenet", "classes=10", 57},
        {"neroscale_alexpp", "classes=3,alpha=0.25,beta=0.5", 10},
        {"convnext_tiny", "classes=3", 58}, // dense layers over the rows of images
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_quantizer *q = calibrate(build(cases[i].network, cases[i].options), NULL);
        nn_model *m;
        nn_error err = {0};
        check(nn_quantizer_make(q, NULL, &m, &err), &err);
        assert_true(nn_graph_is_quantized(m->graph));
        if (count_bytes(m) < cases[i].layers)
            fail_msg("%s: %d layers are quantised", cases[i].network, count_bytes(m));
        const double ratio = compare(nn_quantizer_model(q), m);
        if (!(ratio > 20 && ratio < 80)) // noise there is, and little of it
            fail_msg("%s: %g dB", cases[i].network, ratio);
        nn_model_free(m);
        nn_quantizer_free(q);
    }
}

static void test_kept_layers(void **state)
{
    nn_model *m = build("resnet18", "classes=10"), *all, *most;
    nn_error err = {0};
    char name[2][80] = {"", ""};
    const char *names[3] = {name[0], name[1], NULL}, *bad[] = {"bn1", NULL};
    (void)state;
    nn_quantizer *q = calibrate(m, NULL);
    const nn_graph *g = nn_quantizer_model(q)->graph;
    for (int i = 0, n = 0; i < nn_graph_node_count(g) && n < 2; i++)
        if (nn_graph_node_at(g, i).op == &nn_op_conv2d)
            snprintf(name[n++], sizeof name[0], "%s", nn_graph_node_at(g, i).name);
    check(nn_quantizer_make(q, NULL, &all, &err), &err);
    check(nn_quantizer_make(q, names, &most, &err), &err);
    assert_int_equal(count_bytes(all) - count_bytes(most), 2);
    nn_model_free(all);
    nn_model_free(most);
    assert_int_equal(nn_quantizer_make(q, bad, &all, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "bn1"));
    nn_quantizer_free(q);
}

static void count_layers(void *ctx, int done, int total)
{
    int *seen = ctx;
    assert_int_equal(done, ++*seen);
    assert_int_equal(total, 20);
}

// A layer in which one weight of each row leaves no room for the others is the noisiest.
static void test_measured_layers(void **state)
{
    nn_model *m = build("resnet18", "classes=10");
    nn_tensor *w = nn_model_param(m, "layer2.0.conv1.weight");
    nn_quantize_layer layers[20];
    nn_error err = {0};
    int seen = 0, worst = 0;
    (void)state;
    assert_non_null(w);
    for (int64_t i = 0; i < w->shape.dim[0]; i++)
        nn_tensor_f32(w)[i * nn_shape_span(&w->shape, 1, 4)] = 30;
    nn_quantizer *q = calibrate(m, NULL);
    assert_int_equal(nn_quantizer_layer_count(q), 20);
    check(nn_quantizer_measure(q, layers, count_layers, &seen, &err), &err);
    assert_int_equal(seen, 20);
    double part = 0;
    for (int i = 0; i < 20; i++) {
        worst = layers[i].decibels < layers[worst].decibels ? i : worst;
        assert_true(layers[i].decibels > 0 && isfinite(layers[i].decibels));
        part += layers[i].part;
    }
    assert_true(part > 0.98 && part <= 1);
    assert_non_null(strstr(layers[worst].name, "layer2.0"));
    nn_quantizer_free(q);
}

static void test_refused(void **state)
{
    const nn_shape input = nn_shape_4d(1, 3, 64, 64);
    nn_quantizer *q;
    nn_model *m;
    nn_error err = {0};
    (void)state;
    check(nn_quantizer_new(&q, build("resnet18", "classes=10"), &input, NULL, &err), &err);
    assert_int_equal(nn_quantizer_make(q, NULL, &m, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "no picture"));
    nn_quantizer_free(q);
    nn_graph *g = nn_graph_new();
    const nn_value x = nn_graph_input(g, "image");
    nn_graph_output(g, "y", nn_graph_node(g, &nn_op_relu, "relu", NULL, &x, 1));
    check(nn_model_new(&m, g, &err), &err);
    assert_int_equal(nn_quantizer_new(&q, m, &input, NULL, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "no convolution or dense layer"));
}

// A layer, a depthwise layer and a dense one, with ReLUs. The ranges of the channels between them
// differ by `spread`, which the next layer's weights take back: the function does not depend on it.
static nn_model *uneven(float spread, bool depthwise)
{
    enum { INPUTS = 3, CHANNELS = 16, OUTPUTS = 8 };
    const nn_shape wide = nn_shape_4d(CHANNELS, INPUTS, 3, 3),
                   last = nn_shape_4d(OUTPUTS, 16, 1, 1);
    const nn_shape middle = nn_shape_4d(CHANNELS, depthwise ? 1 : CHANNELS, 3, 3);
    const nn_shape *shapes[] = {&wide, &middle, &last};
    nn_graph *g = nn_graph_new();
    nn_value v = nn_graph_input(g, "image");
    nn_model *m;
    nn_error err = {0};
    for (int i = 0; i < 3; i++) {
        char name[3][24];
        const nn_shape row = nn_shape_1d(shapes[i]->dim[0]);
        const nn_conv2d_params p = {.stride = {1, 1},
                                    .dilation = {1, 1},
                                    .pad = {i < 2, i < 2, i < 2, i < 2},
                                    .groups = i == 1 && depthwise ? CHANNELS : 1,
                                    .act = i < 2 ? NN_ACT_RELU : NN_ACT_NONE};
        snprintf(name[0], sizeof name[0], "weight%d", i);
        snprintf(name[1], sizeof name[1], "bias%d", i);
        snprintf(name[2], sizeof name[2], "conv%d", i);
        const nn_value in[] = {v, nn_graph_param(g, name[0], NN_PARAM_WEIGHT, shapes[i]),
                               nn_graph_param(g, name[1], NN_PARAM_BIAS, &row)};
        v = nn_graph_node(g, &nn_op_conv2d, name[2], &p, in, 3);
    }
    nn_graph_output(g, "y", v);
    check(nn_model_new(&m, g, &err), &err);
    nn_model_init_reference(m);
    float *w = nn_tensor_f32(nn_model_param(m, "weight0"));
    float *b = nn_tensor_f32(nn_model_param(m, "bias0"));
    float *next = nn_tensor_f32(nn_model_param(m, "weight1"));
    for (int c = 0; c < CHANNELS; c++) {
        const float part = powf(spread, (float)c / (CHANNELS - 1));
        b[c] *= part;
        for (int k = 0; k < INPUTS * 9; k++)
            w[c * INPUTS * 9 + k] *= part;
        for (int o = 0; o < (depthwise ? 1 : CHANNELS); o++)
            for (int k = 0; k < 9; k++)
                next[(depthwise ? c : o * CHANNELS + c) * 9 + k] /= part;
    }
    return m;
}

static double quantised_ratio(nn_quantizer *q, const nn_model *exact)
{
    nn_model *narrow;
    nn_error err = {0};
    check(nn_quantizer_make(q, NULL, &narrow, &err), &err);
    const double ratio = compare(exact, narrow);
    nn_model_free(narrow);
    return ratio;
}

// Layers with weights that are small, and others but depthwise ones.
static void count_small(const nn_model *m, int *small, int *others)
{
    *small = *others = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        if (nn_quantized_param_dtype(m, i) != NN_I8 || m->params[i].shape.dim[1] == 1)
            continue;
        ++*(nn_int8_weights_are_small(&m->params[i]) ? small : others);
    }
}

static void test_reduced_range(void **state)
{
    static const char options[] = "classes=3,alpha=0.25,beta=0.5";
    double ratio[2];
    (void)state;
    for (int reduce = 0; reduce < 2; reduce++) {
        nn_model *exact = build("neroscale_alexpp", options), *narrow;
        nn_quantizer *q = calibrate(build("neroscale_alexpp", options),
                                    &(nn_quantize_options){.reduce_range = reduce});
        nn_error err = {0};
        int small, others;
        check(nn_quantizer_make(q, NULL, &narrow, &err), &err);
        ratio[reduce] = compare(exact, narrow);
        count_small(narrow, &small, &others);
        assert_true(reduce ? others == 0 && small > 5 : others > 5);
        nn_model_free(narrow);
        nn_model_free(exact);
        nn_quantizer_free(q);
    }
    printf("%.1f dB, %.1f with small weights\n", ratio[0], ratio[1]);
    assert_true(ratio[1] > ratio[0] - 6); // less than a bit
}

// Ranges that differ by 100 cost much, and nothing once they are equalised.
static void test_equalised_layers(void **state)
{
    (void)state;
    for (int depthwise = 0; depthwise < 2; depthwise++) {
        nn_model *even = uneven(1, depthwise), *model;
        nn_quantizer *a = calibrate(uneven(1, depthwise), NULL);
        nn_quantizer *b = calibrate(uneven(100, depthwise), NULL);
        int pairs = 0;
        nn_error err = {0};
        check(nn_quantizer_equalise(b, &model, &pairs, &err), &err);
        assert_int_equal(pairs, 2);
        assert_true(compare(even, model) > 80); // the same function
        nn_quantizer *c = calibrate(model, NULL);
        const double usual = quantised_ratio(a, even), bad = quantised_ratio(b, even);
        const double mended = quantised_ratio(c, even);
        printf("%s: %.1f dB, ranges that differ by 100: %.1f dB, equalised: %.1f dB\n",
               depthwise ? "depthwise" : "dense", usual, bad, mended);
        assert_true(bad < usual - 8);
        assert_true(mended > usual - 3);
        nn_quantizer_free(a);
        nn_quantizer_free(b);
        nn_quantizer_free(c);
        nn_model_free(even);
    }
}

// Nothing to equalise between layers with GELU.
static void test_no_pairs(void **state)
{
    nn_quantizer *q = calibrate(build("neroscale_alexpp", "classes=3,alpha=0.25,beta=0.5"), NULL);
    nn_model *model;
    int pairs;
    nn_error err = {0};
    (void)state;
    check(nn_quantizer_equalise(q, &model, &pairs, &err), &err);
    assert_true((pairs == 0) == (model == NULL));
    nn_model_free(model);
    nn_quantizer_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histogram_grows),  cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_networks),         cmocka_unit_test(test_kept_layers),
        cmocka_unit_test(test_measured_layers),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_equalised_layers), cmocka_unit_test(test_no_pairs),
        cmocka_unit_test(test_reduced_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
