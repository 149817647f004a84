// SPDX-License-Identifier: MIT
// Explanations of detectors' boxes and of odd models; threads, memory and failing allocations.
#include "nn/base/memory.h"
#include "nn/explain/explain.h"
#include "nn/ops/ops.h"
#include "tests/support/alloc.h"
#include "tests/support/detector.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 200, HEIGHT = 160 };

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

static nn_explainer *open_detector(int threads, const nn_frame *frame)
{
    nn_explainer *e;
    nn_error err = {0};
    const nn_explainer_options o = {.threads = threads};
    check(nn_explainer_open(&e, detector_model.text, &o, &err), &err);
    check(nn_explainer_see(e, frame, &err), &err);
    return e;
}

static double logit(double p)
{
    return log(p / (1 - p));
}

// The same boxes as the detector's own, and each by the one number that its score was made of.
static void test_boxes(void **state)
{
    (void)state;
    const nn_frame frame = detector_rgb(WIDTH, HEIGHT);
    nn_explainer *e = open_detector(2, &frame);
    nn_detector *d = detector_open(NULL);
    const nn_result *r = nn_explainer_result(e);
    nn_result own;
    nn_explain_map map = {0};
    nn_explain_target t;
    nn_error err = {0};
    nn_explain_target_init(&t);
    nn_result_init(&own);
    check(nn_detector_run(d, &frame, &own, &err), &err);
    assert_int_equal(r->count, own.count);
    assert_true(r->count > 2);
    for (int i = 0; i < 3; i++) {
        assert_true(nn_box_iou(&r->boxes[i], &own.boxes[i]) > 0.98f);
        t.box = i;
        check(nn_explain(e, "gradient", &t, NULL, &map, &err), &err);
        assert_true(fabs((double)map.score - logit((double)r->boxes[i].score)) < 2e-3);
        assert_int_equal(map.channel, r->boxes[i].label);
        check(nn_explain(e, "gradcam", &t, NULL, &map, &err), &err);
        assert_true(map.forward_passes < 2);
    }
    t.box = r->count;
    assert_int_equal(nn_explain(e, "gradcam", &t, NULL, &map, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "counted from 0"));
    nn_explain_map_release(&map);
    nn_result_release(&own);
    nn_detector_free(d);
    nn_explainer_free(e);
    free((void *)frame.plane[0]);
}

