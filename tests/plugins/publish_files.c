// SPDX-License-Identifier: MIT
// neropublish into files: new files by size and age, old ones that go away, full disks, fsync.
#include "tests/plugins/lines.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <signal.h>
#include <sys/resource.h>

// "frame" of the first line of a file, and the number of its lines.
static int first_frame(const char *path, guint *count)
{
    GPtrArray *lines = lines_read(path);
    const int first = lines->len ? (int)lines_number(g_ptr_array_index(lines, 0), "frame") : 0;
    *count = lines->len;
    g_ptr_array_unref(lines);
    return first;
}

static char *numbered(const char *path, int n)
{
    return n ? g_strdup_printf("%s.%d", path, n) : g_strdup(path);
}

static void test_size(void **state)
{
    (void)state;
    enum { MOST = 1500, FRAMES = 40, FILES = 3 };
    test_path path = test_temp("size.jsonl");
    GstHarness *h = lines_open(path.text, "max-size=1500 max-files=3");
    for (int i = 0; i < FRAMES; i++)
        lines_push(h, i * GST_SECOND, lines_two, 2, 0);
    assert_int_equal(lines_stat(h, "sent"), FRAMES);
    gst_harness_teardown(h);
    int next = FRAMES + 1; // the newest file ends with the last frame, and none is missing between
    for (int n = 0; n < FILES; n++) {
        guint count;
        g_autofree char *name = numbered(path.text, n);
        const int first = first_frame(name, &count);
        g_autofree char *text = lines_file(name);
        assert_in_range(strlen(text), 1, MOST);
        assert_int_equal(first + count, next);
        next = first;
    }
    g_autofree char *gone = numbered(path.text, FILES);
    assert_false(g_file_test(gone, G_FILE_TEST_EXISTS));
    assert_true(next > 1);
}

static void test_age(void **state)
{
    (void)state;
    test_path path = test_temp("age.jsonl");
    guint count;
    GstHarness *h = lines_open(path.text, "max-age=1 fsync=second");
    lines_push(h, 0, lines_two, 2, 0);
    lines_push(h, 1, lines_two, 2, 0);
    g_usleep(1100 * 1000);
    lines_push(h, 2, lines_two, 2, 0);
    gst_harness_teardown(h);
    g_autofree char *old = numbered(path.text, 1);
    assert_int_equal(first_frame(old, &count), 1);
    assert_int_equal(count, 2);
    assert_int_equal(first_frame(path.text, &count), 3);
    assert_int_equal(count, 1);
}

// Where files follow each other, a restart begins another one.
static void test_restart(void **state)
{
    (void)state;
    test_path path = test_temp("run.jsonl");
    guint count;
    for (int run = 1; run <= 2; run++) {
        GstHarness *h = lines_open(path.text, "max-size=1000000 fsync=line");
        for (int i = 0; i < run; i++)
            lines_push(h, 0, lines_two, 2, 0);
        gst_harness_teardown(h);
    }
    g_autofree char *old = numbered(path.text, 1);
    first_frame(old, &count);
    assert_int_equal(count, 1);
    first_frame(path.text, &count);
    assert_int_equal(count, 2);
}

// A second writer is refused after a change of files, too.
static void test_locked(void **state)
{
    (void)state;
    test_path path = test_temp("locked.jsonl");
    GstHarness *h = lines_open(path.text, "max-size=600");
    for (int i = 0; i < 5; i++)
        lines_push(h, 0, lines_two, 2, 0);
    GstElement *other = gst_element_factory_make("neropublish", NULL);
    g_object_set(gst_object_ref_sink(other), "location", path.text, NULL);
    assert_int_equal(gst_element_set_state(other, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    gst_element_set_state(other, GST_STATE_NULL);
    gst_object_unref(other);
    gst_harness_teardown(h);
}

static void limit_files(rlim_t most)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

// No room in the middle of a line: nothing of it stays, the stream goes on, and so do the lines
// when there is room again.
static void test_no_room(void **state)
{
    (void)state;
    test_path path = test_temp("room.jsonl");
    signal(SIGXFSZ, SIG_IGN);
    GstHarness *h = lines_open(path.text, "");
    GstBus *bus = lines_bus(h);
    lines_push(h, 0, lines_two, 2, 0);
    g_autofree char *line = lines_file(path.text);
    limit_files(strlen(line) * 5 / 2);
    for (int i = 0; i < 4; i++)
        lines_push(h, 0, lines_two, 2, 0);
    limit_files(RLIM_INFINITY);
    lines_push(h, 0, lines_two, 2, 0);
    g_autofree char *warning = lines_said(bus, GST_MESSAGE_WARNING);
    assert_non_null(strstr(warning, "room.jsonl\": File too large; lines are lost until there is"));
    g_autofree char *info = lines_said(bus, GST_MESSAGE_INFO);
    assert_non_null(strstr(info, "goes on; 3 lines are missing"));
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING)); // one is enough
    assert_int_equal(lines_stat(h, "sent"), 3);
    assert_int_equal(lines_stat(h, "lost"), 3);
    gst_object_unref(bus);
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    assert_int_equal(lines->len, 3);
    assert_int_equal(lines_number(g_ptr_array_index(lines, 2), "frame"), 6);
    g_ptr_array_unref(lines);
}

