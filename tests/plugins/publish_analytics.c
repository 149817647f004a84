// SPDX-License-Identifier: MIT
// Zones, lines and events in the lines of neropublish, from neroanalytics before it.
#include "tests/plugins/lines.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

static GPtrArray *run(const char *settings, const char *more, int frames)
{
    const test_path path = test_temp("events.jsonl");
    g_autofree char *text =
        g_strdup_printf("neroanalytics %s ! neropublish location=%s %s", settings, path.text, more);
    GstHarness *h = gst_harness_new_parse(text);
    frame_caps(h, "GRAY8", LINES_W, LINES_H, "");
    for (int f = 0; f < frames; f++) { // 5 walks to the right, 6 stays, the last has no number
        const float x = 4 + 2 * (float)f;
        const nn_box boxes[] = {{x - 4, 10, x + 4, 30, 0.9f, 0, 5, false, 0},
                                {40, 10, 60, 40, 0.8f, 1, 6, false, 0},
                                {0, 0, 8, 8, 0.5f, 1, 0, false, 0}};
        GstBuffer *b = frame_new("GRAY8", LINES_W, LINES_H, (guint64)f * 40 * GST_MSECOND);
        frame_add_boxes(b, boxes, 3, LINES_W, LINES_H, 0);
        gst_buffer_unref(gst_harness_push_and_pull(h, b));
    }
    gst_harness_teardown(h);
    return lines_read(path.text);
}

static const cJSON *array(const cJSON *line, const char *key, int count)
{
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(line, key);
    assert_true(cJSON_IsArray(a));
    assert_int_equal(cJSON_GetArraySize(a), count);
    return a;
}

static void check_events(const cJSON *line)
{
    const cJSON *events = array(line, "events", 2);
    const cJSON *enter = cJSON_GetArrayItem(events, 0), *cross = cJSON_GetArrayItem(events, 1);
    assert_string_equal(lines_text(enter, "type"), "enter");
    assert_string_equal(lines_text(enter, "zone"), "right \"half\"");
    assert_int_equal(lines_number(enter, "id"), 5);
    assert_string_equal(lines_text(enter, "label"), "person");
    assert_int_equal(lines_number(enter, "in"), 2);
    assert_int_equal(lines_number(enter, "occupancy"), 2);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(enter, "lost")));
    assert_true(lines_number(enter, "x") > 0.5 && lines_number(enter, "x") < 0.6);
    assert_float_equal(lines_number(enter, "y"), 30.0 / 48, 1e-6);
    assert_true(cJSON_HasObjectItem(enter, "dwell_ms"));
    assert_string_equal(lines_text(cross, "type"), "cross");
    assert_string_equal(lines_text(cross, "line"), "gate");
    assert_string_equal(lines_text(cross, "direction"), "out");
    assert_int_equal(lines_number(cross, "out"), 1);
    assert_false(cJSON_HasObjectItem(cross, "occupancy"));
    assert_false(cJSON_HasObjectItem(cross, "zone"));
}

static const char settings[] = "zones=\"right\\ \\\"half\\\":0.5,0,1,1:max-objects=1\" "
                               "lines=gate:32,0,32,48 "
                               "ground=0,0,1,0,1,1,0,1/0,0,64,0,64,48,0,48";

static void test_keys(void **state)
{
    (void)state;
    GPtrArray *lines = run(settings, "", 24);
    assert_int_equal(lines->len, 24);
    const cJSON *first = g_ptr_array_index(lines, 0), *last = g_ptr_array_index(lines, 23);
    const cJSON *zone = cJSON_GetArrayItem(array(first, "zones", 1), 0);
    assert_string_equal(lines_text(zone, "name"), "right \"half\"");
    assert_int_equal(lines_number(zone, "occupancy"), 0);
    array(first, "events", 0);
    assert_int_equal(lines_number(cJSON_GetArrayItem(array(first, "lines", 1), 0), "out"), 0);
    int with = 0;
    for (guint i = 0; i < lines->len; i++) {
        const cJSON *line = g_ptr_array_index(lines, i);
        const cJSON *events = cJSON_GetObjectItemCaseSensitive(line, "events");
        with += cJSON_GetArraySize(events);
        if (cJSON_GetArraySize(events) == 2)
            check_events(line);
    }
    assert_int_equal(with, 4); // two enter, one crosses, it is full
    zone = cJSON_GetArrayItem(array(last, "zones", 1), 0);
    assert_int_equal(lines_number(zone, "in"), 2);
    assert_int_equal(lines_number(zone, "out"), 0);
    assert_int_equal(lines_number(zone, "occupancy"), 2);
    assert_int_equal(lines_number(zone, "loitering"), 0);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(zone, "overcrowded")));
    assert_float_equal(lines_number(zone, "stay_ms"), 23 * 40, 1e-3);
    assert_float_equal(lines_number(zone, "dwell_ms"), 0, 0);
    const cJSON *objects = array(last, "objects", 3), *walker = cJSON_GetArrayItem(objects, 0);
    assert_float_equal(lines_number(walker, "speed_mps"), 50, 0.01); // 2 m in 40 ms
    const cJSON *zones = array(walker, "zones", 1);
    assert_string_equal(cJSON_GetArrayItem(zones, 0)->valuestring, "right \"half\"");
    assert_false(cJSON_HasObjectItem(cJSON_GetArrayItem(objects, 2), "speed_mps"));
    assert_false(cJSON_HasObjectItem(cJSON_GetArrayItem(objects, 2), "zones"));
    assert_false(cJSON_HasObjectItem(
        cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(first, "objects"), 0), "zones"));
    g_ptr_array_unref(lines);
}

static void test_without(void **state)
{
    (void)state;
    GPtrArray *lines = run("", "", 2);
    assert_false(cJSON_HasObjectItem(g_ptr_array_index(lines, 0), "zones"));
    assert_false(cJSON_HasObjectItem(g_ptr_array_index(lines, 0), "events"));
    g_ptr_array_unref(lines);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys), cmocka_unit_test(test_without)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
