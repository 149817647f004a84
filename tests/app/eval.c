// SPDX-License-Identifier: MIT
// neroscale eval on classifiers. The model predicts the class of every picture, and some pictures
// are in a wrong folder, so that the scores are known.
#include "nn/base/rng.h"
#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "nn/predict/classifier.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { CLASSES = 3, PICTURES = 20, WRONG = 5, SIDE = 40 };

// Not in alphabetical order, in which folders are read.
static const char *const labels[CLASSES] = {"rose", "tulip", "iris"};
static int truth[PICTURES], predicted[PICTURES];
static test_path model;

static nn_model *make_network(void)
{
    nn_model *m;
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "classes=3,alpha=0.25,beta=0.5",
                    .task = "classify",
                    .input_h = 64,
                    .input_w = 64};
    for (int i = 0; i < 3; i++)
        card.mean[i] = 0.5f, card.std[i] = 0.1f;
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    nn_zoo_init_random(m, 5, NULL);
    assert_int_equal(nn_card_set_labels(&m->card, labels, CLASSES, NULL), NN_OK);
    return m;
}

// Paints stripes of two colours.
static void paint(nn_image *image, int index)
{
    nn_rng rng = nn_rng_stream(3, (uint64_t)index);
    uint8_t colour[2][3];
    for (int i = 0; i < 6; i++)
        colour[i / 3][i % 3] = (uint8_t)nn_rng_below(&rng, 256);
    const int wide = 2 + index % 9;
    for (int i = 0; i < SIDE * SIDE; i++)
        memcpy(image->rgb + 3 * i, colour[(index % 2 ? i % SIDE : i / SIDE) / wide % 2], 3);
}

// Makes set/CLASS/NN.png; the last WRONG pictures of a class are in the folder of the next class.
static int make_files(void **state)
{
    (void)state;
    static uint8_t rgb[3 * SIDE * SIDE];
    nn_image image = {SIDE, SIDE, rgb};
    nn_classifier *c;
    float p[CLASSES];
    char name[64];
    model = test_temp("model.safetensors");
    nn_model *m = make_network();
    assert_int_equal(nn_model_save(m, model.text, false, NULL), NN_OK);
    assert_int_equal(nn_classifier_new(&c, m, NULL, NULL), NN_OK);
    test_make_dir("set");
    for (int i = 0; i < CLASSES; i++) {
        snprintf(name, sizeof name, "set/%s", labels[i]);
        test_make_dir(name);
    }
    for (int i = 0; i < PICTURES; i++) {
        paint(&image, i);
        const nn_frame frame = nn_image_frame(&image);
        assert_int_equal(nn_classifier_run(c, &frame, p, NULL), NN_OK);
        predicted[i] = p[1] > p[0] ? (p[2] > p[1] ? 2 : 1) : (p[2] > p[0] ? 2 : 0);
        truth[i] = (predicted[i] + (i >= PICTURES - WRONG)) % CLASSES;
        snprintf(name, sizeof name, "set/%s/%02d.png", labels[truth[i]], i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
    nn_classifier_free(c);
    return 0;
}

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) < 1e-6))
        fail_msg("%.9f is not %.9f", a, b);
}

// Fails unless the scores in "score.json" follow from the pictures of make_files.
static void expect_known_scores(void)
{
    cJSON *json = json_load("score.json");
    assert_close(json_number(json, "top1"), 1 - (double)WRONG / PICTURES);
    assert_close(json_number(json, "top5"), 1); // of three classes
    assert_true(json_number(json, "loss") > 0);
    assert_close(json_number(json, "pictures"), PICTURES);
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(json, "classes");
    for (int k = 0; k < CLASSES; k++) {
        int there = 0, found = 0, hits = 0;
        for (int i = 0; i < PICTURES; i++) {
            there += truth[i] == k;
            found += predicted[i] == k;
            hits += truth[i] == k && predicted[i] == k;
        }
        const cJSON *one = cJSON_GetObjectItemCaseSensitive(classes, labels[k]);
        assert_close(json_number(one, "pictures"), there);
        assert_close(json_number(one, "precision"), found ? (double)hits / found : 0);
        assert_close(json_number(one, "recall"), there ? (double)hits / there : 0);
        assert_close(json_number(one, "f1"), 2.0 * hits / (found + there));
        const cJSON *row =
            cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "confusion"), k);
        assert_int_equal(cJSON_GetArrayItem(row, k)->valueint, hits);
    }
    cJSON_Delete(json);
}

