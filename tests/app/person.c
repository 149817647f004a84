// SPDX-License-Identifier: MIT
// The models "person", "street" and "street-nano" against boxes drawn by hand, on frames that they
// were not trained on. The last two were trained on no frame of that camera.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/film.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKIPPED = 77, LABELLED = 17, PEOPLE = 131 };

static char film[1024];

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

// Identities on those frames; ByteTrack as published has MOTA 0.67 and IDF1 0.71 there.
static void keeps_people_apart(void **state)
{
    (void)state;
    assert_int_equal(command_run("eval", "person", "--track", "--video", film, "--labels",
                                 test_data("person/vtest-601-793.txt").text, "--json",
                                 test_temp("tracks.json").text, NULL),
                     0);
    cJSON *scores = json_load("tracks.json");
    assert_int_equal(json_number(scores, "frames"), LABELLED);
    assert_int_equal(json_number(scores, "truths"), PEOPLE);
    assert_true(json_number(scores, "mota") >= 0.74);
    assert_true(json_number(scores, "idf1") >= 0.82);
    cJSON_Delete(scores);
}

static void check_stranger(const char *model, double ap50, double precision, double recall)
{
    assert_int_equal(command_run("eval", model, "--video", film, "--labels",
                                 test_data("person/vtest-601-793.txt").text, "--frames", "601-795",
                                 "--stride", "12", "--json", test_temp("street.json").text, NULL),
                     0);
    cJSON *scores = json_load("street.json");
    assert_int_equal(json_number(scores, "objects"), PEOPLE);
    const cJSON *person = cJSON_GetArrayItem(cJSON_GetObjectItem(scores, "classes"), 0);
    assert_true(json_number(person, "ap50") >= ap50);
    assert_true(json_number(person, "precision") >= precision);
    assert_true(json_number(person, "recall") >= recall);
    cJSON_Delete(scores);
}

static void finds_people_of_a_camera_it_never_saw(void **state)
{
    (void)state;
    check_stranger("street", 0.84, 0.9, 0.75);
    check_stranger("street-nano", 0.77, 0.9, 0.58);
}

// Test pictures and noise contain no people.
static void check_test_pictures(const char *model)
{
    assert_int_equal(command_run("run", "test", "--model", model, "--no-window", "-n", "60",
                                 "--json", test_temp("test.jsonl").text, NULL),
                     0);
    size_t size;
    char *lines = (char *)test_read(test_temp("test.jsonl").text, &size);
    assert_true(size > 60);
    assert_null(memmem(lines, size, "\"detection\"", 11));
    free(lines);
}

static void finds_nothing_in_test_pictures(void **state)
{
    (void)state;
    check_test_pictures("street");
    check_test_pictures("street-nano");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_people_apart),
        cmocka_unit_test(finds_people_in_frames_it_never_saw),
        cmocka_unit_test(finds_people_of_a_camera_it_never_saw),
        cmocka_unit_test(finds_nothing_in_test_pictures),
    };
    if (!find_film(film, sizeof film)) {
        fprintf(stderr, "skipped: /" FILM " is missing (Debian: opencv-doc)\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
