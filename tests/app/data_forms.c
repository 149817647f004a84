// SPDX-License-Identifier: MIT
// What --data takes is recognised and said in a line, and read once.
#include "tests/support/command.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <stdio.h>

// An export of Roboflow with `counts` pictures in train, valid and test.
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
