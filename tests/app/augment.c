// SPDX-License-Identifier: MIT
// neroscale augment: the sheet shows the right pictures at the right positions, and is
// reproducible.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/io/image/image.h"

#include <stdio.h>

// Pixels are enlarged three times; the layout is that of report_sheet.c.
enum { SIDE = 64, PICTURES = 3, CELL = 3 * SIDE, EDGE = 24, GAP = 16, TOP = 84 };

// Red and blue pictures in folders with these names, and the same with a box in YOLO's layout.
static void make_data(void)
{
    static const char *const classes[] = {"red", "blue"};
    test_make_dir("classes");
    test_make_dir("boxes");
    test_make_dir("boxes/images");
    test_make_dir("boxes/labels");
    nn_image image = {SIDE, SIDE, nn_calloc(3, SIDE * SIDE)};
    for (int k = 0; k < 2; k++) {
        char name[64];
        snprintf(name, sizeof name, "classes/%s", classes[k]);
        test_make_dir(name);
        for (int i = 0; i < SIDE * SIDE; i++) {
            image.rgb[3 * i] = k ? 20 : 220;
            image.rgb[3 * i + 2] = k ? 220 : 20;
        }
        for (int i = 0; i < PICTURES; i++) {
            snprintf(name, sizeof name, "classes/%s/%d.png", classes[k], i);
            assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
            snprintf(name, sizeof name, "boxes/images/%d%d.png", k, i);
            assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
            snprintf(name, sizeof name, "boxes/labels/%d%d.txt", k, i);
            test_write(test_temp(name).text, "0 0.5 0.5 0.5 0.5\n", 18);
        }
    }
    nn_image_release(&image);
}

static const uint8_t *pixel(const nn_image *sheet, int row_y, int column, int x, int y)
{
    const int left = EDGE + column * (CELL + GAP);
    return sheet->rgb + 3 * ((size_t)(TOP + row_y + y) * sheet->width + left + x);
}

static void test_classes(void **state)
{
    (void)state;
    const test_path data = test_temp("classes"), a = test_temp("a.png"), b = test_temp("b.png");
    nn_image sheet, again;
    assert_int_equal(command_run("augment", data.text, "--out", a.text, "--rows", "3", "--columns",
                                 "4", "--colour", "0", "--hue", "0", "--mixup", "0.4", NULL),
                     0);
    command_said("3 of 6 pictures, views of 64x64");
    assert_int_equal(nn_image_load(&sheet, a.text, NULL), NN_OK);
    assert_int_equal(sheet.width, 2 * EDGE + 4 * (CELL + GAP) - GAP);
    const int row = (sheet.height - TOP - EDGE + GAP) / 3;
    for (int i = 0; i < 3; i++) {
        const uint8_t *plain = pixel(&sheet, i * row, 0, CELL / 2, CELL / 2);
        assert_true(plain[0] + plain[2] == 240 && abs(plain[0] - plain[2]) == 200);
        for (int k = 1; k < 4; k++) { // a blend of red and blue
            const uint8_t *view = pixel(&sheet, i * row, k, CELL / 2, CELL / 2);
            assert_true(abs(view[0] + view[2] - 240) <= 1 && view[1] == 0);
        }
    }
    assert_int_equal(command_run("augment", "--data", data.text, "-o", b.text, "--rows", "3",
                                 "--columns", "4", "--colour", "0", "--hue", "0", "--mixup", "0.4",
                                 NULL),
                     0);
    assert_int_equal(nn_image_load(&again, b.text, NULL), NN_OK);
    assert_int_equal(again.height, sheet.height);
    assert_memory_equal(sheet.rgb, again.rgb, (size_t)3 * sheet.width * sheet.height);
    nn_image_release(&again);
    assert_int_equal(command_run("augment", data.text, "-o", b.text, "--rows", "3", "--columns",
                                 "4", "--seed", "2", "--colour", "0", "--hue", "0", "--mixup",
                                 "0.4", NULL),
                     0);
    assert_int_equal(nn_image_load(&again, b.text, NULL), NN_OK);
    assert_memory_not_equal(sheet.rgb, again.rgb, (size_t)3 * sheet.width * sheet.height);
    nn_image_release(&again);
    nn_image_release(&sheet);
}

static void test_boxes(void **state)
{
    (void)state;
    const test_path data = test_temp("boxes"), out = test_temp("c.png");
    nn_image sheet;
    assert_int_equal(command_run("augment", data.text, "--classes", "thing", "--size", "64",
                                 "--scales", "1", "--aspect", "0", "--colour", "0", "--hue", "0",
                                 "--flip-h", "0", "--out", out.text, "--columns", "2", NULL),
                     0);
    assert_int_equal(nn_image_load(&sheet, out.text, NULL), NN_OK);
    for (int column = 0; column < 2; column++) { // the box is around the middle
        const uint8_t *inside = pixel(&sheet, 0, column, CELL / 2, CELL / 2);
        const uint8_t *side = pixel(&sheet, 0, column, CELL / 4, CELL / 2);
        assert_true(inside[1] == 0 && side[1] > 100);
        assert_true(pixel(&sheet, 0, column, CELL / 4 - 4, CELL / 2)[1] == 0);
    }
    nn_image_release(&sheet);
}

static void test_usage_errors(void **state)
{
    (void)state;
    const test_path classes = test_temp("classes"), nowhere = test_temp("no/x.png");
    assert_int_equal(command_run("augment", "--help", NULL), 0);
    command_said("--rand-augment");
    const struct {
        const char *option, *value, *text;
    } bad[] = {
        {"--task", "guess",
         "--task guess: not one of classify, segment, pose, instance, obb, upscale, pretrain, "
         "contrast, detect"},
        {"--task", "detect", "classes"},
        {"--rows", "0", "--rows 0 is too small (at least 1)"},
        {"--columns", "1", "--columns 1 is too small"},
        {"--size", "4x", "must be WIDTHxHEIGHT"},
        {"--size", "99999", "must be WIDTHxHEIGHT"},
        {"--train-size", "0", "must be WIDTHxHEIGHT"},
        {"--angle", "200", "--angle 200 is too large (at most 180)"},
        {"--rand-augment", "2", "not N:M"},
        {"--augment", "wild", "not one of none, usual, strong"},
        {"--centre-crop", "2", "--centre-crop 2 is too large (at most 1)"},
        {"--classes", "green", "no class 'green' in the data; there are: blue, red"},
        {"--out", "/dev/null/x.png", "x.png"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            command_run("augment", classes.text, "--rows", "2", bad[i].option, bad[i].value, NULL),
            2);
        command_said(bad[i].text);
    }
    assert_int_equal(command_run("augment", NULL), 2);
    command_said("no data");
    assert_int_equal(command_run("augment", nowhere.text, NULL), 2);
    command_said("no/x.png");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_usage_errors),
    };
    make_data();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
