// SPDX-License-Identifier: MIT
// neroscale scale: networks within a budget, the same result after it was killed, a winner that is
// an ordinary model.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include "nn/base/features.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"

#include <stdio.h>
#include <stdlib.h>

enum { PICTURES = 24, SIDE = 32 };

// Red or blue noise, in set/red and set/blue.
static int make_set(void **state)
{
    (void)state;
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    test_make_dir("set");
    test_make_dir("set/red");
    test_make_dir("set/blue");
    for (int i = 0; i < PICTURES; i++) {
        char name[64];
        nn_rng rng = nn_rng_stream(4, (uint64_t)i);
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(60 + nn_rng_below(&rng, 60) + (k % 3 == 2 * (i % 2) ? 110 : 0));
        snprintf(name, sizeof name, "set/%s/%02d.png", i % 2 ? "blue" : "red", i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
    return 0;
}

#define SEARCH                                                                                     \
    "scale --budget-mflops 2 --data set --size 32 --candidates 2 --rounds 2 --epochs 1 "           \
    "--threads 1 --train-options '--batch 6 --lr 0.01' "

static int scores_of(const cJSON *one, double *last)
{
    const cJSON *scores = cJSON_GetObjectItem(one, "scores");
    const int count = cJSON_GetArraySize(scores);
    *last = count > 0 ? cJSON_GetArrayItem(scores, count - 1)->valuedouble : -1;
    return count;
}

static void finds_within_the_budget(void **state)
{
    (void)state;
    assert_int_equal(command_line("", SEARCH "--out best.safetensors"), 0);
    command_said("* the best within the budget: top1");
    command_said("(asked for: 2 MFLOPs)");
    command_said("about ");
    // Killed in its first training.
    command_kill_at(SEARCH "--work part", "part/scale.json");
    assert_int_equal(command_line("", SEARCH "--work part"), 0);
    cJSON *whole = json_load("best.safetensors.work/scale.json"),
          *part = json_load("part/scale.json");
    const cJSON *a = cJSON_GetObjectItem(whole, "tried"), *b = cJSON_GetObjectItem(part, "tried");
    int winners = 0, again = 0;
    double best = -1, worth = -1;
    assert_int_equal(cJSON_GetArraySize(a), 2);
    for (int i = 0; i < 2; i++) {
        const cJSON *one = cJSON_GetArrayItem(a, i), *other = cJSON_GetArrayItem(b, i);
        double score, same;
        const int rounds = scores_of(one, &score);
        assert_true(json_number(one, "mflops") <= 2 && json_number(one, "mflops") >= 1.2);
        assert_true(json_number(one, "ms") > 0 && json_number(one, "pictures") == 4);
        assert_int_equal(scores_of(other, &same), rounds);
        assert_true(score == same);
        again += rounds == 2;
        if (cJSON_IsTrue(cJSON_GetObjectItem(one, "winner"))) {
            winners++;
            worth = score;
            assert_int_equal(rounds, 2);
        }
        if (rounds == 2 && score > best)
            best = score;
    }
    assert_true(winners == 1 && again == 1 && worth == best);
    const char *command = cJSON_GetStringValue(cJSON_GetObjectItem(whole, "command"));
    assert_non_null(strstr(command, "--network neroscale_alexpp --options alpha="));
    assert_non_null(strstr(command, "--size 32x32"));
    cJSON_Delete(whole);
    cJSON_Delete(part);
    assert_int_equal(command_line("", "info best.safetensors"), 0);
    command_said("labels      2: blue red");
    command_said("input       32x32");
    assert_int_equal(test_is_there("part/scale.png"), NN_HAS_pango);
}

static void scores_several_classes(void **state)
{
    (void)state;
    assert_int_equal(command_line("", SEARCH "--rounds 1 --candidates 1 --work several "
                                             "--train-options '--batch 6 --multi-label'"),
                     0);
    command_said("* the best within the budget: map");
}

static void refused(const char *arguments, const char *says)
{
    assert_int_equal(command_line("", arguments), 2);
    command_said_one_line(says);
}

// Behind what is told of the data.
static void refused_with_data(const char *arguments, const char *says)
{
    assert_int_equal(command_line("", arguments), 2);
    command_said(says);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    refused("scale", "--data DIR is missing");
    refused("scale --data set", "give one budget");
    refused("scale --data set --budget-ms 1 --budget-mflops 1", "give one budget");
    refused("scale --data set --budget-ms 1 --network alexnet", "one width only; scalable are");
    refused("scale --data set --budget-ms 1 --network resnet81", "no such network");
    refused(SEARCH "--out best.safetensors", "--force");
    refused("scale --data set --budget-ms 1 --work w --train-options '--lr 1e-3 --network=alexnet'",
            "--network is not for the trainings of scale");
    refused("scale --data set --budget-ms 1 --work w --train-options \"--lr '\"",
            "--train-options: ");
    refused_with_data("scale --data set --size 32 --budget-mflops 0.001 --work w",
                      "within 0.001 MFLOPs");
    refused_with_data("scale --data set --size 32 --budget-ms 0.00001 --work w", "within 1e-05 ms");
    refused_with_data(SEARCH "--work unscored --val-split 0", "no pictures are held back");
    command_did_not_say("loss "); // nothing was trained before
    refused_with_data(SEARCH "--work part --val-split 0.5", "its search was begun with");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_within_the_budget),
        cmocka_unit_test(scores_several_classes),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, make_set, NULL);
}
