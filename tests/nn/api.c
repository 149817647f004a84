// SPDX-License-Identifier: MIT
// The public interface: models built, written and read again; predictors of two tasks.
#include "nn/base/features.h"
#include "nn/nn.h"
#include "nn/predict/detector.h"
#include "nn/predict/load_model.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 96, HEIGHT = 64 };

static const char *const NAMES[] = {"ant", "bee", "cat"};
static uint8_t pixels[WIDTH * HEIGHT * 3];

static nn_frame make_frame(void)
{
    nn_frame f = {.format = NN_PIXEL_RGB, .width = WIDTH, .height = HEIGHT};
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        pixels[i] = (uint8_t)(i * 7 + i / WIDTH);
    f.plane[0] = pixels;
    f.stride[0] = WIDTH * 3;
    return f;
}

static nn_model *build(void)
{
    nn_model *m;
    nn_error err;
    nn_build_options o;
    nn_build_options_init(&o);
    o.options = "alpha=0.25,beta=0.25";
    o.names = NAMES;
    o.class_count = 3;
    if (nn_model_build(&m, "neroscale_alexpp", &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    return m;
}

static void test_networks(void **state)
{
    (void)state;
    assert_non_null(nn_network_name(0));
    assert_non_null(nn_network_summary(0));
    assert_null(nn_network_name(-1));
    assert_null(nn_network_summary(1000));
}

static void test_build_write_load(void **state)
{
    (void)state;
    static const char *const files[] = {"api.safetensors", "api.onnx"};
    nn_model *m = build(), *back;
    nn_error err = {0};
    assert_string_equal(nn_model_task(m), "classify");
    for (int i = 0; i < 1 + NN_HAS_onnx; i++) {
        const test_path path = test_temp(files[i]);
        if (nn_model_write(m, path.text, NULL, &err) != NN_OK ||
            nn_model_load(&back, path.text, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_int_equal(nn_model_class_count(back), 3);
        assert_string_equal(nn_model_class_name(back, 2), "cat");
        assert_null(nn_model_class_name(back, 3));
        assert_int_equal(nn_model_param_count(back) > 0, 1);
        nn_model_free(back);
    }
    nn_model_free(m);
}

// The usual head of each task.
static void test_tasks(void **state)
{
    (void)state;
    static const char *const tasks[] = {"classify", "detect", "segment"};
    for (int i = 0; i < 3; i++) {
        nn_model *m;
        nn_error err = {0};
        nn_build_options o;
        nn_build_options_init(&o);
        o.task = tasks[i];
        o.names = NAMES;
        o.class_count = 3;
        if (nn_model_build(&m, "resnet18", &o, &err) != NN_OK)
            fail_msg("%s: %s", tasks[i], err.text);
        assert_string_equal(nn_model_task(m), tasks[i]);
        assert_int_equal(nn_model_class_count(m), 3);
        nn_model_free(m);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *path, *says;
        nn_write_options o;
    } bad[] = {
        {"x.foo", ".safetensors, .onnx", {.batch = 1, .input_width = -1, .input_height = -1}},
        {"x.h5", "float32", {.half = true, .batch = 1, .input_width = -1, .input_height = -1}},
        {"x.onnx", "batch", {.batch = 0, .input_width = -1, .input_height = -1}},
        {"x.onnx", "0x64", {.batch = 1, .input_width = 0, .input_height = 64}},
        {"x.safetensors", "one input size", {.batch = 2, .input_width = -1, .input_height = -1}},
    };
    nn_model *m = build(), *none = m;
    nn_error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_not_equal(nn_model_write(m, test_temp(bad[i].path).text, &bad[i].o, &err),
                             NN_OK);
        if (!strstr(err.text, bad[i].says))
            fail_msg("no '%s' in: %s", bad[i].says, err.text);
    }
    assert_int_equal(nn_model_build(&none, "lenet9", NULL, &err), NN_ENOTFOUND);
    assert_null(none);
    nn_model_free(m);
    nn_model_free(NULL);
}

static void test_predictor_refusals(void **state)
{
    (void)state;
    nn_predictor *p = (nn_predictor *)&state;
    nn_predictor_options o;
    nn_error err = {0};
    assert_int_equal(nn_predictor_open(&p, "no such model", NULL, &err), NN_ENOTFOUND);
    assert_null(p);
    for (int i = 0; i < 5; i++) {
        nn_predictor_options_init(&o);
        assert_in_range(o.threads, 1, 1024);
        o.threads = i == 0 ? 0 : o.threads;
        o.threshold = i == 1 ? 1.5f : o.threshold;
        o.iou_threshold = i == 2 ? NAN : o.iou_threshold;
        o.max_detections = i == 3 ? 0 : o.max_detections;
        o.input_width = i == 4 ? 0 : o.input_width;
        assert_int_equal(nn_predictor_open(&p, "person", &o, &err), NN_EINVAL);
        assert_null(p);
    }
    nn_predictor_free(NULL);
    nn_result_free(NULL);
}

// The best classes of the whole frame, best first; all together they are sure.
static void test_classes(void **state)
{
    (void)state;
    const test_path path = test_temp("classes.safetensors");
    const nn_frame frame = make_frame();
    nn_model *m = build();
    nn_predictor *p;
    nn_predictor_options o;
    nn_error err = {0};
    nn_result *r = nn_result_new();
    assert_int_equal(nn_model_write(m, path.text, NULL, &err), NN_OK);
    nn_model_free(m);
    nn_predictor_options_init(&o);
    for (o.max_detections = 2; o.max_detections < 9; o.max_detections += 5) {
        float sum = 0;
        if (nn_predictor_open(&p, path.text, &o, &err) != NN_OK ||
            nn_predictor_run(p, &frame, r, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_int_equal(nn_predictor_task(p), NN_TASK_CLASSIFY);
        assert_int_equal(nn_predictor_class_count(p), 3);
        assert_int_equal(r->count, o.max_detections < 3 ? o.max_detections : 3);
        for (int i = 0; i < r->count; i++) {
            assert_true(r->boxes[i].x0 == 0 && r->boxes[i].x1 == WIDTH);
            assert_true(r->boxes[i].y0 == 0 && r->boxes[i].y1 == HEIGHT);
            assert_true(i == 0 || r->boxes[i].score <= r->boxes[i - 1].score);
            assert_non_null(nn_predictor_class_name(p, r->boxes[i].label));
            sum += r->boxes[i].score;
        }
        assert_true(r->count < 3 || fabsf(sum - 1) < 1e-5f);
        assert_null(nn_predictor_class_name(p, 3));
        assert_true(r->input_width > 0 && r->input_height > 0);
        nn_predictor_free(p);
    }
    nn_result_free(r);
}

// A detector's boxes are the same as those of nn_detector.
static void test_boxes(void **state)
{
    (void)state;
    const nn_frame frame = make_frame();
    const nn_detector_options low = {.threads = 1, .threshold = 0.01f, .iou_threshold = -1};
    nn_predictor *p;
    nn_detector *d = NULL;
    nn_predictor_options o;
    nn_error err = {0};
    nn_result *r = nn_result_new(), *same = nn_result_new();
    nn_predictor_options_init(&o);
    o.threads = 1;
    o.threshold = 0.01f;
    if (nn_predictor_open(&p, "person", &o, &err) != NN_OK ||
        nn_detector_open(&d, "person", &low, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(nn_predictor_task(p), NN_TASK_DETECT);
    assert_int_equal(nn_predictor_run(p, &frame, r, &err), NN_OK);
    assert_int_equal(nn_detector_run(d, &frame, same, &err), NN_OK);
    assert_true(r->count > 0);
    assert_int_equal(r->count, same->count);
    assert_memory_equal(r->boxes, same->boxes, (size_t)r->count * sizeof *r->boxes);
    nn_predictor_free(p);
    nn_detector_free(d);
    nn_result_free(r);
    nn_result_free(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_tasks),
        cmocka_unit_test(test_build_write_load),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_predictor_refusals),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_boxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
