// SPDX-License-Identifier: MIT
// Feedback as a folder: one picture a frame, labels without the wrong boxes and with the missed
// ones. Feedback is taken back, continued in a later run, and read by `train`.
#include "app/learn/window_feedback.h"

#include "nn/io/image/image.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { W = 200, H = 100 };

static uint8_t rgb[3 * W * H];
static nn_box boxes[] = {{20, 20, 60, 80, 0.875f, 0, 0, false, 0},
                         {100, 10, 180, 50, 0.5f, 1, 0, false, 0}};
static const nn_result result = {.boxes = boxes, .count = 2, .frame_width = W, .frame_height = H};
static const nn_frame picture = {
    .format = NN_PIXEL_RGB, .width = W, .height = H, .plane = {rgb}, .stride = {3 * W}};

static vp_still still_at(uint64_t pts, const char *const *labels)
{
    return (vp_still){.picture = &picture,
                      .pts = pts,
                      .result = &result,
                      .model = "street",
                      .labels = labels,
                      .label_count = 2};
}

static const char *const street[] = {"person", "car"}, *const farm[] = {"cow", "person"};

static void say(app_feedback *f, vp_verdict verdict, unsigned id, uint64_t pts, nn_box box,
                const char *const *labels)
{
    nn_error err = {0};
    const vp_feedback said = {.still = still_at(pts, labels),
                              .verdict = verdict,
                              .id = id,
                              .box = box,
                              .label = labels[box.label]};
    if (app_feedback_add(f, &said, &err) != NN_OK)
        fail_msg("%s", err.text);
}

static app_feedback *open_folder(void)
{
    app_feedback *f;
    nn_error err = {0};
    if (app_feedback_open(&f, test_temp("feedback").text, &err) != NN_OK)
        fail_msg("%s", err.text);
    return f;
}

static gint compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Sorted names of the files in a folder; the caller frees the array.
static GPtrArray *list(const char *folder)
{
    g_autofree char *path = g_build_filename(test_temp("feedback").text, folder, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(path, 0, NULL);
    assert_non_null(dir);
    for (const char *name; (name = g_dir_read_name(dir));)
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_dir_close(dir);
    g_ptr_array_sort(names, compare);
    return names;
}

static void expect_labels(guint which, const char *text)
{
    g_autoptr(GPtrArray) names = list("labels");
    g_autofree char *got = NULL;
    assert_true(which < names->len);
    assert_true(g_file_get_contents(names->pdata[which], &got, NULL, NULL));
    assert_string_equal(got, text);
}

static void expect_count(const char *folder, guint n)
{
    g_autoptr(GPtrArray) names = list(folder);
    assert_int_equal(names->len, n);
}

#define PERSON "0 0.2 0.5 0.2 0.6 0.875\n"
#define CAR "1 0.7 0.3 0.4 0.4 0.5\n"
#define NEW_PERSON "0 0.05 0.15 0.1 0.3 1\n"

static void writes_a_folder(void **state)
{
    (void)state;
    app_feedback *f = open_folder();
    say(f, VP_WRONG, 1, 0, boxes[1], street);
    expect_labels(0, PERSON);
    say(f, VP_MISSED, 2, 0, (nn_box){0, 0, 20, 30, 1, 0, 0, false, 0}, street);
    expect_labels(0, PERSON NEW_PERSON);
    expect_count("images", 1);
    say(f, VP_WITHDRAWN, 1, 40, boxes[1], street); // on a later frame
    expect_labels(0, PERSON CAR NEW_PERSON);
    expect_count("images", 1);
    say(f, VP_WITHDRAWN, 2, 40, boxes[1], street);
    expect_labels(0, PERSON CAR);
    nn_error err = {0};
    const vp_feedback late = {
        .still = still_at(0, street), .verdict = VP_WITHDRAWN, .id = 99, .label = "car"};
    assert_int_equal(app_feedback_add(f, &late, &err), NN_ENOTFOUND);
    app_feedback_close(f);
    // A second run with another model, whose classes get numbers of their own.
    f = open_folder();
    say(f, VP_WRONG, 1, 0, boxes[0], farm);
    expect_count("images", 2);
    expect_labels(1, "0 0.7 0.3 0.4 0.4 0.5\n");
    app_feedback_close(f);
    char *classes = test_read_text("feedback/classes.txt");
    assert_string_equal(classes, "person\ncar\ncow\n");
    free(classes);
    char *journal = test_read_text("feedback/feedback.jsonl");
    int lines = 0;
    for (const char *c = journal; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 5);
    assert_non_null(strstr(journal, "\"verdict\":\"wrong\",\"id\":1,\"image\":\"images/"));
    assert_non_null(strstr(journal, "\"class\":\"cow\""));
    assert_non_null(strstr(journal, "\"box\":[100,10,180,50]"));
    free(journal);
}

static void keeps_the_picture(void **state)
{
    (void)state;
    nn_image image;
    nn_error err = {0};
    g_autoptr(GPtrArray) names = list("images");
    assert_int_equal(nn_image_load(&image, names->pdata[0], &err), NN_OK);
    assert_int_equal(image.width, W);
    assert_int_equal(image.height, H);
    assert_in_range(image.rgb[0], 85, 95);
    nn_image_release(&image);
}

static void can_be_trained_on(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "train --data feedback --share 3 --val-split 0.5 --size 64 "
                                      "--options alpha=0.125,beta=0.125,neck=8 --epochs 1 "
                                      "--batch 1 --threads 1 --out a.safetensors --work work"),
                     0);
}

static void says_what_cannot_be_written(void **state)
{
    (void)state;
    app_feedback *f;
    nn_error err = {0};
    test_write_text("file", "");
    assert_int_equal(app_feedback_open(&f, test_temp("file/feedback").text, &err), NN_EIO);
    assert_null(f);
    assert_non_null(strstr(err.text, "file/feedback"));
}

int main(void)
{
    memset(rgb, 90, sizeof rgb);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_folder),
        cmocka_unit_test(keeps_the_picture),
        cmocka_unit_test(can_be_trained_on),
        cmocka_unit_test(says_what_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
