// SPDX-License-Identifier: MIT
// ONNX models that were exported for a batch of pictures: each frame gets the outputs of its place.
#include "nn/predict/classifier.h"
#include "nn/predict/detector.h"
#include "nn/predict/load_model.h"
#include "nn/vision/decode/decode.h"
#include "tests/support/files.h"
#include "tests/support/heads.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { W = 96, H = 64, CLASSES = 3, BATCH = 3, FRAMES = 5, SHIFT = 8, MOST = 64 };

static head_object object_in(int item)
{
    return (head_object){(float)(20 + SHIFT * item), 14, 14, 18, 0.9f, 0};
}

static test_path write_model(const char *head, int batch)
{
    const int classes = heads_classes(head, CLASSES);
    head_outputs o = heads_make(head, H, W, batch, classes);
    char name[64];
    for (int item = 0; item < batch; item++) {
        const head_object b = object_in(item);
        heads_plant(&o, head, H, W, item, 0, &b);
    }
    snprintf(name, sizeof name, "%s-%d.onnx", head, batch);
    const test_path path = test_temp(name);
    heads_write_model(path.text, &o, batch, H, W);
    heads_release(&o);
    return path;
}

static nn_status open_model(const char *path, const char *head, int threads, nn_detector **d,
                            nn_error *err)
{
    const nn_detector_options o = {
        .threads = threads, .threshold = -1, .iou_threshold = -1, .head = head};
    *err = (nn_error){0};
    return nn_detector_open(d, path, &o, err);
}

static nn_frame grey_frame(void)
{
    static uint8_t grey[W * H];
    return (nn_frame){
        .format = NN_PIXEL_GRAY8, .width = W, .height = H, .plane = {grey}, .stride = {W}};
}

// The frames of a call take the places of the batch in their order.
static void expect_places(nn_detector *d, const char *head)
{
    nn_frame frames[FRAMES];
    nn_result results[FRAMES];
    nn_error err;
    for (int i = 0; i < FRAMES; i++) {
        frames[i] = grey_frame();
        nn_result_init(&results[i]);
    }
    if (nn_detector_run_batch(d, frames, FRAMES, results, &err) != NN_OK)
        fail_msg("%s: %s", head, err.text);
    for (int i = 0; i < FRAMES; i++) {
        const head_object b = object_in(i % BATCH);
        if (results[i].count != 1)
            fail_msg("%s: %d boxes in frame %d", head, results[i].count, i);
        assert_true(fabsf(results[i].boxes[0].x0 - (b.cx - b.w / 2)) < 0.05f);
        nn_result_release(&results[i]);
    }
}

static bool is_for_one(const nn_decoder *d)
{
    return !heads_plants(d) || !strcmp(d->name, "torchvision");
}

static void test_every_head(void **state)
{
    (void)state;
    for (int i = 0; i < nn_decoder_count(); i++) {
        const nn_decoder *decoder = nn_decoder_at(i);
        nn_detector *one, *several;
        nn_error err;
        if (is_for_one(decoder))
            continue;
        const test_path single = write_model(decoder->name, 1);
        const test_path path = write_model(decoder->name, BATCH);
        const nn_status status = open_model(single.text, NULL, 1, &one, &err);
        if (open_model(path.text, NULL, 1, &several, &err) != status)
            fail_msg("%s: %s", decoder->name, err.text);
        if (status == NN_OK)
            assert_string_equal(nn_detector_card(several)->head, nn_detector_card(one)->head);
        nn_detector_free(one);
        nn_detector_free(several);
        const int threads = 1 + i % 2;
        if (open_model(path.text, decoder->name, threads, &several, &err) != NN_OK)
            fail_msg("%s: %s", decoder->name, err.text);
        expect_places(several, decoder->name);
        nn_detector_free(several);
    }
}

