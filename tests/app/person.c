// SPDX-License-Identifier: MIT
// The model "person" against boxes drawn by eye on frames that took no part in its training.
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <sys/wait.h>
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

static double number(const cJSON *scores, const char *key)
{
    const cJSON *item = cJSON_GetObjectItem(scores, key);
    if (!cJSON_IsNumber(item))
        fail_msg("no number '%s' in the scores", key);
    return item->valuedouble;
}

static void finds_people_in_frames_it_never_saw(void **state)
{
    (void)state;
    char command[8192];
    test_path json = test_temp("scores.json");
    size_t size;
    snprintf(command, sizeof command,
             "'%s' eval person --video '%s' --labels '%s' --frames 601-795 --stride 12 --json '%s'",
             getenv("NEROSCALE"), film, test_data("person/vtest-601-793.txt").text, json.text);
    int status = system(command);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    char *text = (char *)test_read(json.text, &size);
    cJSON *scores = cJSON_ParseWithLength(text, size);
    assert_non_null(scores);
    assert_int_equal(number(scores, "pictures"), LABELLED);
    assert_int_equal(number(scores, "objects"), PEOPLE);
    assert_true(number(scores, "ap50") >= 0.85);
    assert_true(number(scores, "precision") >= 0.85);
    assert_true(number(scores, "recall") >= 0.75);
    cJSON_Delete(scores);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_people_in_frames_it_never_saw),
    };
    if (!find_film()) {
        fprintf(stderr, "skipped: /" FILM " is missing (Debian: opencv-doc)\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