static void test_folders(void **state)
{
    (void)state;
    const test_path set = test_temp("set"), json = test_temp("score.json");
    assert_int_equal(command_run("eval", model.text, "--data", set.text, "--json", json.text, NULL),
                     0);
    command_said("top-1 0.7500");
    command_said("tulip");
    expect_known_scores();
    // Stdout holds nothing but JSON.
    assert_int_equal(command_run("eval", model.text, "--data", set.text, "--json", "-", NULL), 0);
    command_said("\"top1\":");
}

static void test_model_formats(void **state)
{
    (void)state;
    const test_path set = test_temp("set"), json = test_temp("score.json"),
                    onnx = test_temp("model.onnx"), names = test_temp("names.txt"),
                    weights = test_temp("weights.safetensors");
    assert_int_equal(command_run("convert", model.text, onnx.text, NULL), 0);
    assert_int_equal(command_run("eval", onnx.text, "--data", set.text, "--json", json.text, NULL),
                     0);
    expect_known_scores();
    // Parameters without a card, with --network.
    nn_model *m = make_network();
    const char *list[256];
    const int count = nn_graph_param_count(m->graph);
    assert_true(count <= 256);
    for (int i = 0; i < count; i++)
        list[i] = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
    assert_int_equal(nn_bundle_save(weights.text, list, m->params, count, NULL, 0, NULL), NN_OK);
    nn_model_free(m);
    test_write(names.text, "rose\ntulip\niris\n", 16);
    assert_int_equal(command_run("eval", weights.text, "--network", "neroscale_alexpp", "--options",
                                 "classes=3,alpha=0.25,beta=0.5", "--names", names.text, "--size",
                                 "64x64", "--data", set.text, NULL),
                     0);
    command_said("20 pictures");
    // As a list; for a model that has names, they name the classes of the data only.
    assert_int_equal(command_run("eval", weights.text, "--network", "neroscale_alexpp", "--options",
                                 "classes=3,alpha=0.25,beta=0.5", "--names", "rose,tulip,iris",
                                 "--size", "64x64", "--data", set.text, "--json", json.text, NULL),
                     0);
    command_said("tulip");
    assert_int_equal(command_run("eval", onnx.text, "--names", "x,y,z", "--data", set.text,
                                 "--json", json.text, NULL),
                     0);
    expect_known_scores();
    assert_int_equal(
        command_run("eval", onnx.text, "--model-names", "x,y,z", "--data", set.text, NULL), 2);
    command_said("the model does not have these classes");
}

// The same pictures in a table, first with one label each, then with two.
static void test_tables(void **state)
{
    (void)state;
    const test_path json = test_temp("score.json"), table = test_temp("one.csv"),
                    several = test_temp("several.csv");
    char one[4096] = "path,label\n", two[4096] = "";
    for (int i = 0; i < PICTURES; i++) {
        const char *right = labels[truth[i]], *next = labels[(truth[i] + 1) % CLASSES];
        size_t used = strlen(one);
        snprintf(one + used, sizeof one - used, "set/%s/%02d.png,%s\n", right, i, right);
        used = strlen(two);
        snprintf(two + used, sizeof two - used, "set/%s/%02d.png,%s|%s\n", right, i, right, next);
    }
    test_write(table.text, one, strlen(one));
    test_write(several.text, two, strlen(two));
    assert_int_equal(
        command_run("eval", model.text, "--data", table.text, "--json", json.text, NULL), 0);
    expect_known_scores();
    assert_int_equal(
        command_run("eval", model.text, "--data", several.text, "--json", json.text, NULL), 0);
    command_said("mean AP");
    cJSON *scores = json_load("score.json");
    assert_true(json_number(scores, "map") > 0 && json_number(scores, "map") <= 1);
    assert_true(json_number(scores, "f1_all") >= 0);
    cJSON_Delete(scores);
}

