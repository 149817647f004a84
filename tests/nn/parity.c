// SPDX-License-Identifier: MIT
// Zoo networks against the numerical reference (PyTorch): outputs, fused outputs, loss and
// gradients.
#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/io/io.h"
#include "nn/zoo/zoo.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#define NANO "classes=20,alpha=0.25,beta=0.5"

// Parameters and input are pure functions of names and shapes (nn_model_init_reference), so that a
// file holds only what came out: tests/data/reference/NAME.safetensors and train/NAME.json.
static const struct {
    const char *name, *network, *options, *head;
    int height, width, batch;
    bool train;
} CASES[] = {
    {"neroscale_alexpp", "neroscale_alexpp", "", "", 224, 224, 1, false},
    {"neroscale_alexpp_nano", "neroscale_alexpp", NANO, "", 224, 224, 1, true},
    {"neroscale_alexpp_nano_96x160", "neroscale_alexpp", NANO, "", 96, 160, 2, false},
    {"neroscale_alexpp_nano_576x608", "neroscale_alexpp", NANO, "", 576, 608, 1, false},
    {"neroscale_alexpp_cbam_s384", "neroscale_alexpp",
     "classes=20,alpha=0.5,beta=0.75,attention=cbam", "", 384, 384, 1, true},
    {"neroscale_alexpp_fcos", "neroscale_alexpp",
     "classes=3,alpha=0.25,beta=0.5,neck=24,levels=4+8+16", "fcos", 64, 96, 1, false},
};
enum { CASE_COUNT = sizeof CASES / sizeof *CASES };

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

