// SPDX-License-Identifier: MIT
// --data: what a data set is, is recognised, printed in one line, and read once.
#include "tests/support/command.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <stdio.h>

// An export of Roboflow with counts[i] pictures in train, valid and test.
static void make_roboflow(const char *dir, const int counts[3])
{
    static const char *const splits[] = {"train", "valid", "test"};
    char name[512];
    test_make_dir(dir);
    snprintf(name, sizeof name, "%s/data.yaml", dir);
    test_write_text(name, "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\n"
                          "nc: 2\nnames: ['cat', 'dog']\n\nroboflow:\n  license: CC BY 4.0\n");
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", dir, splits[i]);
        test_make_dir(name);
        snprintf(name, sizeof name, "%s/%s/images", dir, splits[i]);
        test_make_dir(name);
        snprintf(name, sizeof name, "%s/%s/labels", dir, splits[i]);
        test_make_dir(name);
        for (int k = 0; k < counts[i]; k++) {
            snprintf(name, sizeof name, "%s/%s/images/p%d.png", dir, splits[i], k);
            make_picture(name, 64, 48);
            snprintf(name, sizeof name, "%s/%s/labels/p%d.txt", dir, splits[i], k);
            test_write_text(name, k % 2 ? "1 0.5 0.5 0.5 0.5\n" : "0 0.4 0.5 0.5 0.5\n");
        }
    }
}

static void test_recognised(void **state)
{
    (void)state;
    make_roboflow("pets", (const int[]){6, 3, 2});
    assert_int_equal(command_line("", "data pets --near -1"), 0);
    command_said("pets: Roboflow YOLO export: 3 splits (train 6, val 3, test 2), 2 classes, "
                 "11 pictures\n");
    assert_int_equal(command_count("Roboflow"), 1);
    command_said("6 pictures of 64x48 to 64x48, 3 held back");
    test_make_dir("kinds");
    test_make_dir("kinds/rose");
    test_make_dir("kinds/daisy");
    make_picture("kinds/rose/a.png", 32, 32);
    make_picture("kinds/daisy/a.png", 32, 32);
    assert_int_equal(command_line("", "data kinds --near -1"), 0);
    command_said("kinds: ");
    command_said(": 2 classes\n");
}

// Thirty frames of one camera, without splits.
static void make_frames(const char *dir)
{
    char name[512];
    snprintf(name, sizeof name, "%s", dir);
    test_make_dir(name);
    snprintf(name, sizeof name, "%s/classes.txt", dir);
    test_write_text(name, "cat\ndog\n");
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "%s/frame_%03d.png", dir, i);
        make_picture(name, 64, 64);
        snprintf(name, sizeof name, "%s/frame_%03d.txt", dir, i);
        test_write_text(name, i % 2 ? "1 0.5 0.5 0.5 0.5\n" : "0 0.4 0.5 0.5 0.5\n");
    }
}

#define BRIEF " --size 64 --epochs 1 --batch 8 --options alpha=0.125,beta=0.5,neck=16 "

static void test_held_back(void **state)
{
    (void)state;
    make_frames("yard");
    assert_int_equal(command_line("", "train --data yard --out yard.safetensors" BRIEF), 0);
    command_said("yard: YOLO beside the pictures: 2 classes, 30 pictures\n");
    command_said("yard: the last 6 of 30 pictures are held back to validate on, and 1 before them "
                 "left out");
    command_said("23 pictures to train on, 6 to validate");
    assert_int_equal(
        command_line("", "train --data yard --val-split 0 --out yard2.safetensors" BRIEF), 0);
    command_said("30 pictures to train on, 0 to validate");
    // --val-data: takes the validation split of other data.
    make_roboflow("more", (const int[]){6, 3, 2});
    assert_int_equal(
        command_line("", "train --data yard --val-data more --out yard3.safetensors" BRIEF), 0);
    command_said("30 pictures to train on, 3 to validate");
    assert_int_equal(command_line("", "train --data yard --val-data more/train --classes cat,dog "
                                      "--names cat,dog --out yard4.safetensors" BRIEF),
                     0);
    command_said("30 pictures to train on, 6 to validate");
    assert_int_equal(command_line("", "train --val-data more --out none.safetensors" BRIEF), 2);
    command_said_one_line("no data");
    assert_int_equal(
        command_line("", "train --data yard --val-data nowhere --out none.safetensors" BRIEF), 2);
    command_said("nowhere");
}

// Unknown classes: the error names the nearest spelling and the existing classes.
static void test_names(void **state)
{
    (void)state;
    make_roboflow("zoo", (const int[]){6, 3, 2});
    assert_int_equal(command_line("", "train --data zoo --classes Cat,dogg --out x.safetensors"),
                     2);
    command_said("--classes: no class 'Cat' in the data; did you mean 'cat'? there are: cat, dog");
    assert_int_equal(command_line("", "data zoo --classes cat,horse"), 2);
    command_said("--classes: no class 'horse' in the data; there are: cat, dog");
    assert_int_equal(command_line("", "augment zoo --classes dogs"), 2);
    command_said("did you mean 'dog'?");
    assert_int_equal(
        command_line("", "train --data zoo --classes cat --map dgo=cat --out x.safetensors"), 2);
    command_said("dgo=cat: no class 'dgo' in the data; did you mean 'dog'?");
    assert_int_equal(
        command_line("", "train --data zoo --classes cat --map dog=catt --out x.safetensors"), 2);
    command_said("dog=catt: no class 'catt' in the model; did you mean 'cat'?");
    test_write_text("zoo/train/labels/p0.txt", "3 0.5 0.5 0.5 0.5\n");
    assert_int_equal(command_line("", "train --data zoo --out x.safetensors"), 2);
    command_said("class number 3 has no name, only the first 2 have, cat, dog: give all with");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recognised),
        cmocka_unit_test(test_held_back),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
