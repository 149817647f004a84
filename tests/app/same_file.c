// SPDX-License-Identifier: MIT
// No command replaces a file that it reads, or writes a file twice, whatever the names are.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char CONTENT[] = "1,1,1,1,5,5,1\n";

static void expect_refused(const char *arguments, const char *says)
{
    size_t size;
    assert_int_equal(command_line("", arguments), 2);
    command_said_one_line(says);
    char *text = (char *)test_read(test_temp("x.txt").text, &size);
    assert_int_equal(size, sizeof CONTENT - 1);
    assert_memory_equal(text, CONTENT, size);
    free(text);
}

static void test_inputs_stay(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "run x.txt --no-window --json x.txt",
        "run x.txt --no-window --snapshot link",
        "run x.txt --no-window --record hard",
        "run other --no-window --model x.txt --json ./x.txt",
        "convert x.txt link",
        "export-c x.txt --out . --name source",
        "eval other --video other --labels x.txt --json x.txt",
        "eval x.txt --video other --labels other --json x.txt",
        "train --video other --labels x.txt --out x.txt",
        "train --video x.txt --labels other --out link",
        "info x.txt --dot x.txt",
        "classify other x.txt --json hard",
        "forward x.txt --out x.txt",
        "bench x.txt --json x.txt",
        "label x.txt --teacher person --out x.txt",
    };
    test_write_text("x.txt", CONTENT);
    test_write_text("other", CONTENT);
    assert_int_equal(symlink("x.txt", test_temp("link").text), 0);
    assert_int_equal(symlink("x.txt", test_temp("source.c").text), 0);
    assert_int_equal(link(test_temp("x.txt").text, test_temp("hard").text), 0);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        expect_refused(commands[i], "would replace the file that is read");
}

static void test_outputs_are_two(void **state)
{
    (void)state;
    assert_int_equal(symlink("new", test_temp("dangling").text), 0);
    expect_refused("run other --no-window --json new --snapshot new", "writes the same file");
    expect_refused("run other --no-window --json dangling --record new", "writes the same file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs_stay),
        cmocka_unit_test(test_outputs_are_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
