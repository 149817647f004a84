// SPDX-License-Identifier: MIT
// neroscale run with zones and lines: what it prints and refuses; with the argument "slow" the
// count at a line of a surveillance video against a count by eye.
#include "tests/support/command.h"
#include "tests/support/crossings.h"
#include "tests/support/files.h"
#include "tests/support/film.h"
#include "tests/support/test.h"

#include <cjson/cJSON.h>
#include <stdio.h>

enum { SKIPPED = 77 };

static char film[1024];

static void prints_totals(void **state)
{
    (void)state;
    test_write_text("areas.json",
                    "{\"zones\": [{\"name\": \"yard\", \"points\": [[0, 0], [1, 1]]}]}");
    assert_int_equal(command_run("run", "test", "-n", "3", "--no-window", "--line",
                                 "gate:0,0.5,1,0.5", "--line", "way:10,10,20,20", "--zone",
                                 "porch:0,0,0.5,0.5:max-objects=3", "--analytics",
                                 test_temp("areas.json").text, NULL),
                     0);
    command_said("\ngate: 0 in, 0 out\n");
    command_said("\nway: 0 in, 0 out\n");
    command_said("porch: 0 in, 0 out, 0 there\n");
    command_said("yard: 0 in, 0 out, 0 there\n");
    assert_int_equal(command_run("run", "test", "test", "-n", "3", "--no-window", "--line",
                                 "gate:0,0.5,1,0.5", NULL),
                     0);
    assert_int_equal(command_count("test  gate: 0 in, 0 out"), 2);
}

static void refuse(const char *option, const char *value, const char *says)
{
    assert_int_equal(command_run("run", "test", "-n", "1", "--no-window", option, value, NULL), 2);
    command_said_one_line(says);
}

static void refuses_in_one_line(void **state)
{
    (void)state;
    refuse("--zone", "yard", "--zone: \"yard\" is not NAME:x,y,x,y,...");
    refuse("--zone", "yard:0,0,1", "--zone: zone \"yard\"");
    refuse("--line", "gate:0,0,1,1:inerta=3", "did you mean \"inertia\"?");
    refuse("--line", "a:0,0,1,1;a:0,0,1,1", "there twice");
    refuse("--analytics", test_temp("nothing.json").text, "nothing.json");
    test_write_text("wrong.json", "{\"zones\": [{\"name\": \"yard\"}]}");
    refuse("--analytics", test_temp("wrong.json").text, "\"points\" is missing");
}

static void tells_unknown_classes(void **state)
{
    (void)state;
    assert_int_equal(command_run("run", "test", "-n", "3", "--no-window", "--record-events",
                                 test_temp("clips").text, "--record-on", "person,persn", NULL),
                     0);
    assert_int_equal(command_count("no model here finds 'persn'"), 1);
    assert_int_equal(command_count("'person'"), 0);
    assert_int_equal(command_run("run", "test", "-n", "3", "--no-window", "--zone",
                                 "yard:0,0,1,1:classes=person, persn", NULL),
                     0);
    assert_int_equal(command_count("counts the class 'persn', which no model here finds"), 1);
}

static void explains(void **state)
{
    (void)state;
    assert_int_equal(command_run("help", "zones", NULL), 0);
    command_said("--line NAME:x0,y0,x1,y1");
    command_said("loitering-time"); // the settings of the rules
    assert_int_equal(command_run("run", "--help", NULL), 0);
    command_said("--zone=NAME:x,y,x,y,...");
}

// The events in lines of JSON.
static int read_events(const char *name, crossing *found)
{
    int n = 0;
    char *text = test_read_text(name);
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        cJSON *json = cJSON_Parse(line), *event;
        assert_non_null(json);
        cJSON_ArrayForEach(event, cJSON_GetObjectItem(json, "events"))
        {
            const char *way = cJSON_GetStringValue(cJSON_GetObjectItem(event, "direction"));
            assert_non_null(way);
            assert_true(n < MOST_CROSSINGS);
            found[n++] = (crossing){cJSON_GetObjectItem(json, "frame")->valueint,
                                    strcmp(way, "in") == 0 ? 1 : -1};
        }
        cJSON_Delete(json);
    }
    free(text);
    return n;
}

static void agrees_with_a_count_by_eye(void **state)
{
    (void)state;
    crossing seen[MOST_CROSSINGS], found[MOST_CROSSINGS];
    const int by_eye = crossings_by_eye(seen);
    assert_int_equal(command_run("run", film, "--no-window", "--line", CROSSINGS_LINE, "--json",
                                 test_temp("found.jsonl").text, NULL),
                     0);
    command_said("\npath: 12 in, 15 out\n");
    const int n = read_events("found.jsonl", found);
    assert_int_equal(n, by_eye);
    assert_int_equal(crossings_match(seen, by_eye, found, n, 6), by_eye);
    assert_int_equal(command_count("  cross "), by_eye);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest slow[] = {cmocka_unit_test(agrees_with_a_count_by_eye)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_totals), cmocka_unit_test(refuses_in_one_line),
        cmocka_unit_test(tells_unknown_classes), cmocka_unit_test(explains)};
    if (argc < 2 || strcmp(argv[1], "slow") != 0)
        return cmocka_run_group_tests(tests, NULL, NULL);
    if (!find_film(film, sizeof film)) {
        fprintf(stderr, "skipped: /" FILM " is missing (Debian: opencv-doc)\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(slow, NULL, NULL);
}
