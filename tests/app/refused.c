// SPDX-License-Identifier: MIT
// Commands that are refused early: no folder is left, and the error comes before data are read.
#include "nn/io/image/image.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>

enum { SIDE = 32 };

static int make(void **state)
{
    (void)state;
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    char name[64];
    test_make_dir("empty");
    test_make_dir("kept");
    test_make_dir("set");
    for (int i = 0; i < 8; i++) {
        if (i < 2) {
            snprintf(name, sizeof name, "set/%c", 'a' + i);
            test_make_dir(name);
        }
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(i * 30);
        snprintf(name, sizeof name, "set/%c/%d.png", 'a' + i % 2, i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
    return 0;
}

// Each would write into made/deep, which does not exist.
static void test_no_folder(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "train --task classify --data empty --out x.safetensors --work made/deep",
        "train --data empty --out x.safetensors --work made/deep",
        "train --task classify --data set --classes a,nothing --network nosuch --out x.safetensors "
        "--work made/deep",
        "label empty --teacher nosuch --out made/deep",
        "adapt empty.avi --teacher nosuch --work made/deep --out x.safetensors",
        "data empty --out made/deep",
        "eval nosuch --data set --report made/deep",
        "annotate empty --out made/deep --format yolo --classes a --script nosuch",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        print_message("%s\n", lines[i]);
        assert_int_equal(command_line("", lines[i]), 2);
        assert_false(test_is_there("made"));
        assert_false(test_is_there("x.safetensors"));
    }
}

// Folders of the user stay, empty or not, and so do earlier outputs.
static void test_others_stay(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "train --task classify --data empty --out x.safetensors "
                                      "--work kept"),
                     2);
    assert_true(test_is_there("kept"));
    assert_int_equal(command_line("", "train --task classify --data empty --out x.safetensors "
                                      "--work kept/deep/run"),
                     2);
    assert_true(test_is_there("kept"));
    assert_false(test_is_there("kept/deep"));
    test_make_dir("full");
    test_write_text("full/note.txt", "mine");
    assert_int_equal(
        command_line("", "train --task classify --data empty --out x.safetensors --work full"), 2);
    assert_true(test_is_there("full/note.txt"));
}

// Patterns are checked against the network before pictures are read.
static void test_patterns_first(void **state)
{
    (void)state;
    static const char *const options[] = {"--freeze 'nosuch*'", "--lr-scale 'nosuch*=0.1'",
                                          "--lr-scale 'block*'"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char line[300];
        snprintf(
            line, sizeof line,
            "train --task classify --data set --size 32 --options alpha=0.125,beta=0 --epochs 1 "
            "--out x.safetensors --work made/deep %s",
            options[i]);
        assert_int_equal(command_line("", line), 2);
        command_said(i < 2 ? "no parameter has such a name" : "not GLOB=X");
        command_did_not_say("pictures to train on");
        assert_false(test_is_there("made"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_others_stay),
        cmocka_unit_test(test_patterns_first),
    };
    return cmocka_run_group_tests(tests, make, NULL);
}
