// SPDX-License-Identifier: MIT
// neroscale compare: known counts, one set of numbers in table, CSV and JSON, and trainings that go
// on after they were killed.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include "nn/base/features.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"

#include <math.h>
#include <stdio.h>

enum { PICTURES = 24, SIDE = 32 };

// Red or blue noise, in set/red and set/blue.
static int make_set(void **state)
{
    (void)state;
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    test_make_dir("set");
    test_make_dir("set/red");
    test_make_dir("set/blue");
    for (int i = 0; i < PICTURES; i++) {
        char name[64];
        nn_rng rng = nn_rng_stream(4, (uint64_t)i);
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(60 + nn_rng_below(&rng, 60) + (k % 3 == 2 * (i % 2) ? 110 : 0));
        snprintf(name, sizeof name, "set/%s/%02d.png", i % 2 ? "blue" : "red", i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
    return 0;
}

static const cJSON *network_at(const cJSON *json, int i)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(json, "networks"), i);
}

static double latency_of(const cJSON *network, int threads, const char *key)
{
    const cJSON *one = cJSON_GetArrayItem(cJSON_GetObjectItem(network, "latency"), threads - 1);
    assert_true(json_number(one, "threads") == threads);
    return json_number(one, key);
}

// A cell of the CSV by the name of its column; rows from 1. The texts have no quotes.
static void cell(char *to, size_t size, const char *csv, int row, const char *column)
{
    int number = 0;
    const char *p = csv;
    for (bool found = false; !found; number++) {
        const size_t n = strcspn(p, ",\n");
        found = n == strlen(column) && strncmp(p, column, n) == 0;
        assert_true(found || p[n] == ',');
        p += n + 1;
    }
    for (p = csv; row > 0; row--)
        p = strchr(p, '\n') + 1;
    for (; number > 1; number--)
        p = strchr(p, ',') + 1;
    snprintf(to, size, "%.*s", (int)strcspn(p, ",\n"), p);
}

static void check_cell(const char *csv, int row, const char *column, double value)
{
    char text[64];
    cell(text, sizeof text, csv, row, column);
    const double found = strtod(text, NULL);
    if (!*text || fabs(found - value) > 1e-8 * fabs(value))
        fail_msg("%s of row %d is '%s', not %g", column, row, text, value);
}

// AlexNet at 224x224 by hand: output side squared, times kernel, times channels; then the layers
// behind. Pooling and biases add less than one in a hundred.
static const double alexnet_macs = 55.0 * 55 * 121 * 3 * 64 + 27.0 * 27 * 25 * 64 * 192 +
                                   13.0 * 13 * 9 * 192 * 384 + 13.0 * 13 * 9 * 384 * 256 +
                                   13.0 * 13 * 9 * 256 * 256 + 9216.0 * 4096 + 4096.0 * 4096 +
                                   4096.0 * 1000;

static void counts_are_known(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "compare alexnet neroscale_alexpp_nano --runs 2 --csv t.csv "
                                      "--json t.json"),
                     0);
    cJSON *json = json_load("t.json");
    char *csv = test_read_text("t.csv");
    const cJSON *a = network_at(json, 0), *b = network_at(json, 1);
    assert_true(json_number(a, "parameters") == 61100840);
    assert_true(json_number(b, "parameters") == 51744);
    assert_true(fabs(json_number(a, "macs") / alexnet_macs - 1) < 0.01);
    assert_true(json_number(a, "gflops") == 2e-9 * json_number(a, "macs"));
    assert_true(json_number(a, "weight_bytes") == 4.0 * 61100840);
    assert_true(json_number(a, "memory_bytes") > json_number(a, "weight_bytes") / 2);
    assert_true(json_number(a, "width") == 224 && json_number(a, "height") == 224);
    for (int i = 0; i < 2; i++) {
        const cJSON *n = network_at(json, i);
        check_cell(csv, i + 1, "parameters", json_number(n, "parameters"));
        check_cell(csv, i + 1, "gflops", json_number(n, "gflops"));
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(n, "precision")), "float32");
        check_cell(csv, i + 1, "memory_bytes", json_number(n, "memory_bytes"));
        check_cell(csv, i + 1, "best_ms_1", latency_of(n, 1, "best_ms"));
        check_cell(csv, i + 1, "median_ms_2", latency_of(n, 2, "median_ms"));
        for (int t = 1; t <= 2; t++) {
            assert_true(latency_of(n, t, "runs") >= 2);
            assert_true(latency_of(n, t, "best_ms") > 0);
            assert_true(latency_of(n, t, "best_ms") <= latency_of(n, t, "median_ms"));
        }
        assert_null(cJSON_GetObjectItem(n, "accuracy")); // nothing was scored
    }
    // The small one is smaller by far, and faster.
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(b, "pareto")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(a, "pareto")));
    command_said("neroscale_alexpp_nano *");
    command_said("no other network is as fast (1 thread, best) and as small");
    free(csv);
    cJSON_Delete(json);
}