static void test_refused(void **state)
{
    (void)state;
    const test_path set = test_temp("set"), other = test_temp("other"), boxes = test_temp("boxes"),
                    empty = test_temp("empty");
    test_make_dir("other");
    test_make_dir("other/iris");
    test_make_dir("other/orchid");
    test_make_dir("boxes");
    test_make_dir("boxes/images");
    test_make_dir("empty");
    assert_int_equal(command_run("eval", model.text, "--data", other.text, NULL), 2);
    command_said("the model does not have these classes: orchid; it has: rose, tulip, iris");
    assert_int_equal(command_run("eval", model.text, "--data", boxes.text, NULL), 2);
    command_said("holds boxes");
    assert_int_equal(command_run("eval", model.text, "--data", empty.text, NULL), 2);
    command_said("no labelled pictures");
    assert_int_equal(
        command_run("eval", model.text, "--data", set.text, "--match", "nothing*", NULL), 2);
    command_said("no picture that is asked for");
    assert_int_equal(
        command_run("eval", model.text, "--video", set.text, "--labels", set.text, NULL), 2);
    command_said("--video is for detectors");
    assert_int_equal(command_run("eval", "person", "--data", set.text, NULL), 2);
    command_said("the model finds boxes");
    assert_int_equal(command_run("eval", model.text, "--data", set.text, "--size", "8x", NULL), 2);
    command_said("--size must be");
    assert_int_equal(
        command_run("eval", model.text, "--data", set.text, "--centre-crop", "2", NULL), 2);
    command_said("--centre-crop");
    assert_int_equal(
        command_run("eval", model.text, "--data", set.text, "--json", "/dev/null/x", NULL), 2);
    command_said("/dev/null/x");
}

static void test_rules(void **state)
{
    (void)state;
    const test_path other = test_temp("other"), from = test_temp("set/iris"),
                    orchid = test_temp("other/orchid");
    assert_int_equal(rmdir(orchid.text), 0);
    assert_int_equal(symlink(from.text, orchid.text), 0);
    assert_int_equal(
        command_run("eval", model.text, "--data", other.text, "--map", "orchid=iris", NULL), 0);
    assert_int_equal(
        command_run("eval", model.text, "--data", other.text, "--map", "orchid=drop", NULL), 2);
    command_said("there are no labelled pictures");
}

static cJSON *find_mistakes(const char *name, int least)
{
    cJSON *json = json_load(name);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "mistakes");
    assert_true(cJSON_GetArraySize(list) >= least);
    assert_non_null(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, 0), "picture"));
    return json;
}

static void expect_picture(const char *name)
{
    nn_image image;
    assert_int_equal(nn_image_load(&image, test_temp(name).text, NULL), NN_OK);
    assert_true(image.width > 300 && image.height > 200);
    nn_image_release(&image);
}

static void expect_text(const char *name, const char *words)
{
    size_t size;
    char *text = (char *)test_read(test_temp(name).text, &size);
    if (!memmem(text, size, words, strlen(words)))
        fail_msg("%s: no '%s' in: %.*s", name, words, (int)size, text);
    free(text);
}

static void test_report(void **state)
{
    (void)state;
    const test_path set = test_temp("set"), report = test_temp("deep/report");
    assert_int_equal(
        command_run("eval", model.text, "--data", set.text, "--report", report.text, NULL), 0);
    expect_picture("deep/report/confusion.png");
    expect_picture("deep/report/worst.png");
    cJSON *json = find_mistakes("deep/report/report.json", WRONG);
    assert_close(json_number(json, "top1"), 0.75);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "mistakes");
    assert_int_equal(cJSON_GetArraySize(list), WRONG);
    for (int i = 0; i < WRONG; i++) {
        // In "set/CLASS/NN.png" the number tells what the class is.
        const cJSON *one = cJSON_GetArrayItem(list, i);
        const char *picture = cJSON_GetObjectItem(one, "picture")->valuestring;
        const int number = (int)strtol(strrchr(picture, '/') + 1, NULL, 10);
        assert_true(number >= PICTURES - WRONG && number < PICTURES);
        assert_string_equal(cJSON_GetObjectItem(one, "label")->valuestring, labels[truth[number]]);
        assert_string_equal(cJSON_GetObjectItem(one, "predicted")->valuestring,
                            labels[predicted[number]]);
    }
    cJSON_Delete(json);
    expect_text("deep/report/report.md", "top-1 0.7500");
    expect_text("deep/report/report.md", "| tulip |");
    expect_text("deep/report/report.md", "![Worst mistakes](worst.png)");
    expect_text("deep/report/report.md", "Taken for something else");
    // A file is where the folder should be.
    assert_int_equal(
        command_run("eval", model.text, "--data", set.text, "--report", model.text, NULL), 2);
    command_said("model.safetensors");
}

