// SPDX-License-Identifier: MIT
// neroscale bench: the figures in its JSON are consistent; invalid options are refused in one line.
#include "nn/predict/precision.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include <cjson/cJSON.h>
#include <math.h>

static void check_times(const cJSON *item, double runs)
{
    assert_true(json_number(item, "runs") == runs);
    assert_true(json_number(item, "min_ms") > 0.0);
    assert_true(json_number(item, "min_ms") <= json_number(item, "median_ms"));
    assert_true(json_number(item, "median_ms") <= json_number(item, "p95_ms"));
    assert_true(json_number(item, "peak_gflops") > 0.1);
}

// How many of its multiplications an algorithm leaves out: F(4x4, 3x3) makes 36 instead of 144.
static double fewer(const char *algorithm)
{
    return strcmp(algorithm, "winograd_f2x2_3x3") == 0      ? 36.0 / 16
           : strcmp(algorithm, "winograd_f4x4_3x3") == 0    ? 144.0 / 36
           : strcmp(algorithm, "winograd_f6x6_3x3") == 0    ? 324.0 / 64
           : strcmp(algorithm, "winograd_f2x2_3x3_s2") == 0 ? 36.0 / 25
           : strcmp(algorithm, "winograd_f4x4_3x3_s2") == 0 ? 144.0 / 81
           : strncmp(algorithm, "winograd_f", 10) == 0      ? 0 // others
                                                            : 1;
}

// What a layer loses to the peak is its time beyond that of its multiplications there.
static void check_loss(const cJSON *layer, double peak)
{
    const double less = fewer(cJSON_GetStringValue(cJSON_GetObjectItem(layer, "algorithm")));
    const double ms = json_number(layer, "ms"), lost = json_number(layer, "lost_ms");
    assert_true(lost >= 0.0 && lost <= ms && json_number(layer, "of_peak") >= 0.0);
    if (less == 0 || ms == 0.0)
        return;
    const double at_peak = 2e-6 * json_number(layer, "macs") / less / peak;
    assert_true(fabs(fmax(ms - at_peak, 0.0) - lost) < 1e-9);
    assert_true(fabs(at_peak / ms - json_number(layer, "of_peak")) < 1e-9);
}

static void figures_hang_together(void **state)
{
    (void)state;
    const test_path out = test_temp("figures.json");
    assert_int_equal(command_run("bench", "neroscale_alexpp", "--options", "alpha=0.25,beta=0.5",
                                 "--size", "96x64", "--runs", "3", "--threads", "2", "--batch", "2",
                                 "--layers", "--json", out.text, NULL),
                     0);
    cJSON *json = json_load("figures.json"), *layer;
    assert_int_equal(cJSON_GetArraySize(json), 1);
    const cJSON *item = cJSON_GetArrayItem(json, 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(item, "network")),
                        "neroscale_alexpp");
    assert_true(json_number(item, "threads") == 2.0 && json_number(item, "batch") == 2.0);
    assert_true(json_number(item, "height") == 64.0 && json_number(item, "width") == 96.0);
    check_times(item, 3.0);
    double macs = 0.0, convolutions = 0.0;
    cJSON_ArrayForEach(layer, cJSON_GetObjectItem(item, "layers"))
    {
        macs += json_number(layer, "macs");
        convolutions += json_number(layer, "macs") > 0.0;
        assert_true(json_number(layer, "ms") >= 0.0 && isfinite(json_number(layer, "ms")));
        check_loss(layer, json_number(item, "peak_gflops"));
    }
    assert_true(convolutions > 8.0);
    const double gflops = 2e-6 * macs / json_number(item, "min_ms");
    assert_true(fabs(gflops - json_number(item, "gflops")) < 1e-6 * gflops);
    cJSON_Delete(json);
}

static void several_on_standard_output(void **state)
{
    (void)state;
    assert_int_equal(command_run("bench", "person", "person", "--size", "96x96", "--runs", "2",
                                 "--threads", "1", "--json", "-", "--pin", NULL),
                     0);
    cJSON *json = json_load("out"), *item;
    assert_int_equal(cJSON_GetArraySize(json), 2);
    cJSON_ArrayForEach(item, json) check_times(item, 2.0);
    cJSON_Delete(json);
}

static void heading_names_what_is_used(void **state)
{
    (void)state;
    assert_int_equal(setenv("NEROSCALE_CPU", "c", 1), 0);
    assert_int_equal(
        command_run("bench", "person", "--size", "32x32", "--runs", "1", "--threads", "1", NULL),
        0);
    assert_int_equal(unsetenv("NEROSCALE_CPU"), 0);
    command_said("c, 1 thread, peak");
}

