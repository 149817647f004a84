// SPDX-License-Identifier: MIT
// Networks in bfloat16 against float32, and the choice between both by measuring.
#include "nn/predict/precision.h"

#include "nn/base/memory.h"
#include "nn/predict/classifier.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { CLASSES = 5, SIDE = 64 };

#ifdef TEST_EMULATED
void test_bf16_conv_init_amx_emulated(nn_bf16_conv_kernels *k);
#endif

// The kernels with bfloat16 that this machine has, or plays; the last are the reference.
static bool fill_kernels(int i, nn_kernels *k)
{
    nn_kernels_init(k, i < 2 ? nn_cpu_flags() : 0);
#ifdef TEST_EMULATED
    if (i == 1 && nn_cpu_flags() & NN_CPU_AVX512_BF16)
        test_bf16_conv_init_amx_emulated(&k->bf16conv);
#endif
    return i < 3;
}

static nn_model *make_model(const char *network, const char *options)
{
    nn_model *m;
    nn_error err = {0};
    nn_card card = {.task = "classify", .input_h = SIDE, .input_w = SIDE, .std = {1, 1, 1}};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    if (nn_zoo_build(&m, &card, &err))
        fail_msg("%s", err.text);
    nn_model_init_reference(m);
    return m;
}

static nn_plan *new_plan(const nn_model *m, const nn_plan_options *o)
{
    nn_plan *plan;
    nn_error err = {0};
    const nn_shape input = nn_shape_4d(1, 3, SIDE, SIDE);
    if (nn_plan_new(&plan, m, &input, 1, o, &err))
        fail_msg("%s", err.text);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    return plan;
}

static int count_bf16(const nn_plan *plan, const nn_model *m)
{
    int n = 0;
    for (int i = 0; i < nn_graph_node_count(m->graph); i++)
        n += strstr(nn_plan_node_impl(plan, i), "bf16") &&
             !strstr(nn_plan_node_impl(plan, i), "bf16x2");
    return n;
}

// Largest difference of the outputs in parts of the largest output.
static double error_of(const nn_plan *want, const nn_plan *got)
{
    const nn_tensor *a = nn_plan_output(want, 0), *b = nn_plan_output(got, 0);
    double largest = 0, error = 0;
    for (int64_t i = 0; i < nn_shape_count(&a->shape); i++) {
        largest = fmax(largest, fabs((double)nn_tensor_f32(a)[i]));
        error = fmax(error, fabs((double)nn_tensor_f32(a)[i] - (double)nn_tensor_f32(b)[i]));
    }
    return error / largest;
}

// With every implementation that multiplies in bfloat16, the output is off by what rounding to 8
// bits explains.
static void networks_are_close_to_float32(void **state)
{
    static const char *const networks[][2] = {{"resnet18", ""},
                                              {"neroscale_alexpp", "classes=5,alpha=0.5,beta=0.5"}};
    const double most = 0.02;
    (void)state;
    for (size_t n = 0; n < sizeof networks / sizeof *networks; n++) {
        nn_model *m = make_model(networks[n][0], networks[n][1]);
        nn_kernels k;
        assert_int_equal(nn_model_fuse(&m, 0, NULL), NN_OK);
        for (int i = 0; fill_kernels(i, &k); i++) {
            nn_plan_options o = {.compiled = true, .kernels = &k};
            nn_plan *want = new_plan(m, &o);
            o.bf16 = true;
            nn_plan *got = new_plan(m, &o);
            const double error = error_of(want, got);
            assert_int_equal(count_bf16(want, m), 0);
            if (k.bf16conv.speed > 0)
                assert_true(count_bf16(got, m) > 0);
            if (!(error <= most))
                fail_msg("%s: off by %g of the largest output", networks[n][0], error);
            o.exact = true;
            nn_plan *exact = new_plan(m, &o);
            assert_int_equal(count_bf16(exact, m), 0);
            nn_plan_free(exact);
            nn_plan_free(want);
            nn_plan_free(got);
        }
        nn_model_free(m);
    }
}