// Stripes show no person, but the labels say so.
static void test_detector_report(void **state)
{
    (void)state;
    static uint8_t rgb[3 * SIDE * SIDE];
    nn_image image = {SIDE, SIDE, rgb};
    test_make_dir("people");
    test_make_dir("people/images");
    test_make_dir("people/labels");
    paint(&image, 4);
    assert_int_equal(nn_image_save_png(&image, test_temp("people/images/a.png").text, NULL), NN_OK);
    test_write(test_temp("people/labels/a.txt").text, "0 0.5 0.5 0.4 0.4\n", 18);
    const test_path set = test_temp("people"), report = test_temp("boxes_report");
    // Prints what class numbers mean; a number without a name is refused.
    assert_int_equal(command_run("eval", "person", "--data", set.text, "--report", report.text,
                                 "--json", test_temp("score.json").text, NULL),
                     0);
    command_said("class numbers mean person, as in the model's training");
    test_write_text("people/labels/a.txt", "3 0.5 0.5 0.4 0.4\n");
    assert_int_equal(command_run("eval", "person", "--data", set.text, NULL), 2);
    command_said("class number 3 has no name");
    expect_picture("boxes_report/worst.png");
    expect_picture("boxes_report/confusion.png");
    cJSON *json = find_mistakes("boxes_report/report.json", 1), *score = json_load("score.json");
    assert_close(json_number(json, "ap50"), json_number(score, "ap50"));
    assert_close(json_number(json, "ap75"), json_number(score, "ap75"));
    // Two rows: person, which is missed, and background.
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(score, "confusion");
    assert_int_equal(cJSON_GetArraySize(rows), 2);
    const cJSON *row = cJSON_GetArrayItem(rows, 0);
    assert_int_equal(cJSON_GetArrayItem(row, 0)->valueint, 0);
    assert_int_equal(cJSON_GetArrayItem(row, 1)->valueint, 1);
    cJSON_Delete(json);
    cJSON_Delete(score);
    expect_text("boxes_report/report.md", "a.png | 1 |");
    expect_text("boxes_report/report.md", "| person | (missed) | 1 |");
}

// Card and weights of a copy are those of the model, but for the thresholds of its classes, which
// stripes without an object raise.
static void test_calibrate(void **state)
{
    (void)state;
    static uint8_t rgb[3 * SIDE * SIDE];
    nn_image image = {SIDE, SIDE, rgb};
    nn_model *was, *is;
    char path[4096];
    const test_path out = test_temp("calibrated.safetensors");
    test_make_dir("nothing");
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "nothing/%d.png", i);
        paint(&image, i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
    const test_path nothing = test_temp("nothing");
    assert_int_equal(command_run("eval", "street-nano", "--negatives", nothing.text, "--calibrate",
                                 out.text, "--false-alarms", "0.3", "--threads", "1", NULL),
                     0);
    command_said("calibrated.safetensors written");
    assert_int_equal(nn_model_load(&is, out.text, NULL), NN_OK);
    assert_int_equal(nn_model_find("street-nano", path, sizeof path, NULL), NN_OK);
    assert_int_equal(nn_model_load(&was, path, NULL), NN_OK);
    assert_non_null(is->card.class_thresholds);
    for (int i = 0; i < is->card.label_count; i++)
        assert_true(nn_card_threshold_of(&is->card, i) >= nn_card_threshold_of(&was->card, i));
    assert_true(is->half == was->half && is->card.rival_count == was->card.rival_count);
    assert_string_equal(is->card.training, was->card.training);
    const int count = nn_graph_param_count(was->graph);
    assert_int_equal(count, nn_graph_param_count(is->graph));
    for (int i = 0; i < count; i++)
        assert_memory_equal(is->params[i].data, was->params[i].data,
                            nn_tensor_bytes(&was->params[i]));
    nn_model_free(is);
    nn_model_free(was);
    // Once more into the same file, which needs --force; other endings and tasks are refused.
    assert_int_equal(command_run("eval", out.text, "--negatives", nothing.text, "--calibrate",
                                 out.text, "--threads", "1", NULL),
                     2);
    assert_int_equal(command_run("eval", out.text, "--negatives", nothing.text, "--calibrate",
                                 out.text, "--force", "--threads", "1", NULL),
                     0);
    command_said("note: false alarms count where 100 pictures are without a class");
    assert_int_equal(command_run("eval", "street-nano", "--negatives", nothing.text, "--calibrate",
                                 test_temp("x.onnx").text, NULL),
                     2);
    command_said("must end in .safetensors");
    assert_int_equal(command_run("eval", model.text, "--data", test_temp("set").text, "--calibrate",
                                 test_temp("y.safetensors").text, NULL),
                     2);
    command_said("only detectors have thresholds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folders),         cmocka_unit_test(test_model_formats),
        cmocka_unit_test(test_tables),          cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rules),           cmocka_unit_test(test_report),
        cmocka_unit_test(test_detector_report), cmocka_unit_test(test_calibrate),
    };
    return cmocka_run_group_tests(tests, make_files, NULL);
}
