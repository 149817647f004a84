// SPDX-License-Identifier: MIT
// The models "person" and "street" against boxes drawn by eye on frames that took no part in their
// training; street has seen no frame of that camera.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILM "usr/share/doc/opencv-doc/examples/data/vtest.avi"

enum { SKIPPED = 77, LABELLED = 17, PEOPLE = 131 };

static char film[1024];

static bool find_film(void)
{
    const char *films = getenv("NEROSCALE_FILMS"); // where app/setup unpacks it
    snprintf(film, sizeof film, "/" FILM);
    if (access(film, R_OK) == 0)
        return true;
    snprintf(film, sizeof film, "%s/" FILM, films ? films : "build/film");
    return access(film, R_OK) == 0;
}

static void finds_people_in_frames_it_never_saw(void **state)
{
    (void)state;
    assert_int_equal(command_run("eval", "person", "--video", film, "--labels",
                                 test_data("person/vtest-601-793.txt").text, "--frames", "601-795",
                                 "--stride", "12", "--json", test_temp("scores.json").text, NULL),
                     0);
    cJSON *scores = json_load("scores.json");
    assert_int_equal(json_number(scores, "pictures"), LABELLED);
    assert_int_equal(json_number(scores, "objects"), PEOPLE);
    assert_true(json_number(scores, "ap50") >= 0.85);
    assert_true(json_number(scores, "precision") >= 0.85);
    assert_true(json_number(scores, "recall") >= 0.75);
    cJSON_Delete(scores);
}

static void finds_people_of_a_camera_it_never_saw(void **state)
{
    (void)state;
    assert_int_equal(command_run("eval", "street", "--video", film, "--labels",
                                 test_data("person/vtest-601-793.txt").text, "--frames", "601-795",
                                 "--stride", "12", "--json", test_temp("street.json").text, NULL),
                     0);
    cJSON *scores = json_load("street.json");
    assert_int_equal(json_number(scores, "objects"), PEOPLE);
    const cJSON *person = cJSON_GetArrayItem(cJSON_GetObjectItem(scores, "classes"), 0);
    assert_true(json_number(person, "ap50") >= 0.84);
    assert_true(json_number(person, "precision") >= 0.9);
    assert_true(json_number(person, "recall") >= 0.75);
    cJSON_Delete(scores);
}

// Test pictures and noise hold nobody.
static void finds_nothing_in_test_pictures(void **state)
{
    (void)state;
    assert_int_equal(command_run("run", "test", "--no-window", "-n", "60", "--json",
                                 test_temp("test.jsonl").text, NULL),
                     0);
    size_t size;
    char *lines = (char *)test_read(test_temp("test.jsonl").text, &size);
    assert_true(size > 60);
    assert_null(memmem(lines, size, "\"detection\"", 11));
    free(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_people_in_frames_it_never_saw),
        cmocka_unit_test(finds_people_of_a_camera_it_never_saw),
        cmocka_unit_test(finds_nothing_in_test_pictures),
    };
    if (!find_film()) {
        fprintf(stderr, "skipped: /" FILM " is missing (Debian: opencv-doc)\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
