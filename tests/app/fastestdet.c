// SPDX-License-Identifier: MIT
// FastestDet on COCO, from its ONNX file: people in a picture, and in a video with boxes drawn by
// hand.
#include "nn/vision/result.h"
#include "tests/support/files.h"
#include "tests/support/film.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77, LABELLED = 17, PEOPLE = 4 };

static char model[1024], picture[1024];

// Runs neroscale with `words` and FILE, which it writes JSON to; returns the first line
// (cJSON_Delete).
static cJSON *run(const char *words, const char *file)
{
    char command[8192];
    test_path json = test_temp(file);
    snprintf(command, sizeof command, "'%s' %s --json '%s'", getenv("NEROSCALE"), words, json.text);
    const int status = system(command);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return json_load(file);
}

// Whether a person was found at `box`.
static bool has_person(const cJSON *objects, const nn_box *box)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, objects)
    {
        const cJSON *detection = cJSON_GetObjectItem(o, "detection");
        const float x = (float)json_number(o, "x"), y = (float)json_number(o, "y");
        const float w = (float)json_number(o, "w"), h = (float)json_number(o, "h");
        const nn_box found = {.x0 = x, .y0 = y, .x1 = x + w, .y1 = y + h};
        const char *label = cJSON_GetStringValue(cJSON_GetObjectItem(detection, "label"));
        if (label && !strcmp(label, "person") && nn_box_iou(&found, box) > 0.6f)
            return true;
    }
    return false;
}

static void finds_the_people_in_a_picture(void **state)
{
    (void)state;
    static const nn_box people[PEOPLE] = {{.x0 = 38, .y0 = 66, .x1 = 165, .y1 = 298},
                                          {.x0 = 162, .y0 = 136, .x1 = 246, .y1 = 264},
                                          {.x0 = 238, .y0 = 135, .x1 = 318, .y1 = 283},
                                          {.x0 = 288, .y0 = 143, .x1 = 500, .y1 = 297}};
    char words[4096];
    snprintf(words, sizeof words, "run '%s' -m '%s' --no-window", picture, model);
    cJSON *line = run(words, "picture.jsonl");
    const cJSON *objects = cJSON_GetObjectItem(line, "objects");
    assert_int_equal(cJSON_GetArraySize(objects), PEOPLE);
    for (int i = 0; i < PEOPLE; i++)
        if (!has_person(objects, &people[i]))
            fail_msg("person %d is missing", i);
    cJSON_Delete(line);
}

static void finds_the_people_in_a_video(void **state)
{
    (void)state;
    char film[1024], words[8192];
    if (!find_film(film, sizeof film)) {
        fprintf(stderr, "skipped: /" FILM " is missing (Debian: opencv-doc)\n");
        skip();
    }
    snprintf(words, sizeof words,
             "eval '%s' --video '%s' --labels '%s' --frames 601-795 --stride 12", model, film,
             test_data("person/vtest-601-793.txt").text);
    cJSON *scores = run(words, "scores.json");
    assert_int_equal((int)json_number(scores, "pictures"), LABELLED);
    assert_true(json_number(scores, "ap50") >= 0.7f);
    assert_true(json_number(scores, "precision") >= 0.6f);
    assert_true(json_number(scores, "recall") >= 0.65f);
    cJSON_Delete(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_people_in_a_picture),
        cmocka_unit_test(finds_the_people_in_a_video),
    };
    const char *folder = getenv("NEROSCALE_TEACHER");
    snprintf(model, sizeof model, "%s/FastestDet.onnx", folder ? folder : ".");
    snprintf(picture, sizeof picture, "%s/3.jpg", folder ? folder : ".");
    if (access(model, R_OK) != 0 || access(picture, R_OK) != 0) {
        fprintf(stderr, "skipped: FastestDet.onnx and 3.jpg are not in $NEROSCALE_TEACHER (%s)\n",
                folder ? folder : "not set");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
