// SPDX-License-Identifier: MIT
// neroscale doctor and models: what is found out, how it is said, and the exit status.
#include "app/doctor/doctor.h"
#include "nn/base/features.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

static cJSON *read_json(const char *name)
{
    const test_path path = test_temp(name);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path.text, &text, NULL, NULL));
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    return json;
}

// An item of a list whose member `key` is `value`.
static const cJSON *item_of(const cJSON *list, const char *key, const char *value)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(item, key));
        if (text && strcmp(text, value) == 0)
            return item;
    }
    fail_msg("nothing has %s = %s", key, value);
    return NULL;
}

static void expect(const cJSON *item, const char *key, const char *value)
{
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(item, key)), value);
}

static void all_is_here(void **state)
{
    (void)state;
    const test_path json = test_temp("doctor.json");
    assert_int_equal(command_run("doctor", "--json", json.text, NULL), 0);
    command_said("All that a run needs is here.\n");
    command_said("neroinfer nerotrack neroanalytics");
    command_did_not_say("\033[");
    cJSON *found = read_json("doctor.json");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(found, "ok")));
    const cJSON *list = cJSON_GetObjectItem(found, "findings");
    const cJSON *street = item_of(list, "name", "street");
    expect(street, "state", "ok");
    expect(street, "group", "models");
    assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItem(street, "text")),
                           "checksum as of this version"));
    item_of(list, "name", "threads");
    item_of(list, "group", "folders");
    cJSON_Delete(found);
    assert_int_equal(command_run("doctor", "now", NULL), 2);
    command_said_one_line("'now' is too much");
}

// A damaged default model fails; another one that has changed is a note.
static void bad_models(void **state)
{
    (void)state;
    const test_path folder = test_temp("models"), json = test_temp("bad.json");
    test_make_dir("models");
    test_write_text("models/street.safetensors", "not a model");
    test_write_text("models/mine.safetensors", "nor this");
    g_setenv("NEROSCALE_MODELS", folder.text, TRUE);
    assert_int_equal(command_run("doctor", "--json", json.text, NULL), 1);
    command_said("1 of the things that every run needs does not work.");
    cJSON *found = read_json("bad.json");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(found, "ok")));
    const cJSON *list = cJSON_GetObjectItem(found, "findings");
    expect(item_of(list, "name", "street"), "state", "fails");
    expect(item_of(list, "name", "street"), "packages", "neroscale-data");
    expect(item_of(list, "name", "mine"), "state", "missing");
    expect(item_of(list, "name", "mine"), "mend", "remove the file");
    cJSON_Delete(found);
    assert_int_equal(command_run("models", NULL), 0);
    command_said("mine.safetensors");
    g_unsetenv("NEROSCALE_MODELS");
}

// Without GStreamer's own plug-ins nothing runs.
static void no_elements(void **state)
{
    (void)state;
    const test_path folder = test_temp("empty"), registry = test_temp("registry.bin");
    g_autofree char *before = g_strdup(g_getenv("GST_REGISTRY"));
    test_make_dir("empty");
    g_setenv("GST_PLUGIN_SYSTEM_PATH_1_0", folder.text, TRUE);
    g_setenv("GST_REGISTRY", registry.text, TRUE);
    assert_int_equal(command_run("doctor", NULL), 1);
    command_said("no element uridecodebin: apt install gstreamer1.0-plugins-base\n");
    command_said("no decoder: apt install gstreamer1.0-libav\n");
    command_said("To install what is missing: apt install ");
    g_unsetenv("GST_PLUGIN_SYSTEM_PATH_1_0");
    if (before)
        g_setenv("GST_REGISTRY", before, TRUE);
    else
        g_unsetenv("GST_REGISTRY");
}

static const app_finding *at(const app_findings *f, guint i)
{
    assert_true(i < f->list->len);
    return g_ptr_array_index(f->list, i);
}

