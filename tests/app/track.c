// SPDX-License-Identifier: MIT
// Identities: neroscale eval --track on sequences of the MOT challenge, and run on a video.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/film.h"
#include "tests/support/json.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char film[1024];

// Two sequences of black pictures, where nothing is found.
static void make_sequences(void)
{
    test_make_dir("mot");
    for (int s = 0; s < 2; s++) {
        char name[64];
        snprintf(name, sizeof name, "mot/S-%d", s);
        test_make_dir(name);
        snprintf(name, sizeof name, "mot/S-%d/img1", s);
        test_make_dir(name);
        snprintf(name, sizeof name, "mot/S-%d/gt", s);
        test_make_dir(name);
        for (int f = 1; f <= 3; f++) {
            snprintf(name, sizeof name, "mot/S-%d/img1/%06d.png", s, f);
            make_picture(name, 160, 120);
        }
        snprintf(name, sizeof name, "mot/S-%d/seqinfo.ini", s);
        test_write_text(name, "[Sequence]\nname=S\nimDir=img1\nframeRate=10\nseqLength=3\n"
                              "imWidth=160\nimHeight=120\nimExt=.png\n");
        snprintf(name, sizeof name, "mot/S-%d/gt/gt.txt", s);
        test_write_text(name,
                        "1,4,20,20,20,50,1,1,1\n2,4,22,20,20,50,1,1,1\n3,4,24,20,20,50,1,1,1\n"
                        "1,5,90,20,20,50,0,8,1\n2,6,60,20,20,50,1,3,1\n");
    }
}

static void test_sequences(void **state)
{
    (void)state;
    make_sequences();
    assert_int_equal(command_run("eval", "person", "--track", "--data", test_temp("mot").text,
                                 "--json", test_temp("scores.json").text, NULL),
                     0);
    command_said("6 labelled frames of 2 sequences");
    command_said("MOTA");
    cJSON *scores = json_load("scores.json");
    assert_int_equal(json_number(scores, "frames"), 6);
    assert_int_equal(json_number(scores, "truths"), 6); // without the ignored one and the car
    assert_int_equal(json_number(scores, "missed"), 6);
    assert_int_equal(json_number(scores, "objects"), 2); // person 4 of S-1 is not person 4 of S-0
    assert_int_equal(json_number(scores, "mostly_lost"), 2);
    assert_int_equal(json_number(scores, "mota"), 0);
    cJSON_Delete(scores);
    assert_int_equal(command_run("eval", "person", "--track", "--tracker", "ocsort", "--data",
                                 test_temp("mot/S-1").text, NULL),
                     0);
    command_said("3 labelled frames of 1 sequence\n");
}

static void test_refused(void **state)
{
    (void)state;
    test_make_dir("nothing");
    assert_int_equal(
        command_run("eval", "person", "--track", "--data", test_temp("nothing").text, NULL), 2);
    command_said_one_line("no sequence with seqinfo.ini");
    test_write_text("mot/S-1/gt/gt.txt", "1,-1,20,20,20,50,1\n");
    assert_int_equal(
        command_run("eval", "person", "--track", "--data", test_temp("mot/S-1").text, NULL), 2);
    command_said("no line has an identity");
    assert_int_equal(command_run("eval", "person", "--track", "--data", test_temp("mot").text,
                                 "--report", test_temp("report").text, NULL),
                     2);
    command_said_one_line("--track cannot be combined with --report");
    assert_int_equal(command_run("eval", "person", "--track", "--tracker", "sort", "--data",
                                 test_temp("mot").text, NULL),
                     2);
    command_said_one_line("no tracker 'sort'; there are zero-term, ");
    assert_int_equal(command_run("run", "test", "--no-window", "--tracker", "sort", NULL), 2);
    command_said_one_line("no tracker 'sort'; there are zero-term, ");
    assert_int_equal(
        command_run("run", "test", "--no-window", "--no-track", "--tracker", "ocsort", NULL), 2);
    command_said_one_line("--tracker cannot be combined with --no-track");
}

// Objects of a video have lasting numbers; --no-track gives none.
static void test_run(void **state)
{
    (void)state;
    if (!find_film(film, sizeof film))
        skip();
    const test_path json = test_temp("found.jsonl");
    assert_int_equal(command_run("run", film, "--model", "person", "--no-window", "-n", "12",
                                 "--json", json.text, NULL),
                     0);
    char *lines = test_read_text("found.jsonl"), *last = strstr(lines, "\"frame\":12,");
    assert_non_null(last);
    for (int id = 1; id <= 3; id++) { // three people are there from the first frame
        char word[32];
        snprintf(word, sizeof word, "\"id\":%d,", id);
        assert_non_null(strstr(last, word));
    }
    free(lines);
    assert_int_equal(command_run("run", film, "--model", "person", "--no-window", "--no-track",
                                 "-n", "3", "--json", json.text, NULL),
                     0);
    lines = test_read_text("found.jsonl");
    assert_non_null(strstr(lines, "\"confidence\""));
    assert_null(strstr(lines, "\"id\":"));
    free(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sequences),
                                       cmocka_unit_test(test_refused), cmocka_unit_test(test_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
