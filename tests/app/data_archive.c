// SPDX-License-Identifier: MIT
// --data takes zip archives.
#include "tests/support/command.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zip.h>

// Two pictures with YOLO labels, one folder deep in the archive.
static void make_archive(void)
{
    static const char *const texts[][2] = {
        {"pets/classes.txt", "cat\ndog\n"},
        {"pets/labels/a.txt", "0 0.5 0.5 0.5 0.5\n"},
        {"pets/labels/b.txt", "1 0.5 0.5 0.5 0.5\n"},
    };
    make_picture("picture.png", 40, 20);
    zip_t *zip = zip_open(test_temp("pets.zip").text, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(zip_file_add(zip, texts[i][0],
                                 zip_source_buffer(zip, texts[i][1], strlen(texts[i][1]), 0),
                                 0) >= 0);
    for (int i = 0; i < 2; i++)
        assert_true(zip_file_add(zip, i ? "pets/images/b.png" : "pets/images/a.png",
                                 zip_source_file(zip, test_temp("picture.png").text, 0, 0),
                                 0) >= 0);
    assert_int_equal(zip_close(zip), 0);
}

static void test_archive(void **state)
{
    (void)state;
    setenv("XDG_CACHE_HOME", test_temp("cache").text, 1);
    make_archive();
    assert_int_equal(command_line("", "data pets.zip --near -1"), 0);
    command_said("pets.zip: unpacked into");
    command_said("2 pictures of 40x20");
    command_said("cat");
    assert_int_equal(command_line("", "data pets.zip --near -1"), 0);
    command_did_not_say("unpacked"); // the cache has it already
    command_said("2 pictures of 40x20");
    test_write_text("broken.zip", "PK\3\4");
    assert_int_equal(command_line("", "data broken.zip"), 2);
    command_said("broken.zip: zip: cannot be opened");
    assert_int_equal(command_line("", "data none.zip"), 2);
    command_said("none.zip");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