// Nodes in the order of their numbers; what is no camera, or cannot be opened, is told.
static void cameras(void **state)
{
    (void)state;
    const test_path dev = test_temp("dev"), gone = test_temp("dev/video2");
    app_findings f;
    app_findings_init(&f);
    test_make_dir("dev");
    app_doctor_cameras(&f, dev.text);
    assert_int_equal(f.list->len, 1);
    assert_non_null(strstr(at(&f, 0)->text, "no camera at "));
    app_findings_release(&f);
    test_write_text("dev/video10", "");
    test_write_text("dev/videos", "");
    assert_int_equal(symlink("nowhere", gone.text), 0);
    app_findings_init(&f);
    app_doctor_cameras(&f, dev.text);
    assert_int_equal(f.list->len, 2);
    assert_string_equal(at(&f, 0)->name, gone.text);
    assert_int_equal(at(&f, 0)->state, APP_STATE_MISSING);
    assert_string_equal(at(&f, 0)->mend, "plug it in again");
    assert_int_equal(at(&f, 1)->state, APP_STATE_NOTE);
    assert_true(g_str_has_prefix(at(&f, 1)->text, "no video device: "));
    app_findings_release(&f);
}

static void displays(void **state)
{
    (void)state;
    app_findings f;
    app_findings_init(&f);
    g_unsetenv("SDL_VIDEODRIVER");
    g_unsetenv("WAYLAND_DISPLAY");
    g_setenv("DISPLAY", ":4711.0", TRUE);
    app_doctor_display(&f);
    g_setenv("DISPLAY", "far:10.0", TRUE);
    app_doctor_display(&f);
    g_unsetenv("DISPLAY");
    app_doctor_display(&f);
    assert_int_equal(f.list->len, 3);
    assert_int_equal(at(&f, 0)->state, APP_STATE_MISSING);
    assert_true(g_str_has_prefix(at(&f, 0)->text, ":4711.0 does not answer"));
    assert_string_equal(at(&f, 1)->text, "far:10.0, over the network");
    assert_int_equal(at(&f, 2)->state, APP_STATE_NOTE);
    app_findings_release(&f);
}

// Columns, colours, and each package once.
static void lines(void **state)
{
    (void)state;
    static const char plain[] =
        "one\n  ok       a    is \xc3\xa4\n  missing  bcd  no x: apt install p q\n"
        "\ntwo\n  FAILS    e    no y: apt install q r\n"
        "\n1 of the things that every run needs does not work.\n"
        "1 more thing is missing, which only some runs need.\n"
        "To install what is missing: apt install p q r\n";
    app_findings f;
    char *text = NULL;
    size_t size = 0;
    app_findings_init(&f);
    app_findings_add(&f, "one", "a", APP_STATE_OK, "is \xc3\xa4");
    app_finding_mend(app_findings_add(&f, "one", "bcd", APP_STATE_MISSING, "no %c", 'x'), "p q",
                     NULL);
    app_finding_mend(app_findings_add(&f, "two", "e", APP_STATE_FAILS, "no y"), "q r", NULL);
    FILE *out = open_memstream(&text, &size);
    app_findings_print(&f, out, false);
    fclose(out);
    assert_string_equal(text, plain);
    free(text);
    out = open_memstream(&text, &size);
    app_findings_print(&f, out, true);
    fclose(out);
    assert_non_null(strstr(text, "  \033[33mmissing\033[0m  bcd  no x"));
    free(text);
    app_findings_release(&f);
}

