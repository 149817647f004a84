// SPDX-License-Identifier: MIT
// Keypoints, instance masks and rotated boxes on the command line: a minute of training on drawn
// objects finds them in other pictures, also from an ONNX file, in JSON and in a picture.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/made_objects.h"
#include "tests/support/test.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 128, TRAINED = 192, TESTED = 32 };

// The task under test, and the least AP50 that a minute of training must reach.
typedef struct subject {
    const char *task, *member; // of an object in the JSON
    double least;
} subject;

static const subject subjects[] = {
    {"pose", "keypoints", 0.3}, {"instance", "mask", 0.3}, {"obb", "rotation", 0.3}};
static const subject *of;
static test_path model, set;

static cJSON *load_json(const char *name)
{
    char *text = test_read_text(name);
    cJSON *json = cJSON_Parse(text);
    free(text);
    assert_non_null(json);
    return json;
}

static int train(void **state)
{
    (void)state;
    set = test_temp("set");
    model = test_temp("mine.safetensors");
    made_objects_write(set.text, of->task, TRAINED, TESTED, SIDE, 7);
    assert_int_equal(command_run("train", "--task", of->task, "--data", set.text, "--network",
                                 "neroscale_alexpp_nano", "--size", "128x128", "--epochs", "16",
                                 "--batch", "16", "--lr", "0.004", "--ema", "0.97", "--val-every",
                                 "8", "--out", model.text, "--work", test_temp("work").text, NULL),
                     0);
    command_said("192 pictures to train on, 32 to validate, 0 skipped");
    return 0;
}

static double eval(const char *path)
{
    const test_path json = test_temp("score.json");
    assert_int_equal(command_run("eval", path, "--data", set.text, "--json", json.text, NULL), 0);
    cJSON *score = load_json("score.json");
    const double ap50 = cJSON_GetNumberValue(cJSON_GetObjectItem(score, "ap50"));
    assert_string_equal(cJSON_GetObjectItem(score, "task")->valuestring, of->task);
    cJSON_Delete(score);
    return ap50;
}

static void test_score(void **state)
{
    (void)state;
    const double ap50 = eval(model.text);
    if (!(ap50 > of->least))
        fail_msg("AP50 %g", ap50);
    const test_path onnx = test_temp("mine.onnx");
    assert_int_equal(command_run("convert", model.text, onnx.text, NULL), 0);
    const double same = eval(onnx.text);
    if (!(fabs(same - ap50) < 1e-3))
        fail_msg("AP50 %g as ONNX, %g before", same, ap50);
}

static void test_run(void **state)
{
    (void)state;
    const test_path json = test_temp("found.json"), drawn = test_temp("drawn.png");
    char picture[1200];
    snprintf(picture, sizeof picture, "%s/images/val/0000.png", set.text);
    assert_int_equal(command_run("run", picture, "--model", model.text, "--no-window",
                                 "--threshold", "0.1", "--json", json.text, "--snapshot",
                                 drawn.text, NULL),
                     0);
    char *text = test_read_text("found.json");
    if (!strstr(text, of->member))
        fail_msg("no %s in %s", of->member, text);
    free(text);
    assert_int_equal(access(drawn.text, F_OK), 0);
}

// A training goes on from a plain detector: its boxes stay, the rest starts anew.
static void test_init(void **state)
{
    (void)state;
    const test_path plain = test_temp("plain.safetensors"), more = test_temp("more.safetensors");
    assert_int_equal(command_run("train", "--data", set.text, "--network", "neroscale_alexpp_nano",
                                 "--size", "128x128", "--epochs", "1", "--epoch-size", "16",
                                 "--out", plain.text, "--work", test_temp("w1").text, NULL),
                     0);
    assert_int_equal(command_run("train", "--task", of->task, "--data", set.text, "--init",
                                 plain.text, "--epochs", "1", "--epoch-size", "16", "--out",
                                 more.text, "--work", test_temp("w2").text, NULL),
                     0);
    command_said("% of the parameters");
    command_said("are missing from");
    assert_int_equal(access(more.text, F_OK), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_init),
    };
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        of = argc > 1 && strcmp(argv[1], subjects[i].task) == 0 ? &subjects[i] : of;
    if (!of)
        return 1;
    return cmocka_run_group_tests(tests, train, NULL);
}
