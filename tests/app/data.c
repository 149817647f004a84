// SPDX-License-Identifier: MIT
// neroscale data: counts the content of a folder and finds planted errors.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"

#include <stdio.h>
#include <unistd.h>

enum { SIDE = 96, PICTURES = 18 };

static int size_of(const cJSON *json, const char *list)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, list));
}

static const char *text_of(const cJSON *item, const char *key)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(item, key);
    return cJSON_IsString(text) ? text->valuestring : "";
}

// Smooth blobs at any size; each seed gives another scene.
static void make_picture(const char *name, uint64_t seed, int side)
{
    nn_image image = {side, side, nn_alloc((size_t)3 * side * side)};
    for (int i = 0; i < side * side; i++) {
        const int x = i % side * 6 / side, y = i / side * 6 / side;
        for (int c = 0; c < 3; c++)
            image.rgb[3 * i + c] = (uint8_t)(nn_hash_mix(seed * 64 + (uint64_t)(y * 6 + x)) % 251);
    }
    assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    nn_image_release(&image);
}

static void test_what_is_odd(void **state)
{
    (void)state;
    test_make_dir("odd");
    test_make_dir("odd/images");
    test_make_dir("odd/labels");
    make_picture("odd/images/a.png", 1, 100);
    make_picture("odd/images/b.png", 1, 160); // a, in another size
    make_picture("odd/images/c.png", 2, 100);
    make_picture("odd/images/d.png", 3, 100);
    make_picture("odd/images/v.png", 2, 80); // c
    test_write_text("odd/images/broken.jpg", "no picture");
    test_write_text("odd/classes.txt", "cat\ndog\n");
    test_write_text("odd/labels/a.txt", "0 0.3 0.3 0.4 0.2\n0 0.3 0.3 0.4 0.2\n" // twice
                                        "1 0.3 0.31 0.4 0.2\n"   // a dog at the place of a cat
                                        "1 0.7 0.7 0.02 0.3\n"); // tiny
    test_write_text("odd/labels/b.txt", "1 0.95 0.5 0.3 0.9\n0 0.5 0.5 0 0\n");    // outside; flat
    test_write_text("odd/labels/c.txt", "0 0.5 0.5 0.5 0.5 0.2\n1 0.5 0.5 1 1\n"); // low score
    assert_int_equal(command_line("", "data odd --ignore-below 0.5 --val-match 'v*' --out report "
                                      "--json odd.json"),
                     0);
    command_said("4 pictures of 100x100 to 160x160, 1 held back; 1 without objects, 1 skipped");
    command_said("cat and dog at 10,21 40x20");
    command_said("1 of them with one held back");
    command_said("broken.jpg");
    cJSON *json = json_load("odd.json");
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(json, "classes");
    const cJSON *cat = cJSON_GetObjectItemCaseSensitive(classes, "cat");
    const cJSON *dog = cJSON_GetObjectItemCaseSensitive(classes, "dog");
    assert_true(json_number(cat, "boxes") == 2 && json_number(cat, "pictures") == 1);
    assert_true(json_number(cat, "ignored") == 1 && json_number(cat, "small") == 2);
    assert_true(json_number(dog, "boxes") == 4 && json_number(dog, "pictures") == 3);
    assert_true(json_number(dog, "large") == 1);
    assert_int_equal(size_of(json, "double"), 1);
    assert_int_equal(size_of(json, "conflict"), 2); // with each of the two boxes
    assert_int_equal(size_of(json, "tiny"), 1);
    assert_int_equal(size_of(json, "outside"), 1);
    assert_true(json_number(json, "duplicate_pairs") == 2 &&
                json_number(json, "duplicate_pairs_across") == 1);
    const cJSON *duplicates = cJSON_GetObjectItemCaseSensitive(json, "duplicates"), *pair;
    cJSON_ArrayForEach(pair, duplicates)
    {
        const bool held_back = strstr(text_of(pair, "second"), "v.png");
        assert_non_null(strstr(text_of(pair, "first"), held_back ? "c.png" : "a.png"));
        assert_true(held_back || strstr(text_of(pair, "second"), "b.png"));
    }
    assert_int_equal(size_of(json, "notes"), 2);
    cJSON_Delete(json);
    nn_image figure;
    assert_int_equal(nn_image_load(&figure, test_temp("report/examples.png").text, NULL), NN_OK);
    nn_image_release(&figure);
    assert_int_equal(nn_image_load(&figure, test_temp("report/boxes.png").text, NULL), NN_OK);
    nn_image_release(&figure);
    assert_int_not_equal(access(test_temp("report/label-issues.png").text, F_OK), 0); // no model
    assert_int_equal(command_line("", "data odd --near -1"), 0);
    command_did_not_say("look alike");
}