// Outputs of one picture, or of too many.
static void test_refused(void **state)
{
    (void)state;
    nn_detector *d;
    nn_error err;
    head_outputs o = heads_make("yolov8", H, W, 1, CLASSES);
    const test_path path = test_temp("one.onnx");
    heads_write_model(path.text, &o, BATCH, H, W);
    heads_release(&o);
    assert_int_equal(open_model(path.text, "yolov8", 1, &d, &err), NN_ESHAPE);
    assert_non_null(strstr(err.text, "is for batches of 3 pictures, but its outputs are not"));
    assert_int_equal(open_model(path.text, NULL, 1, &d, &err), NN_EUNSUPPORTED);
    o = heads_make("yolov10", H, W, MOST + 1, CLASSES);
    heads_write_model(path.text, &o, MOST + 1, H, W);
    heads_release(&o);
    assert_int_equal(open_model(path.text, "yolov10", 1, &d, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "batches of 65 pictures, at most 64"));
}

static test_path write_graph(const char *name, message *g)
{
    message *m = new_model(g, 11);
    const test_path path = test_temp(name);
    test_write(path.text, m->bytes, m->size);
    free(m);
    return path;
}

// Red, green or blue, of some size.
static nn_frame coloured(int colour, int w, int h)
{
    uint8_t *p = calloc((size_t)w * (size_t)h, 3);
    assert_non_null(p);
    for (int i = 0; i < w * h; i++)
        p[3 * i + colour] = 255;
    return (nn_frame){
        .format = NN_PIXEL_RGB, .width = w, .height = h, .plane = {p}, .stride = {3 * w}};
}

static void expect_colours(nn_detector *d)
{
    static const int colours[FRAMES] = {2, 0, 1, 1, 2};
    nn_frame frames[FRAMES];
    nn_result results[FRAMES];
    nn_error err;
    for (int i = 0; i < FRAMES; i++) {
        frames[i] = coloured(colours[i], 40 + 13 * i, 30 + 7 * i);
        nn_result_init(&results[i]);
    }
    for (int count = 1; count <= FRAMES; count++) {
        if (nn_detector_run_batch(d, frames, count, results, &err) != NN_OK)
            fail_msg("%s", err.text);
        for (int i = 0; i < count; i++) {
            assert_int_equal(results[i].count, 1);
            assert_int_equal(results[i].boxes[0].label, colours[i]);
            assert_int_equal(results[i].frame_width, frames[i].width);
        }
    }
    for (int i = 0; i < FRAMES; i++) {
        nn_result_release(&results[i]);
        free((void *)frames[i].plane[0]);
    }
}

// A batch of 4, of which the first runs fill a part; and one that the file leaves open.
static void test_classes(void **state)
{
    (void)state;
    for (int batch = -1; batch <= 4; batch += 5) {
        message *g = heads_start_means(batch, H, W);
        add_value(g, OUTPUT, "means", (int64_t[]){batch, 3}, 2);
        const test_path path = write_graph("means.onnx", g);
        nn_detector *d;
        nn_model *m;
        nn_classifier *c = NULL;
        nn_error err;
        float probabilities[3];
        if (open_model(path.text, "classify", 2, &d, &err) != NN_OK)
            fail_msg("%s", err.text);
        expect_colours(d);
        nn_detector_free(d);
        if (nn_model_load(&m, path.text, &err) != NN_OK ||
            nn_classifier_new(&c, m, NULL, &err) != NN_OK)
            fail_msg("%s", err.text);
        const nn_frame blue = coloured(2, 50, 40);
        assert_int_equal(nn_classifier_run(c, &blue, probabilities, &err), NN_OK);
        assert_true(probabilities[2] > probabilities[0] && probabilities[2] > probabilities[1]);
        free((void *)blue.plane[0]);
        nn_classifier_free(c);
    }
}

// The rows of all pictures come out of a tail in one list: a box for each plane that is bright.
static void test_common_list(void **state)
{
    (void)state;
    const test_path path = test_temp("list.onnx");
    heads_write_list(path.text, BATCH, H, W);
    nn_detector *d;
    nn_error err;
    if (open_model(path.text, NULL, 1, &d, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(nn_detector_card(d)->head, "yolov7_nms");
    expect_colours(d);
    nn_detector_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_head),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_common_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