static void models(void **state)
{
    (void)state;
    const test_path json = test_temp("models.json"), sheet = test_temp("sheet.png");
    const test_path cache = test_temp("cache");
    g_setenv("XDG_CACHE_HOME", cache.text, TRUE);
    assert_int_equal(command_run("models", "--json", json.text, NULL), 0);
    command_said("--bench measures");
    command_said("bluebell, buttercup, coltsfoot, cowslip, crocus, ... (17)");
    cJSON *list = read_json("models.json");
    const cJSON *street = item_of(list, "name", "street");
    expect(street, "licence", "Apache-2.0");
    expect(street, "task", "detect");
    expect(item_of(list, "name", "bccd"), "licence", "MIT");
    assert_string_equal(
        cJSON_GetStringValue(cJSON_GetArrayItem(cJSON_GetObjectItem(street, "classes"), 0)),
        "person");
    assert_true(cJSON_GetObjectItem(street, "ap50")->valuedouble > 0.6);
    assert_null(cJSON_GetObjectItem(street, "ms"));
    expect(item_of(list, "name", "person"), "on", "60 of vtest.avi");
    expect(item_of(list, "name", "flowers17"), "on", "102 of flowers17");
    expect(item_of(list, "name", "person-int8"), "on", "others, where float32 has 0.982");
    cJSON_Delete(list);
    assert_int_equal(command_run("models", "--picture", "x.jpg", NULL), 2);
    command_said_one_line("--picture is for --sheet");
    assert_int_equal(command_run("models", "street", "strasse", NULL), 2);
    command_said_one_line("no model called 'strasse' is installed");
    if (NN_HAS_pango) {
        assert_int_equal(command_run("models", "flowers17", "person", "zoom2", "--bench", "--sheet",
                                     sheet.text, NULL),
                         0);
        assert_true(g_file_test(sheet.text, G_FILE_TEST_IS_REGULAR));
    }
    g_unsetenv("XDG_CACHE_HOME");
}

static void copy_file(const char *from, const char *to)
{
    g_autofree char *bytes = NULL;
    gsize size = 0;
    assert_true(g_file_get_contents(from, &bytes, &size, NULL));
    assert_true(g_file_set_contents(to, bytes, (gssize)size, NULL));
}

// Milliseconds of the model "person"; 0: not known.
static double listed_ms(const char *bench)
{
    const test_path json = test_temp("speed.json");
    assert_int_equal(command_run("models", "person", "--json", json.text, bench, NULL), 0);
    cJSON *list = read_json("speed.json");
    const cJSON *ms = cJSON_GetObjectItem(item_of(list, "name", "person"), "ms");
    const double value = ms ? ms->valuedouble : 0;
    cJSON_Delete(list);
    return value;
}

// Measured once, and remembered until the file changes. A damaged memory is none.
static void speed(void **state)
{
    (void)state;
    const test_path cache = test_temp("cache"), folder = test_temp("one");
    const test_path model = test_temp("one/person.safetensors");
    const test_path picture = test_temp("one/person.jpg");
    const test_path memory = test_temp("cache/neroscale/speed.json");
    const char *assets = g_getenv("NEROSCALE_ASSETS");
    g_autofree char *from = g_build_filename(assets, "models", "person.safetensors", NULL);
    g_autofree char *example = g_build_filename(assets, "examples", "person.jpg", NULL);
    test_make_dir("one");
    copy_file(from, model.text);
    copy_file(example, picture.text);
    g_setenv("XDG_CACHE_HOME", cache.text, TRUE);
    g_setenv("NEROSCALE_MODELS", folder.text, TRUE);
    assert_true(listed_ms(NULL) == 0);
    const double ms = listed_ms("--bench");
    assert_true(ms > 0);
    assert_true(listed_ms(NULL) == ms);
    assert_int_equal(g_utime(model.text, &(struct utimbuf){1000, 1000}), 0);
    assert_true(listed_ms(NULL) == 0);
    assert_true(g_file_set_contents(memory.text, "[1, 2", -1, NULL));
    assert_true(listed_ms(NULL) == 0);
    g_unsetenv("NEROSCALE_MODELS");
    g_unsetenv("XDG_CACHE_HOME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_is_here), cmocka_unit_test(bad_models),
                                       cmocka_unit_test(no_elements), cmocka_unit_test(cameras),
                                       cmocka_unit_test(displays),    cmocka_unit_test(lines),
                                       cmocka_unit_test(models),      cmocka_unit_test(speed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