static int falling(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

// Of a class: the 16 strongest cells whose score passes the threshold.
static void test_class(void **state)
{
    (void)state;
    const nn_frame frame = detector_rgb(WIDTH, HEIGHT);
    nn_explainer *e = open_detector(1, &frame);
    nn_explain_map map = {0};
    nn_explain_target t;
    nn_error err = {0};
    nn_explain_target_init(&t);
    t.channel = 1;
    const nn_tensor *cls = nn_explainer_values(e, nn_explainer_find_layer(e, "head.cls8", &err));
    const int64_t cells = cls->shape.dim[2] * cls->shape.dim[3];
    float *sorted = malloc((size_t)cells * sizeof *sorted);
    memcpy(sorted, nn_tensor_f32(cls) + cells, (size_t)cells * sizeof *sorted);
    qsort(sorted, (size_t)cells, sizeof *sorted, falling);
    double want = 0;
    for (int i = 0; i < 16 && i < cells && 1 / (1 + exp(-(double)sorted[i])) >= 0.005; i++)
        want += (double)sorted[i];
    check(nn_explain(e, "gradcam", &t, NULL, &map, &err), &err);
    if (!(fabs((double)map.score - want) < 1e-3 * fabs(want)))
        fail_msg("score %g, not %g", (double)map.score, want);
    t.channel = 2;
    assert_int_equal(nn_explain(e, "gradcam", &t, NULL, &map, &err), NN_EINVAL);
    free(sorted);
    nn_explain_map_release(&map);
    nn_explainer_free(e);
    free((void *)frame.plane[0]);
}

// All methods give the same bits with 1, 2 and 3 threads, and their memory stays the same.
static void test_threads(void **state)
{
    (void)state;
    const nn_frame frame = detector_rgb(WIDTH, HEIGHT);
    int methods;
    const nn_explain_method *const *list = nn_explain_methods(&methods);
    nn_explain_settings s;
    nn_explain_settings_init(&s);
    s.samples = s.steps = 2;
    s.patch = s.stride = 64;
    nn_explainer *e[3];
    for (int k = 0; k < 3; k++)
        e[k] = open_detector(k + 1, &frame);
    for (int i = 0; i < methods; i++) {
        nn_explain_map map[3] = {{0}};
        nn_explain_target t;
        nn_error err = {0};
        nn_explain_target_init(&t);
        t.box = 0;
        for (int k = 0; k < 3; k++)
            check(nn_explain(e[k], list[i]->word, &t, &s, &map[k], &err), &err);
        const size_t count = (size_t)map[0].channels * (size_t)map[0].height * (size_t)map[0].width;
        for (int k = 1; k < 3; k++)
            assert_memory_equal(map[0].data, map[k].data, count * sizeof(float));
        const size_t bytes = nn_explainer_bytes(e[0]);
        check(nn_explain(e[0], list[i]->word, &t, &s, &map[0], &err), &err);
        assert_int_equal(nn_explainer_bytes(e[0]), bytes);
        assert_memory_equal(map[0].data, map[1].data, count * sizeof(float));
        for (int k = 0; k < 3; k++)
            nn_explain_map_release(&map[k]);
    }
    for (int k = 0; k < 3; k++)
        nn_explainer_free(e[k]);
    free((void *)frame.plane[0]);
}

// --- odd models ---

static nn_model *model_of(nn_graph *g)
{
    nn_model *m;
    nn_error err = {0};
    check(nn_model_new(&m, g, &err), &err);
    nn_model_init_reference(m);
    m->card.input_h = m->card.input_w = 8;
    for (int i = 0; i < 3; i++)
        m->card.std[i] = 1;
    return m;
}

static void expect_refused(nn_model *m, const char *words)
{
    nn_explainer *e;
    nn_error err = {0};
    assert_int_not_equal(nn_explainer_new(&e, m, "odd", NULL, &err), NN_OK);
    assert_null(e);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void fix_inputs(nn_model *m, nn_shape shape)
{
    m->fixed_inputs = nn_calloc(1, sizeof shape);
    *m->fixed_inputs = shape;
}

static nn_graph *relu_graph(void)
{
    nn_graph *g = nn_graph_new();
    const nn_value x = nn_graph_input(g, "x");
    nn_graph_output(g, "y", nn_graph_node(g, &nn_op_relu, "relu", NULL, &x, 1));
    return g;
}

static void test_refused(void **state)
{
    (void)state;
    nn_graph *g = nn_graph_new();
    const nn_value two[] = {nn_graph_input(g, "a"), nn_graph_input(g, "b")};
    nn_graph_output(g, "y", nn_graph_node(g, &nn_op_add, "sum", NULL, two, 2));
    expect_refused(model_of(g), "2 inputs");
    nn_model *m = model_of(relu_graph());
    fix_inputs(m, nn_shape_4d(4, 3, 8, 8));
    expect_refused(m, "not one picture");
    m = model_of(relu_graph());
    m->card.input_h = 0;
    expect_refused(m, "each side must be 1 to");
    m = model_of(relu_graph());
    m->card.input_h = 1 << 20;
    expect_refused(m, "each side must be 1 to");
    nn_explainer *e;
    nn_error err = {0};
    assert_int_equal(nn_explainer_open(&e, "no such model", NULL, &err), NN_ENOTFOUND);
}

static nn_explainer *open_odd(nn_model *m)
{
    const nn_frame frame = detector_rgb(8, 8);
    nn_explainer *e;
    nn_error err = {0};
    check(nn_explainer_new(&e, m, "odd", NULL, &err), &err);
    check(nn_explainer_see(e, &frame, &err), &err);
    free((void *)frame.plane[0]);
    return e;
}

static void expect_error(nn_explainer *e, const char *method, nn_status status, const char *words)
{
    nn_explain_map map = {0};
    nn_explain_target t;
    nn_error err = {0};
    nn_explain_target_init(&t);
    assert_int_equal(nn_explain(e, method, &t, NULL, &map, &err), status);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
    nn_explain_map_release(&map);
}

static nn_model *linear_model(void)
{
    nn_graph *g = nn_graph_new();
    const nn_value x = nn_graph_input(g, "x");
    const nn_value flat = nn_graph_node(g, &nn_op_flatten, "flat", &(nn_flatten_params){1}, &x, 1);
    const nn_shape shape = nn_shape_2d(2, 192);
    const nn_value in[] = {flat, nn_graph_param(g, "fc.weight", NN_PARAM_WEIGHT, &shape)};
    nn_graph_output(g, "y", nn_graph_node(g, &nn_op_linear, "fc", &(nn_linear_params){0}, in, 2));
    return model_of(g);
}

// Without maps, without gradients, with numbers that are none.
static void test_odd(void **state)
{
    (void)state;
    nn_explainer *e = open_odd(linear_model());
    nn_explain_map map = {0};
    nn_explain_target t;
    nn_error err = {0};
    nn_explain_target_init(&t);
    check(nn_explain(e, "gradient", &t, NULL, &map, &err), &err);
    assert_int_equal(nn_explainer_default_layer(e), -1);
    assert_int_equal(nn_explainer_result(e)->count, 0); // nobody said what it is
    expect_error(e, "gradcam", NN_EUNSUPPORTED, "no layer has maps");
    nn_explain_map_release(&map);
    nn_explainer_free(e);

    nn_model *m = linear_model();
    nn_tensor_f32(nn_model_param(m, "fc.weight"))[0] = NAN;
    e = open_odd(m);
    expect_error(e, "gradient", NN_EFORMAT, "not finite");
    nn_explainer_free(e);

    nn_graph *g = nn_graph_new();
    const nn_value x = nn_graph_input(g, "x");
    const nn_arg_max_params axis = {.axis = 1, .keep_dims = 1};
    const nn_value best = nn_graph_node(g, &nn_op_arg_max, "best", &axis, &x, 1);
    nn_graph_output(g, "y", nn_graph_node(g, &nn_op_relu, "relu", NULL, &best, 1));
    e = open_odd(model_of(g));
    expect_error(e, "deconv", NN_EUNSUPPORTED, "no gradient passes the node 'best'");
    nn_explainer_free(e);
}

static nn_status run_all(void *ctx, nn_error *err)
{
    const nn_frame *frame = ctx;
    nn_explainer *e;
    nn_explain_map map = {0};
    nn_explain_target t;
    nn_explain_target_init(&t);
    const nn_explainer_options o = {.threads = 1};
    nn_status status = nn_explainer_open(&e, detector_model.text, &o, err);
    if (status != NN_OK)
        return status;
    status = nn_explainer_see(e, frame, err);
    if (status == NN_OK)
        status = nn_explain(e, "gradcam", &t, NULL, &map, err);
    if (status == NN_OK)
        status = nn_explain(e, "deconv", &t, NULL, &map, err);
    nn_explain_map_release(&map);
    nn_explainer_free(e);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    nn_frame frame = detector_rgb(64, 48);
    assert_true(alloc_fail_each(run_all, &frame) > 100);
    free((void *)frame.plane[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes),   cmocka_unit_test(test_class),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_odd),     cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, detector_make, NULL);
}
