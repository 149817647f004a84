// SPDX-License-Identifier: MIT
// What run saves for a folder of pictures is what the detector finds in each, as YOLO text and
// COCO.
#include "nn/base/memory.h"
#include "nn/predict/detector.h"
#include "tests/support/command.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { W = 200, H = 120 };
#define THRESHOLD 0.02 // low enough for detections on patterns

static void make_pattern(const char *name, int seed)
{
    nn_image image = {W, H, nn_alloc(3 * W * H)};
    for (int i = 0; i < W * H; i++)
        for (int c = 0; c < 3; c++)
            image.rgb[3 * i + c] =
                (uint8_t)(128 + 100 * sin((i % W) * 0.05 * seed + c) * cos((i / W) * 0.07));
    assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    nn_image_release(&image);
}

static nn_result *find(const char *name)
{
    const nn_detector_options options = {.threshold = (float)THRESHOLD, .iou_threshold = -1};
    nn_detector *d;
    nn_image image;
    nn_error err = {0};
    nn_result *found = nn_result_new();
    assert_non_null(found);
    if (nn_detector_open(&d, "bccd", &options, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(nn_image_load(&image, test_temp(name).text, &err), NN_OK);
    const nn_frame frame = nn_image_frame(&image);
    assert_int_equal(nn_detector_run(d, &frame, found, &err), NN_OK);
    nn_image_release(&image);
    nn_detector_free(d);
    return found;
}

static void expect_text(const char *picture, const char *labels)
{
    nn_result *found = find(picture);
    char *text = test_read_text(labels), *at = text;
    assert_true(found->count > 0);
    for (int i = 0; i < found->count; i++) {
        const nn_box *b = &found->boxes[i];
        assert_int_equal(strtol(at, &at, 10), b->label);
        const double is[] = {strtod(at, &at), strtod(at, &at), strtod(at, &at), strtod(at, &at),
                             strtod(at, &at)};
        const float was[] = {(b->x0 + b->x1) / 2 / W, (b->y0 + b->y1) / 2 / H, (b->x1 - b->x0) / W,
                             (b->y1 - b->y0) / H, b->score};
        for (int k = 0; k < 5; k++)
            assert_float_equal(is[k], (double)was[k], 2e-6);
        assert_int_equal(*at++, '\n');
    }
    assert_int_equal(*at, '\0');
    free(text);
    nn_result_free(found);
}

static void test_pictures(void **state)
{
    (void)state;
    test_make_dir("photos");
    make_pattern("photos/a.png", 1);
    make_pattern("photos/b.png", 2);
    make_pattern("photos/b.jpg", 3); // the content, not the name, tells the format
    assert_int_equal(command_line("", "run photos --model bccd --threshold 0.02 --save-txt "
                                      "found --save-conf --save-json found.json"),
                     0);
    expect_text("photos/a.png", "found/a.txt");
    expect_text("photos/b.jpg", "found/b.txt"); // the first picture in order gets the short name
    expect_text("photos/b.png", "found/b.png.txt");
    char *names = test_read_text("found/classes.txt");
    assert_true(strncmp(names, "RBC\nWBC\n", 8) == 0);
    free(names);
    char *json = test_read_text("found.json");
    assert_non_null(
        strstr(json, "\"file_name\": \"photos/a.png\", \"width\": 200, \"height\": 120"));
    assert_non_null(strstr(json, "\"score\": 0."));
    free(json);
}

// What was saved can be read as labels again.
static void test_read_again(void **state)
{
    (void)state;
    nn_result *found = find("photos/a.png");
    set s;
    nn_error err = {0};
    if (read_set(&s, "found.json", NULL, NN_DATA_BOXES, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(s.data.count, 3);
    assert_int_equal(s.data.samples[0].truth_count, found->count);
    for (int i = 0; i < found->count; i++) {
        assert_int_equal(s.data.samples[0].truths[i].label, found->boxes[i].label);
        assert_float_equal(s.data.samples[0].truths[i].x1, found->boxes[i].x1, 2e-3);
    }
    release_set(&s);
    nn_result_free(found);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "run photos --model bccd --save-conf"), 2);
    command_said_one_line("--save-conf: needs --save-txt DIR");
    assert_int_equal(
        command_line("", "run photos --model bccd --save-json found.json/x.json"), 2);
    command_said_one_line("found.json");
    assert_int_equal(command_line("", "run none --model bccd --save-txt left"), 2);
    assert_int_equal(command_line("test ! -e left; test $? = 0 &&", "--version"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_read_again),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