// A folder for each class has no boxes, but counts and duplicates.
static void test_classes(void **state)
{
    (void)state;
    test_make_dir("kinds");
    test_make_dir("kinds/rose");
    test_make_dir("kinds/daisy");
    make_picture("kinds/rose/1.png", 5, 60);
    make_picture("kinds/rose/2.png", 6, 60);
    make_picture("kinds/daisy/1.png", 5, 60);
    assert_int_equal(command_line("", "data kinds --json kinds.json --out kinds-report"), 0);
    command_said("1 pairs of pictures look alike");
    cJSON *json = json_load("kinds.json");
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(json, "classes");
    assert_true(json_number(cJSON_GetObjectItemCaseSensitive(classes, "rose"), "pictures") == 2);
    assert_true(json_number(json, "without_objects") == 0);
    cJSON_Delete(json);
}

// Pictures with a red and a green box; `wrong` plants mistakes in three label files.
static void make_coloured(const char *dir, bool wrong)
{
    static const uint8_t colour[2][3] = {{210, 40, 40}, {40, 210, 40}};
    nn_rng rng = nn_rng_seed(8);
    char name[64];
    const char *const folders[] = {"", "/images", "/labels"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", dir, folders[i]);
        test_make_dir(name);
    }
    nn_image image = {SIDE, SIDE, nn_alloc(3 * SIDE * SIDE)};
    for (int n = 0; n < PICTURES; n++) {
        char labels[256] = "";
        for (int i = 0; i < 3 * SIDE * SIDE; i++)
            image.rgb[i] = (uint8_t)(90 + nn_rng_below(&rng, 40));
        for (int k = 0; k < 2; k++) {
            const int x = (int)nn_rng_below(&rng, SIDE - 24),
                      y = 32 * k + (int)nn_rng_below(&rng, 12);
            for (int i = 0; i < 24 * 20; i++)
                memcpy(image.rgb + 3 * ((y + i / 24) * SIDE + x + i % 24), colour[k], 3);
            const int number = wrong && n == 1 ? 1 - k : k; // picture 1: classes are swapped
            const size_t used = strlen(labels);
            if (!(wrong && n == 0 && k == 0)) // picture 0: the red box is missing
                snprintf(labels + used, sizeof labels - used, "%d %.5f %.5f %.5f %.5f\n", number,
                         (x + 12.0) / SIDE, (y + 10.0) / SIDE, 24.0 / SIDE, 20.0 / SIDE);
        }
        const size_t used = strlen(labels);
        if (wrong && n == 2) // picture 2: a box on nothing
            snprintf(labels + used, sizeof labels - used, "0 0.5 0.85 0.3 0.25\n");
        snprintf(name, sizeof name, "%s/images/%02d.png", dir, n);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "%s/labels/%02d.txt", dir, n);
        test_write(test_temp(name).text, labels, strlen(labels));
    }
    nn_image_release(&image);
}

static void test_label_issues(void **state)
{
    (void)state;
    make_coloured("right", false);
    make_coloured("wrong", true);
    assert_int_equal(command_line("",
                                  "train --data right --names red,green --classes "
                                  "red,green --options alpha=0.125,beta=0,neck=16 --size 96x96 "
                                  "--warmup 5 --lr 0.004 --ema 0.97 --epoch-size 64 --epochs 14 "
                                  "--out model.safetensors --work work"),
                     0);
    assert_int_equal(command_line("", "data wrong --names red,green --classes red,green "
                                      "--model ./model.safetensors --json issues.json --out "
                                      "issues"),
                     0);
    command_said("looks like");
    cJSON *json = json_load("issues.json");
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "label_issues"), *item;
    int missing = 0, nothing = 0, other = 0;
    double last = 1;
    cJSON_ArrayForEach(item, list)
    {
        const char *kind = text_of(item, "kind"), *picture = text_of(item, "picture");
        assert_true(json_number(item, "score") <= last);
        last = json_number(item, "score");
        missing += strcmp(kind, "missing") == 0 && strstr(picture, "00.png") &&
                   strcmp(text_of(item, "seen"), "red") == 0;
        other += strcmp(kind, "wrong class") == 0 && strstr(picture, "01.png");
        nothing += strcmp(kind, "spurious") == 0 && strstr(picture, "02.png") &&
                   strcmp(text_of(item, "label"), "red") == 0;
    }
    assert_true(missing == 1 && other == 2 && nothing >= 1);
    assert_true(size_of(json, "label_issues") <
                2 * PICTURES / 2); // the model agrees with most labels
    cJSON_Delete(json);
    assert_int_equal(access(test_temp("issues/label-issues.png").text, F_OK), 0);
    assert_int_equal(command_line("", "data odd --model ./model.safetensors"), 2);
    command_said("has none of the classes of the data");
    assert_int_equal(command_line("", "data kinds --model ./model.safetensors"), 2);
    command_said("only labels of boxes");
}

static void test_usage(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *text;
    } bad[] = {
        {"data", "no data"},
        {"data nowhere", "nowhere"},
        {"data odd --near 99", "--near"},
        {"data odd --json /dev/null/x.json", "/dev/null/x.json"},
        {"data odd --model nosuch", "nosuch"},
        {"data odd --bogus", "--bogus"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(command_line("", bad[i].arguments), 2);
        command_said(bad[i].text);
    }
    assert_int_equal(command_line("", "data --help"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_odd),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_label_issues),
        cmocka_unit_test(test_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
