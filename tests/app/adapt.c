// SPDX-License-Identifier: MIT
// neroscale adapt from a clip to a verdict, with a teacher that always finds the same objects: its
// stages, continuation and output files. Also when a specialist counts as better.
#include "app/adapt/stages.h"
#include "nn/io/image/image.h"
#include "tests/app/spawn.h"
#include "tests/pipeline/clip.h"
#include "tests/support/files.h"
#include "tests/support/heads.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { W = 160, H = 128 };

static char *teacher, *clip;

static int make_files(void **state)
{
    (void)state;
    const head_object object = {60, 60, 40, 50, 0.9f, 0};
    teacher = clip_path("teacher.onnx");
    heads_write_teacher(teacher, H, W, &object, 1, 1, "[\"person\"]");
    clip = clip_make("clip.avi");
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(teacher);
    g_free(clip);
    return 0;
}

static spawn_output adapt(const char *more, const char *value)
{
    return spawn_run("adapt", clip, "--teacher", teacher, "--general", teacher, "--no-mirror",
                     "--epochs", "1", "--size", "96x96", "--options",
                     "alpha=0.25,beta=0.25,neck=16", "--out", test_temp("cam.safetensors").text,
                     more, value, NULL);
}

// One epoch is too little to learn: the command reports that, and writes no OUT.
static void test_not_better(void **state)
{
    (void)state;
    spawn_output o = adapt(NULL, NULL);
    if (o.status != 1)
        fail_msg("%s", o.err);
    spawn_expect(o.err, "25 pictures are labelled in 1 passes");
    spawn_expect(o.err, "1/3 ");
    spawn_expect(o.err, "3/3 ");
    spawn_expect(o.out, "Not better: it finds less");
    spawn_expect(o.out, "specialist.safetensors");
    spawn_release(&o);
    assert_false(test_is_there("cam.safetensors"));
    assert_true(test_is_there("cam.rejected.safetensors"));
    assert_true(test_is_there("cam.safetensors.work/compare.png"));
    assert_true(test_is_there("cam.safetensors.work/labels/held/images/clip-000025.jpg"));
    // With few labels the validation part begins earlier, but not before the middle.
    assert_true(test_is_there("cam.safetensors.work/labels/images/check-clip-000018.jpg"));
    assert_true(test_is_there("cam.safetensors.work/labels/images/check-clip-000011.jpg"));
    assert_false(test_is_there("cam.safetensors.work/labels/images/clip-000011.jpg"));
    assert_true(test_is_there("cam.safetensors.work/labels/images/clip-000001.jpg"));
    assert_false(test_is_there("cam.safetensors.work/labels/images/clip-000025.jpg"));
    cJSON *json = json_load("cam.safetensors.work/report.json");
    const cJSON *models = cJSON_GetObjectItem(json, "models");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(json, "better")));
    assert_int_equal(json_number(json, "held_back"), 5);
    assert_int_equal(cJSON_GetArraySize(models), 2);
    const cJSON *general = cJSON_GetArrayItem(models, 0);
    assert_string_equal(cJSON_GetObjectItem(general, "role")->valuestring, "general");
    assert_true(json_number(general, "ap50") == 1); // against its own labels
    assert_true(json_number(general, "false_alarms_an_hour") == 0);
    cJSON_Delete(json);
}