static void trials_measure_errors(void **state)
{
    nn_model *m = make_model("resnet18", ""), *other = make_model("resnet18", "");
    const nn_shape input = nn_shape_4d(1, 3, SIDE, SIDE);
    const nn_plan_options o = {.compiled = true};
    (void)state;
    nn_tensor *t = &other->params[nn_graph_param_count(other->graph) - 2]; // of the last layer
    for (int64_t i = 0; i < nn_shape_count(&t->shape); i++)
        nn_tensor_f32(t)[i] *= 1.2f;
    for (int same = 0; same < 2; same++) {
        nn_plan *plan = new_plan(same ? m : other, &o);
        nn_precision_trial *trial = nn_precision_trial_new(m, &input, 1, &o, NULL);
        assert_non_null(trial);
        for (int i = 0; i < NN_PRECISION_RUNS; i++) {
            assert_false(nn_precision_trial_done(trial));
            assert_false(nn_precision_trial_won(trial));
            nn_precision_trial_run(trial, plan);
        }
        assert_true(nn_precision_trial_done(trial));
        assert_true(nn_precision_trial_speed(trial) > 0);
        assert_true((nn_precision_trial_error(trial) <= NN_PRECISION_TOLERANCE) == (same == 1));
        if (!same)
            assert_false(nn_precision_trial_won(trial));
        nn_plan_free(nn_precision_trial_take(trial));
        nn_precision_trial_free(trial);
        nn_plan_free(plan);
    }
    nn_model_free(m);
    nn_model_free(other);
}

// Probabilities stay close, also while and after `auto` decides.
static void classifiers_take_a_precision(void **state)
{
    static uint8_t rgb[SIDE * SIDE * 3];
    const nn_frame frame = {.format = NN_PIXEL_RGB,
                            .width = SIDE,
                            .height = SIDE,
                            .plane = {rgb},
                            .stride = {3 * SIDE}};
    float want[CLASSES], got[CLASSES];
    (void)state;
    for (int i = 0; i < SIDE * SIDE * 3; i++)
        rgb[i] = (uint8_t)(128 + 100 * sin(i * 0.013 + i % 3));
    for (int p = NN_PRECISION_FLOAT32; p <= NN_PRECISION_AUTO; p++) {
        const nn_classifier_options o = {.precision = (nn_precision)p, .threads = 1};
        nn_model *m = make_model("neroscale_alexpp", "classes=5,alpha=0.5,beta=0.5");
        nn_classifier *c;
        nn_error err = {0};
        if (nn_classifier_new(&c, m, &o, &err))
            fail_msg("%s", err.text);
        for (int run = 0; run < NN_PRECISION_RUNS + 2; run++) {
            assert_int_equal(nn_classifier_run(c, &frame, p ? got : want, NULL), NN_OK);
            for (int i = 0; i < CLASSES && p; i++)
                assert_true(fabsf(got[i] - want[i]) < 0.02f);
        }
        if (p != NN_PRECISION_AUTO)
            assert_true(nn_classifier_is_bf16(c) ==
                        (p == NN_PRECISION_BF16 && nn_precision_has_bf16()));
        nn_classifier_free(c);
    }
}

static void words(void **state)
{
    nn_precision p = NN_PRECISION_AUTO;
    nn_error err = {0};
    (void)state;
    assert_int_equal(nn_precision_find(&p, NULL, &err), NN_OK);
    assert_int_equal(p, NN_PRECISION_FLOAT32);
    assert_int_equal(nn_precision_find(&p, "bf16", &err), NN_OK);
    assert_int_equal(p, NN_PRECISION_BF16);
    assert_int_equal(nn_precision_find(&p, "auto", &err), NN_OK);
    assert_int_equal(p, NN_PRECISION_AUTO);
    assert_int_equal(nn_precision_find(&p, "int8", &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "float32, bf16 and auto"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_close_to_float32),
        cmocka_unit_test(trials_measure_errors),
        cmocka_unit_test(classifiers_take_a_precision),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
