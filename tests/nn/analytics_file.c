// SPDX-License-Identifier: MIT
// Zones and lines from JSON: everything that is read, and everything that is refused.
#include "nn/io/analytics_file.h"
#include "nn/vision/analytics/analytics.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const char whole[] =
    "{\"zones\": [{\"name\": \"yard\", \"points\": [[0.1, 0.5], [0.9, 0.5], [0.5, 1]],"
    "  \"max-objects\": 5, \"classes\": [\"person\", \"car\"], \"loitering-time\": 20000},"
    " {\"points\": [[10, 20], [300, 400]], \"name\": \"Stra\\u00dfe\","
    "  \"ground\": {\"image\": [[0,0],[1,0],[1,1],[0,1]], \"metres\": "
    "[[0,0],[9,0],[9,-5],[0,-5]]}}],"
    " \"lines\": [{\"name\": \"gate\", \"points\": [[0, 0.6], [1, 0.6]], \"inertia\": 1}],"
    " \"ground\": {\"image\": [[0.4,0.2],[0.6,0.2],[1,1],[0,1]],"
    "  \"metres\": [[0,20],[5,20],[5,0],[0,0]]},"
    " \"inertia\": 7}";

static void test_whole(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_analytics_config c;
    nn_analytics_config_init(&c);
    if (nn_analytics_config_read(&c, whole, strlen(whole), &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(c.count, 3);
    const nn_area_config *a = c.areas;
    assert_string_equal(a[0].name, "yard");
    assert_false(a[0].line);
    assert_int_equal(a[0].shape.count, 3);
    assert_false(a[0].shape.pixels);
    assert_true(a[0].shape.point[1].x == 0.9f && a[0].shape.point[1].y == 0.5f);
    assert_string_equal(a[0].classes, "person,car");
    assert_true(a[0].setting[0] < 0); // inertia
    assert_false(a[0].has_ground);
    assert_string_equal(a[1].name, "Stra\xc3\x9f"
                                   "e");
    assert_int_equal(a[1].shape.count, 4); // of a rectangle
    assert_true(a[1].shape.pixels);
    assert_true(a[1].has_ground && a[1].ground.metres[2][1] == -5);
    assert_true(a[2].line);
    assert_true(a[2].setting[0] == 1);
    assert_true(c.setting[0] == 7);
    assert_true(c.has_ground && c.ground.metres[1][0] == 5);
    // what the property string says the same way is the same
    nn_analytics_config text;
    nn_analytics_config_init(&text);
    assert_int_equal(nn_analytics_config_parse(&text, false,
                                               "yard:0.1,0.5,0.9,0.5,0.5,1:max-objects=5:"
                                               "classes=person,car:loitering-time=20000",
                                               &err),
                     NN_OK);
    assert_memory_equal(&text.areas[0], &a[0], sizeof a[0]);
    nn_analytics_config_release(&text);
    nn_analytics_config_release(&c);
    assert_int_equal(nn_analytics_config_read(&c, "{}", 2, &err), NN_OK);
    assert_int_equal(c.count, 0);
}

static void refuse(const char *text, const char *says)
{
    nn_error err = {0};
    nn_analytics_config c;
    nn_analytics_config_init(&c);
    assert_int_not_equal(nn_analytics_config_read(&c, text, strlen(text), &err), NN_OK);
    if (!strstr(err.text, says) || strchr(err.text, '\n'))
        fail_msg("'%s' gives '%s'", text, err.text);
    nn_analytics_config_release(&c);
}

static void test_refused(void **state)
{
    (void)state;
    refuse("", "damaged");
    refuse("[]", "no object");
    refuse("{\"zones\": 5}", "\"zones\" must be a list");
    refuse("{\"zones\": [5]}", "zone 1: it is not an object");
    refuse("{\"zone\": []}", "there is no \"zone\"");
    refuse("{\"inertai\": 5}", "did you mean \"inertia\"?");
    refuse("{\"inertia\": \"5\"}", "whole number from 1");
    refuse("{\"\\n\": 5}", "not plain text");
    refuse("{\"lines\": [{\"name\": \"a\"}]}", "line 1: \"a\": \"points\" is missing");
    refuse("{\"lines\": [{\"points\": [[0,0],[1,1]]}]}", "without a name");
    refuse("{\"lines\": [{\"name\": 5}]}", "must be a text");
    refuse("{\"lines\": [{\"name\": \"a\", \"points\": [[0,0],[0.5,0.5],[1,1]]}]}", "3 points");
    refuse("{\"lines\": [{\"name\": \"a\", \"points\": [[0,0],[1]]}]}", "two numbers");
    refuse("{\"lines\": [{\"name\": \"a\", \"points\": [0,0,1,1]}]}", "two numbers");
    refuse("{\"lines\": [{\"name\": \"a\", \"points\": [[0,0],[1,-1]]}]}", "negative");
    refuse("{\"lines\": [{\"name\": \"a\", \"points\": [[0,0],[1,1e300]]}]}", "two numbers");
    refuse("{\"zones\": [{\"name\": \"a\", \"points\": {}}]}", "must be a list");
    refuse("{\"zones\": [{\"name\": \"a\", \"classes\": \"car\"}]}", "list of texts");
    refuse("{\"zones\": [{\"name\": \"a\", \"classes\": [\"a,b\"]}]}", "without commas");
    refuse(
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,1]], \"classes\": [\"\\u0001\"]}]}",
        "not plain text");
    refuse("{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,1]]}],"
           " \"lines\": [{\"name\": \"a\", \"points\": [[0,0],[1,1]]}]}",
           "there twice");
    refuse("{\"ground\": []}", "needs four points");
    refuse("{\"ground\": {\"image\": [[0,0],[1,0],[1,1],[0,1]], \"metres\": [1,2,3,4]}}", "metres");
    refuse("{\"ground\": {\"image\": [[0,0],[1,0],[1,1]], \"metres\": [[0,0],[1,0],[1,1],[0,1]]}}",
           "3 of at least 4");
    char many[4096];
    int n = snprintf(many, sizeof many, "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0]");
    for (int i = 0; i < NN_POLYGON_POINTS; i++)
        n += snprintf(many + n, sizeof many - (size_t)n, ",[0,0]");
    snprintf(many + n, sizeof many - (size_t)n, "]}]}");
    refuse(many, "more than 64 points");
}

static void test_file(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_analytics_config c;
    nn_analytics_config_init(&c);
    const test_path path = test_temp("zones.json");
    assert_int_equal(nn_analytics_config_load(&c, path.text, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, path.text));
    test_write_text("zones.json", whole);
    assert_int_equal(nn_analytics_config_load(&c, path.text, &err), NN_OK);
    assert_int_equal(c.count, 3);
    test_write_text("zones.json", "{\"zones\": 1}");
    assert_int_equal(nn_analytics_config_load(&c, path.text, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, path.text));
    nn_analytics_config_release(&c);
}

static nn_status run_short_of_memory(void *ctx, nn_error *err)
{
    nn_analytics_config c;
    (void)ctx;
    nn_analytics_config_init(&c);
    nn_status status = nn_analytics_config_read(&c, whole, strlen(whole), err);
    nn_analytics_config_release(&c);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(alloc_fail_each(run_short_of_memory, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_file),
                                       cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