// Follows the test above: finished stages are not repeated, and --even-if-worse writes the model.
static void test_goes_on(void **state)
{
    (void)state;
    spawn_output o = adapt("--even-if-worse", NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    spawn_expect(o.err, "25 pictures, 25 done");
    spawn_expect(o.err, "was trained before");
    spawn_expect(o.out, "--even-if-worse");
    spawn_release(&o);
    assert_true(test_is_there("cam.safetensors"));
    // Simulates a stop during training: the plan exists, the specialist does not.
    assert_int_equal(unlink(test_temp("cam.safetensors.work/specialist.safetensors").text), 0);
    o = adapt(NULL, NULL);
    assert_int_equal(o.status, 2);
    spawn_expect(o.err, "cam.safetensors exists already; --force replaces it");
    spawn_release(&o);
    assert_int_equal(unlink(test_temp("cam.safetensors").text), 0);
    o = adapt(NULL, NULL);
    assert_int_equal(o.status, 1);
    assert_null(strstr(o.err, "was trained before"));
    spawn_release(&o);
    o = adapt("--threshold", "0.6");
    assert_int_equal(o.status, 2);
    spawn_expect(o.err, "made with other settings");
    spawn_release(&o);
}

// Continues from the installed network, whose input has this side; `words` are expected about its
// head.
static void start(const char *name, int side, const char *words)
{
    const test_path out = test_temp(name);
    g_autofree char *size = g_strdup_printf("%dx%d", side, side);
    g_autofree char *learns = g_strdup_printf("street-nano for %s learns 1 epochs", size);
    g_autofree char *report = g_strconcat(name, ".work/report.json", NULL);
    spawn_output o =
        spawn_run("adapt", clip, "--teacher", teacher, "--general", teacher, "--no-mirror",
                  "--epochs", "1", "--size", size, "--out", out.text, NULL);
    assert_int_not_equal(o.status, 2);
    spawn_expect(o.err, learns);
    spawn_expect(o.err, words);
    spawn_release(&o);
    cJSON *json = json_load(report);
    assert_string_equal(cJSON_GetObjectItem(json, "start")->valuestring, "street-nano");
    assert_int_equal(json_number(json, "input_width"), side);
    cJSON_Delete(json);
}

// A network that knows people is trained further, with a new head where objects are small.
static void test_start(void **state)
{
    (void)state;
    start("start.safetensors", 96, "% of the parameters, with its last layers");
    start("small.safetensors", 64, "% of the parameters, with our head on");
}

static void refuse(spawn_output o, const char *words)
{
    assert_int_equal(o.status, 2);
    spawn_expect(o.err, words);
    spawn_release(&o);
}

static void test_refused(void **state)
{
    (void)state;
    const test_path folder = test_make_dir("folder"), out = test_temp("x.safetensors");
    refuse(spawn_run("adapt", clip, "--teacher", teacher, NULL), "--out FILE.safetensors");
    refuse(spawn_run("adapt", folder.text, "--teacher", teacher, "--out", out.text, NULL),
           "is a folder");
    static uint8_t rgb[3 * 8 * 8];
    const nn_image image = {8, 8, rgb};
    assert_int_equal(nn_image_save_png(&image, test_temp("one.png").text, NULL), NN_OK);
    refuse(spawn_run("adapt", test_temp("one.png").text, "--teacher", teacher, "--out", out.text,
                     NULL),
           "one.png is a picture");
    refuse(spawn_run("adapt", "--out", out.text, NULL), "which video or camera");
    refuse(spawn_run("adapt", clip, "--teacher", "nobody", "--out", out.text, NULL), "nobody");
    refuse(spawn_run("adapt", clip, "--teacher", teacher, "--general", "nobody", "--out", out.text,
                     NULL),
           "--general");
    refuse(
        spawn_run("adapt", clip, "--teacher", teacher, "--init", "nobody", "--out", out.text, NULL),
        "nobody");
    refuse(spawn_run("adapt", clip, "--teacher", teacher, "--init", "street-nano", "--options",
                     "alpha=1", "--out", out.text, NULL),
           "--options");
    refuse(spawn_run("adapt", clip, "--teacher", teacher, "--val-split", "0.9", "--out", out.text,
                     NULL),
           "--val-split");
    refuse(
        spawn_run("adapt", clip, "--teacher", teacher, "--budget", "-1", "--out", out.text, NULL),
        "--budget");
    refuse(
        spawn_run("adapt", clip, "--teacher", teacher, "--frames", "1-8", "--out", out.text, NULL),
        "are too few");
    spawn_output o = spawn_run("adapt", "--help", NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "Examples:");
    spawn_release(&o);
}

static void test_verdict(void **state)
{
    (void)state;
    static const struct {
        double ap, fps, alarms; // of the specialist; general: 0.8, 50, 20
        bool better;
        const char *word;
    } rows[] = {{0.80, 200, 20, true, "4.0 times"},  {0.795, 200, 5, true, "4.0 times"},
                {0.70, 900, 0, false, "finds less"}, {0.90, 200, 100, false, "100 false alarms"},
                {0.90, 40, 20, false, "not faster"}, {0.80, 55, 20, false, "not faster"},
                {0.85, 55, 20, true, "1.1 times"},   {NAN, 200, 0, false, "nothing was labelled"},
                {0.80, 200, NAN, true, "AP50 0.800"}};
    const adapt_candidate general = {
        .score = {.ap50 = 0.8}, .fps = 50, .alarms_an_hour = 20, .alarm_count = 20};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const adapt_candidate s = {.score = {.ap50 = rows[i].ap},
                                   .fps = rows[i].fps,
                                   .alarms_an_hour = rows[i].alarms,
                                   .alarm_count =
                                       isfinite(rows[i].alarms) ? (int)rows[i].alarms : 0};
        const adapt_verdict v = adapt_judge(&s, &general);
        if (v.better != rows[i].better || !strstr(v.reason, rows[i].word))
            fail_msg("row %zu: %s", i, v.reason);
    }
    // Two alarms in six seconds may be chance, twenty are not.
    const adapt_candidate calm = {.score = {.ap50 = 0.8}, .fps = 50};
    adapt_candidate s = {
        .score = {.ap50 = 0.8}, .fps = 500, .alarms_an_hour = 1200, .alarm_count = 2};
    assert_true(adapt_judge(&s, &calm).better);
    s.alarm_count = 20;
    s.alarms_an_hour = 12000;
    assert_false(adapt_judge(&s, &calm).better);
}