static void test_full(void **state)
{
    (void)state;
    if (!g_file_test("/dev/full", G_FILE_TEST_EXISTS))
        skip();
    GstHarness *h = lines_open("/dev/full", "");
    GstBus *bus = lines_bus(h);
    lines_push(h, 0, lines_two, 2, 0);
    g_autofree char *warning = lines_said(bus, GST_MESSAGE_WARNING);
    assert_non_null(strstr(warning, "\"/dev/full\": No space left on device"));
    gst_object_unref(bus);
    gst_harness_teardown(h);
}

// DL Streamer's name of the property, and its word for standard output.
static void test_file_path(void **state)
{
    (void)state;
    test_path path = test_temp("alias.jsonl");
    char *value = NULL;
    guint count;
    g_autofree char *setting = g_strdup_printf("file-path=%s", path.text);
    GstHarness *h = lines_open(NULL, setting);
    lines_push(h, 0, lines_two, 2, 0);
    gst_harness_teardown(h);
    assert_int_equal(first_frame(path.text, &count), 1);
    GstElement *e = gst_object_ref_sink(gst_element_factory_make("neropublish", NULL));
    g_object_set(e, "file-path", "stdout", NULL);
    g_object_get(e, "location", &value, NULL);
    assert_string_equal(value, "-");
    g_free(value);
    gst_object_unref(e);
}

// DL Streamer's other format: each file is an array.
static void test_array(void **state)
{
    (void)state;
    test_path path = test_temp("array.json");
    int frames = 0;
    GstHarness *h = lines_open(path.text, "file-format=json max-size=1500 max-files=50");
    for (int i = 0; i < 7; i++)
        lines_push(h, i * GST_SECOND, lines_two, 2, 0);
    gst_harness_teardown(h);
    for (int n = 0; n < 50; n++) {
        g_autofree char *name = numbered(path.text, n);
        if (!g_file_test(name, G_FILE_TEST_EXISTS))
            break;
        g_autofree char *text = lines_file(name);
        cJSON *json = cJSON_Parse(text);
        assert_true(cJSON_IsArray(json));
        assert_in_range(strlen(text), 2, 1500);
        frames += cJSON_GetArraySize(json);
        cJSON_Delete(json);
    }
    assert_int_equal(frames, 7);
}

// The lines of the page are pipelines.
static void test_page(void **state)
{
    (void)state;
    int count = 0;
    g_autofree char *text = lines_file(test_data("../../plugins/publish/README.md").text);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        GError *error = NULL;
        g_auto(GStrv) words = NULL;
        const char *line = g_strchug(*l);
        if (!g_str_has_prefix(line, "gst-launch-1.0 "))
            continue;
        assert_true(g_shell_parse_argv(line + strlen("gst-launch-1.0 "), NULL, &words, NULL));
        GstElement *pipeline = gst_parse_launchv((const char **)words, &error);
        // Elements of other packages may be missing, properties must be there.
        if (error && error->code != GST_PARSE_ERROR_NO_SUCH_ELEMENT)
            fail_msg("%s: %s", line, error->message);
        g_clear_error(&error);
        if (pipeline)
            gst_object_unref(gst_object_ref_sink(pipeline));
        count++;
    }
    assert_true(count >= 5);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size),      cmocka_unit_test(test_age),
        cmocka_unit_test(test_restart),   cmocka_unit_test(test_locked),
        cmocka_unit_test(test_no_room),   cmocka_unit_test(test_full),
        cmocka_unit_test(test_file_path), cmocka_unit_test(test_page),
        cmocka_unit_test(test_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
