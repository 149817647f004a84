// SPDX-License-Identifier: MIT
// Segmentation on the command line: shapes on noise are learnt, evaluated, drawn, and exported as
// ONNX.
#include "nn/io/image/image.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/masks.h"
#include "tests/support/test.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { SIDE = 96, TRAINED = 24, TESTED = 8 };

static test_path model, set, other;

static cJSON *load_json(const char *name)
{
    size_t size;
    char *text = (char *)test_read(test_temp(name).text, &size);
    cJSON *json = cJSON_ParseWithLength(text, size);
    free(text);
    assert_non_null(json);
    return json;
}

static double number(const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    if (!cJSON_IsNumber(item))
        fail_msg("no number '%s'", key);
    return item->valuedouble;
}

static int train(void **state)
{
    (void)state;
    masks_make_folder("set", TRAINED, SIDE, 1);
    masks_make_folder("other", TESTED, SIDE, 2);
    model = test_temp("shapes.safetensors");
    set = test_temp("set");
    other = test_temp("other");
    // A damaged mask is noted and skipped.
    test_write(test_temp("set/masks/p05.png").text, "nothing", 7);
    assert_int_equal(command_run("train", "--task", "segment", "--data", set.text, "--val-match",
                                 "p0[0-4]*", "--options", "alpha=0.125,beta=0,neck=16", "--size",
                                 "96x96", "--epochs", "6", "--epoch-size", "64", "--val-every", "3",
                                 "--lr", "0.008", "--ema", "0.95", "--class-weights", "auto",
                                 "--dice", "0.3", "--out", model.text, "--work",
                                 test_temp("work").text, NULL),
                     0);
    command_said("p05.png: not a PNG, picture skipped");
    command_said("18 pictures to train on, 5 to validate, 1 skipped");
    command_said("class weights: background");
    command_said("mIoU");
    const char *const files[] = {"history.csv", "report.md", "report.json", "confusion.png",
                                 "worst.png"};
    for (int i = 0; i < 5; i++) {
        char name[64];
        snprintf(name, sizeof name, "work/%s", files[i]);
        assert_int_equal(access(test_temp(name).text, F_OK), 0);
    }
    return 0;
}

static double eval(const char *path)
{
    const test_path json = test_temp("score.json");
    assert_int_equal(command_run("eval", path, "--data", other.text, "--json", json.text, NULL), 0);
    command_said("mean IoU");
    cJSON *score = load_json("score.json");
    const double miou = number(score, "miou");
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(score, "classes");
    const char *const names[MASKS_CLASSES] = {"background", "disc", "bar"};
    double sum = 0;
    assert_string_equal(cJSON_GetObjectItem(score, "task")->valuestring, "segment");
    for (int i = 0; i < MASKS_CLASSES; i++)
        sum += number(cJSON_GetObjectItemCaseSensitive(classes, names[i]), "iou");
    assert_true(fabs(sum / MASKS_CLASSES - miou) < 1e-6);
    assert_true(number(score, "pixel_accuracy") > miou && number(score, "pictures") == TESTED);
    cJSON_Delete(score);
    return miou;
}

static void test_score(void **state)
{
    (void)state;
    const double miou = eval(model.text);
    if (!(miou > 0.7)) // background everywhere would have less than 0.3
        fail_msg("mIoU %g", miou);
    const test_path onnx = test_temp("shapes.onnx");
    assert_int_equal(command_run("convert", model.text, onnx.text, NULL), 0);
    const double same = eval(onnx.text);
    if (!(fabs(same - miou) < 1e-3))
        fail_msg("mIoU %g as ONNX, %g before", same, miou);
}

