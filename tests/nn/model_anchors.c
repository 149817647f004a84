// SPDX-License-Identifier: MIT
// Anchors from the sidecar of a model, in the detector's boxes and in the saved model.
#include "nn/io/io.h"
#include "nn/io/onnx/onnx.h"
#include "nn/predict/detector.h"
#include "nn/predict/load_model.h"
#include "tests/support/files.h"
#include "tests/support/heads.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { W = 96, H = 64, CLASSES = 3 };

static const head_object object = {50, 41, 30, 20, 0.9f, 1}; // not at the corner of a cell

static test_path write_model(void)
{
    head_outputs o = heads_make("yolov3", H, W, 1, CLASSES);
    heads_plant(&o, "yolov3", H, W, 0, 0, &object);
    const test_path path = test_temp("anchors.onnx");
    heads_write_model(path.text, &o, 1, H, W);
    heads_release(&o);
    return path;
}

// Of a grey frame as large as the input: the planted box with its sides so many times as long.
static void expect_box(const char *path, float times_w, float times_h)
{
    static uint8_t grey[W * H];
    const nn_frame f = {
        .format = NN_PIXEL_GRAY8, .width = W, .height = H, .plane = {grey}, .stride = {W}};
    const nn_detector_options options = {.threads = 1, .threshold = -1, .iou_threshold = -1};
    nn_detector *d;
    nn_error err = {0};
    nn_result r;
    if (nn_detector_open(&d, path, &options, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_result_init(&r);
    assert_int_equal(nn_detector_run(d, &f, &r, &err), NN_OK);
    if (r.count != 1)
        fail_msg("%s: %d boxes", path, r.count);
    const nn_box *b = &r.boxes[0];
    assert_float_equal(b->x1 - b->x0, object.w * times_w, 0.01f);
    assert_float_equal(b->y1 - b->y0, object.h * times_h, 0.01f);
    assert_int_equal(b->label, object.label);
    nn_result_release(&r);
    nn_detector_free(d);
}

static void test_sidecar(void **state)
{
    (void)state;
    const test_path path = write_model();
    test_write_text("anchors.json", "{\"head\": \"yolov3\"}");
    expect_box(path.text, 1, 1);
    // The second of stride 8 twice as wide and half as high.
    test_write_text("anchors.json",
                    "{\"head\": \"yolov3\", \"anchors\": {\"32\": [[1, 1], [1, 1], [1, 1]],"
                    " \"8\": [[1, 1], [32, 15], [1, 1]], \"16\": [[1, 1], [1, 1], [1, 1]]}}");
    expect_box(path.text, 2, 0.5f);
    // The card of the file that is written from it has them.
    nn_model *m;
    nn_error err = {0};
    assert_int_equal(nn_model_load(&m, path.text, &err), NN_OK);
    assert_int_equal(m->card.anchors.count, 3);
    const test_path saved = test_temp("saved.onnx");
    const nn_status status = nn_onnx_save(m, saved.text, NULL, &err);
    if (status != NN_OK)
        fail_msg("%s", err.text);
    nn_model_free(m);
    expect_box(saved.text, 2, 0.5f);
    remove(test_temp("anchors.json").text);
}

static void test_bad_sidecars(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"{\"head\": \"yolov3\", \"anchors\": {\"8\": [[1, 0]]}}", "'anchors' of stride 8"},
        {"{\"head\": \"yolov3\", \"scale_x_y\": {\"8\": 1.1}}", "'scale_x_y'"},
        {"{\"head\": \"yolov3\", \"anchors\": {\"8\": [[1, 1]]}}", "by its anchors"},
    };
    const test_path path = write_model();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nn_model *m;
        nn_error err = {0};
        test_write_text("anchors.json", bad[i][0]);
        assert_int_not_equal(nn_model_load(&m, path.text, &err), NN_OK);
        assert_null(m);
        if (!strstr(err.text, bad[i][1]) || !strstr(err.text, "anchors."))
            fail_msg("no '%s' in '%s'", bad[i][1], err.text);
    }
    remove(test_temp("anchors.json").text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sidecar),
        cmocka_unit_test(test_bad_sidecars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