static nn_model *build(int which, const char *more)
{
    nn_card card = {0};
    snprintf(card.task, sizeof card.task, CASES[which].head[0] ? "detect" : "classify");
    snprintf(card.head, sizeof card.head, "%s", CASES[which].head);
    snprintf(card.network, sizeof card.network, "%s", CASES[which].network);
    snprintf(card.options, sizeof card.options, "%s%s", CASES[which].options, more);
    nn_model *m;
    nn_error err = {0};
    check(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    return m;
}

static nn_plan *make_plan(const nn_model *m, int batch, int height, int width,
                          const nn_plan_options *o)
{
    nn_plan *plan;
    nn_error err = {0};
    nn_shape shape = nn_shape_4d(batch, 3, height, width);
    check(nn_plan_new(&plan, m, &shape, 1, o, &err), &err);
    const nn_tensor *image = nn_plan_input(plan, 0);
    uint64_t h = nn_hash_name("input");
    for (int64_t i = 0, n = nn_shape_count(&image->shape); i < n; i++) {
        double u = (double)(nn_hash_mix(h + (uint64_t)i) >> 40) * 0x1p-24;
        nn_tensor_f32(image)[i] = (float)(2 * u - 1);
    }
    return plan;
}

// Largest error over the largest value.
static double compare(const nn_tensor *want, const nn_tensor *got)
{
    assert_true(nn_shape_equal(&want->shape, &got->shape));
    double error = 0, largest = 0;
    for (int64_t i = 0, n = nn_shape_count(&want->shape); i < n; i++) {
        double w = nn_tensor_f32(want)[i], d = fabs(w - nn_tensor_f32(got)[i]);
        error = d > error || isnan(d) ? d : error;
        largest = fmax(largest, fabs(w));
    }
    return error / largest;
}

static void check_output(int which, const nn_model *m, const nn_plan_options *o, const char *how)
{
    char file[128];
    snprintf(file, sizeof file, "reference/%s.safetensors", CASES[which].name);
    nn_bundle want;
    nn_error err = {0};
    check(nn_bundle_load(&want, test_data(file).text, &err), &err);
    nn_plan *plan = make_plan(m, CASES[which].batch, CASES[which].height, CASES[which].width, o);
    nn_plan_run(plan);
    assert_int_equal(nn_graph_output_count(m->graph), want.count);
    for (int i = 0; i < want.count; i++) {
        const char *name = nn_graph_output_name(m->graph, i);
        const nn_tensor *expected = nn_bundle_find(&want, name);
        if (!expected)
            fail_msg("%s has no output %s", CASES[which].name, name);
        double error = compare(expected, nn_plan_output(plan, i));
        print_message("%s, %s, %s: error %.2g of the largest value\n", CASES[which].name, how, name,
                      error);
        assert_true(error <= 1e-4);
    }
    nn_plan_free(plan);
    nn_bundle_release(&want);
}

static void test_outputs(void **state)
{
    (void)state;
    for (int i = 0; i < CASE_COUNT; i++) {
        nn_model *m = build(i, "");
        check_output(i, m, NULL, "as built");
        nn_model *fused;
        nn_error err = {0};
        check(nn_model_fuse(&fused, m, &err), &err);
        check_output(i, fused, NULL, "fused");
        nn_model_free(fused);
        nn_model_free(m);
    }
}

// The plain C kernels and two threads change speed, not results.
static void test_other_kernels(void **state)
{
    (void)state;
    nn_kernels plain;
    nn_kernels_init(&plain, 0);
    nn_pool *pool = nn_pool_new(2);
    nn_model *m = build(1, "");
    check_output(1, m, &(nn_plan_options){.kernels = &plain}, "C kernels");
    check_output(1, m, &(nn_plan_options){.pool = pool}, "2 threads");
    nn_model_free(m);
    nn_pool_free(pool);
}

// Mean softmax cross-entropy with the labels of the reference; writes its gradient.
static double cross_entropy(const nn_tensor *logits, const nn_tensor *grad)
{
    int batch = (int)logits->shape.dim[0], classes = (int)logits->shape.dim[1];
    double loss = 0;
    for (int n = 0; n < batch; n++) {
        const float *x = nn_tensor_f32(logits) + n * classes;
        float *g = nn_tensor_f32(grad) + n * classes;
        int label = (7 * n + 3) % classes;
        double sum = 0, top = x[0];
        for (int c = 1; c < classes; c++)
            top = fmax(top, x[c]);
        for (int c = 0; c < classes; c++)
            sum += exp(x[c] - top);
        loss += (log(sum) + top - x[label]) / batch;
        for (int c = 0; c < classes; c++)
            g[c] = (float)((exp(x[c] - top) / sum - (c == label)) / batch);
    }
    return loss;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

static double largest_norm(const cJSON *gradients)
{
    const cJSON *item;
    double largest = 0;
    cJSON_ArrayForEach(item, gradients) largest = fmax(largest, number(item, "norm"));
    return largest;
}

// Relative error of the norm and of the first four values; values far below the gradient's root
// mean square are measured against that. A norm below `noise` is a zero that rounding hides (a bias
// that batch norm takes away again): ours must be as small.
static double gradient_error(const nn_tensor *grad, const cJSON *want, double noise)
{
    int64_t n = nn_shape_count(&grad->shape);
    double sum = 0, norm = number(want, "norm");
    for (int64_t i = 0; i < n; i++)
        sum += (double)nn_tensor_f32(grad)[i] * nn_tensor_f32(grad)[i];
    if (norm < noise)
        return sqrt(sum) < noise ? 0 : 1;
    double error = fabs(sqrt(sum) - norm) / norm, rms = norm / sqrt((double)n);
    const cJSON *first = cJSON_GetObjectItemCaseSensitive(want, "first");
    assert_int_equal(cJSON_GetArraySize(first), n < 4 ? n : 4);
    for (int i = 0; i < 4 && i < n; i++) {
        double w = cJSON_GetArrayItem(first, i)->valuedouble;
        double e = fabs(nn_tensor_f32(grad)[i] - w) / fmax(fabs(w), rms);
        error = e > error || isnan(e) ? e : error;
    }
    return error;
}

static cJSON *read_expected(const char *name)
{
    char file[128];
    size_t size;
    snprintf(file, sizeof file, "reference/train/%s.json", name);
    char *text = (char *)test_read(test_data(file).text, &size);
    cJSON *json = cJSON_ParseWithLength(text, size);
    assert_non_null(json);
    free(text);
    return json;
}

// What the reference does not list took no part (to3 while the kernel is 5x5): gradient 0.
static void check_unused(const nn_model *m, const nn_plan *plan, const cJSON *gradients)
{
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        nn_value_info info = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        if (info.param == NN_PARAM_BUFFER || cJSON_GetObjectItemCaseSensitive(gradients, info.name))
            continue;
        const nn_tensor *grad = nn_plan_param_grad(plan, i);
        for (int64_t k = 0; k < nn_shape_count(&grad->shape); k++)
            if (nn_tensor_f32(grad)[k] != 0)
                fail_msg("%s has a gradient, the reference has none", info.name);
    }
}

static void check_training(int which)
{
    cJSON *want = read_expected(CASES[which].name);
    nn_model *m = build(which, ",drop=0");
    int size = (int)number(want, "size");
    nn_plan *plan =
        make_plan(m, (int)number(want, "batch"), size, size, &(nn_plan_options){.training = true});
    nn_plan_zero_grads(plan);
    nn_plan_run(plan);
    double loss = cross_entropy(nn_plan_output(plan, 0), nn_plan_output_grad(plan, 0));
    nn_plan_backward(plan);
    print_message("%s: loss %.7f, expected %.7f\n", CASES[which].name, loss, number(want, "loss"));
    assert_true(fabs(loss - number(want, "loss")) <= 1e-4 * number(want, "loss"));
    const cJSON *gradients = cJSON_GetObjectItemCaseSensitive(want, "gradients"), *item;
    int seen = 0;
    double worst = 0, noise = 1e-6 * largest_norm(gradients);
    cJSON_ArrayForEach(item, gradients)
    {
        int i = nn_graph_find_param(m->graph, item->string);
        if (i < 0)
            fail_msg("%s has no parameter %s", CASES[which].name, item->string);
        double error = gradient_error(nn_plan_param_grad(plan, i), item, noise);
        if (!(error <= 1e-3))
            print_error("gradient of %s: error %.2g\n", item->string, error);
        worst = error > worst || isnan(error) ? error : worst;
        seen++;
    }
    print_message("%s: %d gradients, largest error %.2g\n", CASES[which].name, seen, worst);
    assert_true(worst <= 1e-3);
    check_unused(m, plan, gradients);
    nn_plan_free(plan);
    nn_model_free(m);
    cJSON_Delete(want);
}

static void test_training(void **state)
{
    (void)state;
    for (int i = 0; i < CASE_COUNT; i++)
        if (CASES[i].train)
            check_training(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_other_kernels),
        cmocka_unit_test(test_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