static void test_run(void **state)
{
    (void)state;
    const test_path json = test_temp("found.jsonl"), drawn = test_temp("drawn.png");
    const test_path picture = test_temp("other/images/p01.png");
    assert_int_equal(command_run("run", picture.text, "--model", model.text, "--no-window",
                                 "--json", json.text, "--snapshot", drawn.text, NULL),
                     0);
    cJSON *line = load_json("found.jsonl");
    const cJSON *segments = cJSON_GetObjectItemCaseSensitive(line, "segments"), *one;
    double sum = 0;
    int seen = 0;
    cJSON_ArrayForEach(one, segments)
    {
        const double share = number(one, "share");
        const int label = (int)number(one, "label_id");
        const char *const names[MASKS_CLASSES] = {"background", "disc", "bar"};
        assert_in_range(label, 0, MASKS_CLASSES - 1);
        assert_string_equal(cJSON_GetObjectItem(one, "label")->valuestring, names[label]);
        seen |= 1 << label;
        sum += share;
    }
    assert_int_equal(seen, 7);
    assert_true(fabs(sum - 1) < 1e-4);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(line, "objects")), 0);
    cJSON_Delete(line);
    // Disc and bar are coloured, the grey around them is not.
    nn_image plain, tinted;
    assert_int_equal(nn_image_load(&plain, picture.text, NULL), NN_OK);
    assert_int_equal(nn_image_load(&tinted, drawn.text, NULL), NN_OK);
    assert_int_equal(tinted.width, plain.width);
    int changed = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        changed += abs(plain.rgb[3 * i] - tinted.rgb[3 * i]) > 24;
    assert_in_range(changed, SIDE * SIDE / 50, SIDE * SIDE * 6 / 10);
    nn_image_release(&plain);
    nn_image_release(&tinted);
}

static void test_augment(void **state)
{
    (void)state;
    const test_path sheet = test_temp("sheet.png");
    assert_int_equal(command_run("augment", other.text, "--out", sheet.text, "--size", "96x96",
                                 "--rows", "2", "--columns", "3", "--mosaic", "0.5", NULL),
                     0);
    command_said("2 of 8 pictures, views of 96x96");
    nn_image image;
    assert_int_equal(nn_image_load(&image, sheet.text, NULL), NN_OK);
    nn_image_release(&image);
}

static void test_mistakes(void **state)
{
    (void)state;
    const test_path out = test_temp("x.safetensors"), photo = test_temp("other/images/p00.png");
    assert_int_not_equal(command_run("classify", model.text, photo.text, NULL), 0);
    command_said("the model finds classes of pixels");
    assert_int_not_equal(command_run("train", "--task", "segment", "--network", "espcn", "--data",
                                     set.text, "--out", out.text, NULL),
                         0);
    command_said("the network espcn is for the task 'upscale', not 'segment'");
    assert_int_not_equal(command_run("train", "--task", "segment", "--data", set.text, "--size",
                                     "90x90", "--out", out.text, NULL),
                         0);
    command_said("multiples of 32");
    assert_int_not_equal(command_run("train", "--task", "segment", "--data", set.text,
                                     "--class-weights", "1,2", "--out", out.text, NULL),
                         0);
    command_said("3 numbers above 0");
    assert_int_not_equal(command_run("train", "--data", set.text, "--out", out.text, NULL), 0);
    command_said("looks like pictures with masks (images/ with masks/*.png): --task segment");
    assert_int_not_equal(command_run("eval", "person", "--data", other.text, NULL), 0);
    command_said("holds masks (images/ with masks/*.png), but the model finds boxes");
}

// Saved classes of pixels are mostly those of the mask.
static void test_save(void **state)
{
    (void)state;
    nn_indices found, drawn;
    nn_error err = {0};
    int same = 0;
    const test_path images = test_temp("other/images"), out = test_temp("found");
    assert_int_equal(
        command_run("run", images.text, "--model", model.text, "--save-txt", out.text, NULL), 0);
    assert_int_equal(nn_indices_load(&found, test_temp("found/p00.png").text, &err), NN_OK);
    assert_int_equal(nn_indices_load(&drawn, test_temp("other/masks/p00.png").text, &err), NN_OK);
    assert_int_equal(found.width, drawn.width);
    assert_int_equal(found.height, drawn.height);
    for (int i = 0; i < SIDE * SIDE; i++)
        same += found.value[i] == drawn.value[i];
    if (same < SIDE * SIDE * 3 / 4)
        fail_msg("%d of %d pixels are those of the mask", same, SIDE * SIDE);
    nn_indices_release(&found);
    nn_indices_release(&drawn);
    assert_int_equal(command_run("run", images.text, "--model", model.text, "--save-json",
                                 test_temp("found.json").text, NULL),
                     2);
    command_said("--save-json: the model segments");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save),    cmocka_unit_test(test_score),    cmocka_unit_test(test_run),
        cmocka_unit_test(test_augment), cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, train, NULL);
}