// The network chosen for a picture of 768x576 with ten objects: eight of one size, two of another.
static adapt_plan plan_for(float eight, float two, const char *init)
{
    label_outcome out = {.set = {.pictures = 1}};
    label_picture picture = {.width = 768, .height = 576};
    GArray *boxes = g_array_new(FALSE, FALSE, sizeof(label_box));
    adapt_plan plan = {0};
    g_strlcpy(plan.init, init, sizeof plan.init);
    out.detections.pictures = g_array_new(FALSE, FALSE, sizeof(label_picture));
    g_array_append_val(out.detections.pictures, picture);
    for (int i = 0; i < 11; i++) {
        // Ignored boxes do not count.
        const float side = i == 10 ? 1 : i >= 8 ? two : eight;
        const label_box b = {.box = {.x1 = side, .y1 = side}, .ignore = i == 10};
        g_array_append_val(boxes, b);
    }
    out.set.boxes = &boxes;
    adapt_choose_network(&out, &plan);
    g_array_unref(boxes);
    g_array_unref(out.detections.pictures);
    return plan;
}

static void test_network(void **state)
{
    (void)state;
    static const struct {
        float eight, two;
        int width, height;
        const char *levels;
        bool fine;
    } rows[] = {{40, 50, 416, 320, "neck=32", true},        // smallest objects: 22 pixels
                {40, 5, 640, 480, "neck=32", true},         // a tenth is far away: largest input
                {300, 320, 320, 256, "levels=8+16", false}, // close to the camera
                {35, 400, 480, 352, "levels=8+16", true},   // far and close objects
                {1000, 1000, 320, 256, "levels=8+16", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const adapt_plan p = plan_for(rows[i].eight, rows[i].two, "");
        if (p.width != rows[i].width || p.height != rows[i].height ||
            !g_str_has_suffix(p.network, rows[i].levels))
            fail_msg("row %zu: %dx%d %s", i, p.width, p.height, p.network);
        // A network that is trained further gets an input at which it is still fast.
        const adapt_plan s = plan_for(rows[i].eight, rows[i].two, "street-nano");
        const bool fine = strcmp(s.network, "neck=24") == 0; // a head for small objects
        if (s.width != MIN(rows[i].width, 448) || s.height != MIN(rows[i].height, 352) ||
            fine != rows[i].fine || (!fine && s.network[0]))
            fail_msg("row %zu: %dx%d %s", i, s.width, s.height, s.network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_better), cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_start),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_verdict),    cmocka_unit_test(test_network)};
    return cmocka_run_group_tests(tests, make_files, free_files);
}