// The first algorithm whose name ends so; NULL: there is none.
static const char *first_algorithm(const cJSON *json, const char *end)
{
    const cJSON *layer;
    cJSON_ArrayForEach(layer, cJSON_GetObjectItem(cJSON_GetArrayItem(json, 0), "layers"))
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(layer, "algorithm"));
        if (strlen(name) >= strlen(end) && !strcmp(name + strlen(name) - strlen(end), end))
            return name;
    }
    return NULL;
}

// bf16 runs where the machine has it; elsewhere a line says that it does not.
static void precision_is_heeded(void **state)
{
    (void)state;
    const test_path out = test_temp("precision.json");
    const bool has = nn_precision_has_bf16();
    for (int bf16 = 0; bf16 < 2; bf16++) {
        assert_int_equal(command_run("bench", "resnet18", "--size", "64x64", "--runs", "1",
                                     "--precision", bf16 ? "bf16" : "float32", "--layers", "--json",
                                     out.text, NULL),
                         0);
        cJSON *json = json_load("precision.json");
        assert_true(!first_algorithm(json, "bf16") == !(bf16 && has));
        assert_string_equal(
            cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(json, 0), "precision")),
            bf16 && has ? "bf16" : "float32");
        cJSON_Delete(json);
    }
    assert_int_equal(command_run("bench", "person", "--size", "96x96", "--runs", "1", "--precision",
                                 "auto", NULL),
                     0);
    command_said(has ? "person: bf16 is" : "has no fast bfloat16");
    assert_int_equal(setenv("NEROSCALE_CPU", "avx2", 1), 0);
    assert_int_equal(command_run("bench", "person", "--size", "96x96", "--runs", "1", "--precision",
                                 "bf16", NULL),
                     0);
    assert_int_equal(unsetenv("NEROSCALE_CPU"), 0);
    command_said("--precision bf16: this machine has no fast bfloat16");
}

static void training_steps(void **state)
{
    (void)state;
    const test_path out = test_temp("training.json");
    assert_int_equal(command_run("bench", "--training", "neroscale_alexpp", "--options",
                                 "alpha=0.25,classes=5", "--size", "64x64", "--batch", "3",
                                 "--runs", "2", "--json", out.text, NULL),
                     0);
    cJSON *json = json_load("training.json");
    const cJSON *item = cJSON_GetArrayItem(json, 0);
    check_times(item, 2.0);
    const double rate = 3e3 / json_number(item, "min_ms");
    assert_true(fabs(rate - json_number(item, "images_per_second")) < 1e-6 * rate);
    cJSON_Delete(json);
}

static void expect_refused(int status, const char *words)
{
    assert_int_equal(status, 2);
    command_said_one_line(words);
}

static void refuses_in_one_line(void **state)
{
    (void)state;
    expect_refused(command_run("bench", "nosuch", NULL), "nosuch");
    expect_refused(command_run("bench", "--threads", "-1", NULL), "--threads");
    expect_refused(command_run("bench", "--runs", "-5", NULL), "--runs");
    expect_refused(command_run("bench", "--seconds", "-1", NULL), "--seconds");
    expect_refused(command_run("bench", "--batch", "100000", NULL), "--batch");
    expect_refused(command_run("bench", "--size", "224x", NULL), "--size");
    expect_refused(command_run("bench", "--training", "--layers", NULL), "--layers");
    expect_refused(command_run("bench", "--training", "person", NULL), "person");
    expect_refused(command_run("bench", "--precision", "int8", NULL), "float32, bf16 and auto");
    expect_refused(command_run("bench", "--precision", "bf16", "--exact", NULL), "--exact");
    expect_refused(command_run("bench", "--precision", "bf16", "--training", NULL), "--training");
    expect_refused(command_run("bench", "neroscale_alexpp", "--size", "4x4", NULL), "height 4");
    expect_refused(command_run("bench", "person", "--options", "alpha=1", NULL), "options");
    expect_refused(command_run("bench", "person", "--runs", "1", "--size", "64x64", "--json",
                               "/dev/null/j", NULL),
                   "/dev/null/j");
    // Old output stays when nothing can be measured.
    const test_path kept = test_temp("kept.json"), broken = test_temp("broken.onnx");
    test_write(kept.text, "{}", 2);
    test_write(broken.text, "broken", 6);
    assert_int_equal(command_run("bench", broken.text, "--json", kept.text, NULL), 2);
    size_t size;
    free(test_read(kept.text, &size));
    assert_int_equal(size, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_hang_together),      cmocka_unit_test(several_on_standard_output),
        cmocka_unit_test(heading_names_what_is_used), cmocka_unit_test(training_steps),
        cmocka_unit_test(precision_is_heeded),        cmocka_unit_test(refuses_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
