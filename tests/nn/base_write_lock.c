// SPDX-License-Identifier: MIT
// Links are followed as open() does it, and a file has one writer.
#include "nn/base/write_lock.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_place(const char *name, const char *where)
{
    char place[PATH_MAX], root[PATH_MAX], want[PATH_MAX + 64];
    assert_non_null(realpath(test_temp(".").text, root));
    snprintf(want, sizeof want, "%s/%s", root, where);
    assert_true(nn_write_target(test_temp(name).text, place));
    assert_string_equal(place, want);
}

static void test_places(void **state)
{
    (void)state;
    test_make_dir("in");
    test_write_text("there", "x");
    assert_int_equal(symlink("there", test_temp("to-file").text), 0);
    assert_int_equal(symlink("in/new", test_temp("to-new").text), 0);
    assert_int_equal(symlink("../to-new", test_temp("in/back").text), 0);
    assert_int_equal(symlink(test_temp("in").text, test_temp("folder").text), 0);
    expect_place("there", "there");
    expect_place("to-file", "there");
    expect_place("missing", "missing");
    expect_place("to-new", "in/new");
    expect_place("in/back", "in/new"); // a link to a link
    expect_place("folder/new", "in/new");
    expect_place("in/../folder/back", "in/new");
    assert_true(access(test_temp("in/new").text, F_OK) != 0); // it only looks
}

static void test_no_place(void **state)
{
    (void)state;
    char place[PATH_MAX];
    assert_int_equal(symlink("ring-b", test_temp("ring-a").text), 0);
    assert_int_equal(symlink("ring-a", test_temp("ring-b").text), 0);
    assert_false(nn_write_target(test_temp("ring-a").text, place));
    assert_string_equal(place, test_temp("ring-a").text);
    assert_false(nn_write_target(test_temp("nowhere/x").text, place));
    assert_false(nn_write_target("", place));
    assert_string_equal(place, "");
}

static void test_one_writer(void **state)
{
    (void)state;
    nn_error err = {0};
    test_write_text("locked", "x");
    const test_path path = test_temp("locked");
    const int a = open(path.text, O_WRONLY | O_CLOEXEC), b = open(path.text, O_WRONLY | O_CLOEXEC);
    assert_int_equal(nn_write_lock(a, path.text, &err), NN_OK);
    assert_int_equal(nn_write_lock(b, path.text, &err), NN_EINVAL);
    char who[128];
    snprintf(who, sizeof who, "locked: another run (process %ld) writes there", (long)getpid());
    assert_non_null(strstr(err.text, who));
    close(a);
    assert_int_equal(nn_write_lock(b, path.text, &err), NN_OK);
    close(b);
    const int c = open("/dev/null", O_WRONLY | O_CLOEXEC), d = open("/dev/null", O_WRONLY);
    assert_int_equal(nn_write_lock(c, "/dev/null", &err), NN_OK);
    assert_int_equal(nn_write_lock(d, "/dev/null", &err), NN_OK);
    close(c);
    close(d);
}

static void test_one_writer_of_a_folder(void **state)
{
    (void)state;
    nn_error err = {0};
    int a, b;
    const test_path path = test_make_dir("shared");
    assert_int_equal(nn_write_lock_folder(path.text, &a, &err), NN_OK);
    assert_int_equal(nn_write_lock_folder(path.text, &b, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "choose another folder"));
    assert_int_equal(b, -1);
    close(a);
    assert_int_equal(nn_write_lock_folder(path.text, &b, &err), NN_OK);
    close(b);
    assert_int_equal(nn_write_lock_folder(test_temp("none").text, &b, &err), NN_ENOTFOUND);
}

// Root may write everywhere: a child is somebody else.
static void test_not_writable(void **state)
{
    (void)state;
    nn_error err = {0};
    int own, status;
    const test_path path = test_make_dir("not-ours");
    assert_int_equal(chmod(test_temp(".").text, 0755), 0);
    assert_int_equal(chmod(path.text, 0555), 0);
    const pid_t other = fork();
    if (other == 0) {
        if (geteuid() == 0 && seteuid(65534) != 0)
            _exit(1);
        if (nn_write_lock_folder(path.text, &own, &err) != NN_EIO || own != -1)
            _exit(2);
        _exit(strstr(err.text, "Permission denied") ? 0 : 3);
    }
    waitpid(other, &status, 0);
    assert_int_equal(status, 0);
}

// A lock ends when its process is killed; until then the error has the process's number.
static void test_killed(void **state)
{
    (void)state;
    nn_error err = {0};
    int own, ready[2];
    char who[64], byte;
    const test_path path = test_make_dir("work");
    assert_int_equal(pipe(ready), 0);
    const pid_t other = fork();
    if (other == 0) {
        if (nn_write_lock_folder(path.text, &own, NULL) != NN_OK || write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(nn_write_lock_folder(path.text, &own, &err), NN_EINVAL);
    snprintf(who, sizeof who, "(process %ld)", (long)other);
    assert_non_null(strstr(err.text, who));
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    assert_int_equal(nn_write_lock_folder(path.text, &own, &err), NN_OK);
    close(own);
    close(ready[0]);
    close(ready[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),       cmocka_unit_test(test_no_place),
        cmocka_unit_test(test_one_writer),   cmocka_unit_test(test_one_writer_of_a_folder),
        cmocka_unit_test(test_not_writable), cmocka_unit_test(test_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