// Instructions are measured, or said to be out of reach.
static void energy_is_honest(void **state)
{
    (void)state;
    assert_int_equal(
        command_line("", "compare neroscale_alexpp_nano --size 96 --runs 1 --json e.json"), 0);
    cJSON *json = json_load("e.json");
    const cJSON *n = network_at(json, 0), *count = cJSON_GetObjectItem(n, "instructions");
    if (cJSON_IsNull(count)) {
        command_said("instructions are not measurable here (");
        assert_non_null(cJSON_GetObjectItem(json, "instructions_missing"));
    } else { // more than one for each 64 multiply-adds
        assert_true(json_number(n, "instructions") > json_number(n, "macs") / 64);
    }
    cJSON_Delete(json);
}

#define TRAINING                                                                                   \
    "compare resnet18 resnet34 --options alpha=0.125,stem=small --size 32 --data set --train 2 "   \
    "--runs 1 --threads 1 --train-options '--batch 6 --lr 0.01' "

static void trains_and_goes_on(void **state)
{
    (void)state;
    assert_int_equal(command_line("", TRAINING "--work whole --json whole.json"), 0);
    command_said("2 networks learn the same 20 pictures for 2 epochs; 4 are held back");
    command_said("in all");
    // Killed in the second training, behind its first checkpoint.
    command_kill_at(TRAINING "--work part", "part/resnet34/last.safetensors");
    assert_true(test_is_there("part/resnet18.safetensors"));
    assert_int_equal(command_line("", TRAINING "--work part --json part.json --out part.png"), 0);
    command_said("resnet18 was trained before");
    cJSON *a = json_load("whole.json"), *b = json_load("part.json");
    for (int i = 0; i < 2; i++) {
        const cJSON *one = network_at(a, i), *other = network_at(b, i);
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(one, "metric")), "top1");
        assert_true(json_number(one, "pictures") == 4);
        assert_true(json_number(one, "accuracy") >= 0 && json_number(one, "accuracy") <= 1);
        // The same steps, so the same scores.
        assert_true(json_number(one, "accuracy") == json_number(other, "accuracy"));
        // Two classes instead of a thousand; weights are stored in two bytes.
        assert_true(json_number(one, "weight_bytes") < 3 * json_number(one, "parameters"));
    }
    cJSON_Delete(a);
    cJSON_Delete(b);
    // The models are ordinary ones: scored again as files, on all pictures.
    assert_int_equal(command_line("",
                                  "compare part/resnet18.safetensors whole/resnet34.safetensors "
                                  "--data set --runs 1 --json files.json"),
                     0);
    cJSON *files = json_load("files.json");
    assert_true(json_number(network_at(files, 0), "pictures") == PICTURES);
    cJSON_Delete(files);
}

// Where pictures may show several classes, their mAP counts, as in eval.
static void scores_several_classes(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "compare resnet18 --options alpha=0.125,stem=small "
                                      "--size 32 --data set --train 1 --runs 1 --threads 1 "
                                      "--work several --json several.json "
                                      "--train-options '--batch 6 --multi-label'"),
                     0);
    command_said(" mAP ");
    cJSON *json = json_load("several.json");
    const cJSON *one = network_at(json, 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(one, "metric")), "map");
    assert_true(json_number(one, "accuracy") > 0 && json_number(one, "accuracy") <= 1);
    cJSON_Delete(json);
}

static void draws_a_picture(void **state)
{
    (void)state;
    if (!NN_HAS_pango)
        skip();
    nn_image image;
    assert_int_equal(command_line("", "compare neroscale_alexpp_nano resnet18 --size 64 --runs 1 "
                                      "--out p.png"),
                     0);
    assert_int_equal(nn_image_load(&image, test_temp("p.png").text, NULL), NN_OK);
    assert_true(image.width > 600 && image.height > 400);
    int blue = 0; // the front
    for (int i = 0; i < image.width * image.height; i++)
        blue += image.rgb[3 * i] < 60 && image.rgb[3 * i + 2] > 160;
    assert_true(blue > 100);
    nn_image_release(&image);
}

static void refused(const char *arguments, const char *says)
{
    assert_int_equal(command_line("", arguments), 2);
    command_said_one_line(says);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    refused("compare", "which networks?");
    refused("compare resnet81", "resnet81");
    refused("compare resnet18 resnet18", "resnet18 is named twice");
    refused("compare resnet18 --train 3", "--train needs --data DIR");
    refused("compare resnet18 --work w", "--work is for --train EPOCHS");
    refused("compare resnet18 --size 0x3", "--size");
    assert_int_equal(command_line("", "compare zfnet --size 8"), 2);
    command_said("zfnet: ");
    assert_int_equal(command_line("", TRAINING "--work whole --train-options '--batch 4'"), 2);
    command_said("its trainings were begun with");
    assert_int_equal(command_line("", TRAINING "--work w --train-options --epochs=9"), 2);
    command_said("--epochs is not for the trainings of compare");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_known),   cmocka_unit_test(energy_is_honest),
        cmocka_unit_test(trains_and_goes_on), cmocka_unit_test(scores_several_classes),
        cmocka_unit_test(draws_a_picture),    cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, make_set, NULL);
}
