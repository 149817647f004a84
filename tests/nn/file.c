// SPDX-License-Identifier: MIT
// Files are written completely or not at all; links stay, pipes and folders are not replaced.
#include "nn/io/file.h"
#include "nn/base/memory.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static nn_status write_text(const char *path, const char *text, nn_error *err)
{
    return nn_file_write(path, &(nn_file_part){text, strlen(text)}, 1, err);
}

static void expect_text(const char *path, const char *text)
{
    size_t size;
    uint8_t *bytes = test_read(path, &size);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size);
    free(bytes);
}

static void test_replaces(void **state)
{
    (void)state;
    const test_path path = test_temp("plain");
    assert_int_equal(write_text(path.text, "old", NULL), NN_OK);
    assert_int_equal(write_text(path.text, "newer", NULL), NN_OK);
    expect_text(path.text, "newer");
    // After an aborted write the old file stays and no temporary file is left.
    const int files = test_temp_count();
    nn_error err = {0};
    char *temporary;
    int fd;
    assert_int_equal(nn_file_begin(path.text, &temporary, &fd, &err), NN_OK);
    assert_int_equal(write(fd, "ha", 2), 2);
    assert_int_equal(test_temp_count(), files + 1);
    assert_int_equal(nn_file_end(path.text, temporary, fd, NN_EIO, &err), NN_EIO);
    assert_int_equal(test_temp_count(), files);
    expect_text(path.text, "newer");
    unlink(path.text);
}

static void test_link_stays(void **state)
{
    (void)state;
    const test_path path = test_temp("target"), name = test_temp("link");
    assert_int_equal(write_text(path.text, "old", NULL), NN_OK);
    assert_int_equal(symlink("target", name.text), 0);
    assert_int_equal(write_text(name.text, "new", NULL), NN_OK);
    struct stat st;
    assert_int_equal(lstat(name.text, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    expect_text(path.text, "new");
    unlink(name.text);
    unlink(path.text);
}

static void test_pipe_stays(void **state)
{
    (void)state;
    const test_path path = test_temp("pipe");
    char text[8];
    struct stat st;
    nn_error err = {0};
    assert_int_equal(mkfifo(path.text, 0600), 0);
    const int reader = open(path.text, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    if (write_text(path.text, "through", &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(read(reader, text, sizeof text), 7);
    assert_memory_equal(text, "through", 7);
    close(reader);
    assert_int_equal(stat(path.text, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    nn_file file;
    assert_int_equal(nn_file_map(&file, path.text, &err), NN_EIO);
    assert_non_null(strstr(err.text, "a device or pipe, not a file"));
    unlink(path.text);
}

static void test_temporary_names(void **state)
{
    (void)state;
    const test_path path = test_temp("model.safetensors");
    char *temporary;
    int fd;
    assert_int_equal(nn_file_begin(path.text, &temporary, &fd, NULL), NN_OK);
    assert_true(nn_file_is_temporary(temporary));
    assert_int_equal(nn_file_end(path.text, temporary, fd, NN_EIO, NULL), NN_EIO);
    assert_true(nn_file_is_temporary("report.md.12-0.tmp"));
    static const char *others[] = {
        "",        ".tmp",     "a.tmp",        "a.1.tmp",       "a.-1.tmp",   "a.1-.tmp",
        "1-2.tmp", ".1-2.tmp", "notes1-2.tmp", "a.12-0.tmp.gz", "report.12-0"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(nn_file_is_temporary(others[i]));
}

static void test_folder(void **state)
{
    (void)state;
    const test_path path = test_temp("folder");
    nn_error err = {0};
    nn_file file;
    assert_int_equal(mkdir(path.text, 0777), 0);
    assert_int_equal(write_text(path.text, "x", &err), NN_EIO);
    assert_non_null(strstr(err.text, "folder: cannot write"));
    assert_int_equal(nn_file_map(&file, path.text, &err), NN_EIO);
    assert_non_null(strstr(err.text, "a folder, not a file"));
    rmdir(path.text);
}

// A link that leads to nothing yet is written through, not replaced.
static void test_dangling_link(void **state)
{
    (void)state;
    const test_path path = test_temp("to-come"), name = test_temp("dangling");
    struct stat st;
    assert_int_equal(symlink("to-come", name.text), 0);
    assert_int_equal(write_text(name.text, "new", NULL), NN_OK);
    assert_int_equal(lstat(name.text, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    expect_text(path.text, "new");
    unlink(name.text);
    unlink(path.text);
}

// The function that a signal handler of a terminating process calls.
static void test_removes_temporaries(void **state)
{
    (void)state;
    char *a, *b, *c;
    int x, y, z;
    const int files = test_temp_count();
    const test_path one = test_temp("one"), two = test_temp("two");
    assert_int_equal(nn_file_begin(one.text, &c, &z, NULL), NN_OK);
    assert_int_equal(nn_file_end(one.text, c, z, NN_OK, NULL), NN_OK);
    assert_int_equal(nn_file_begin(one.text, &a, &x, NULL), NN_OK);
    assert_int_equal(nn_file_begin(two.text, &b, &y, NULL), NN_OK);
    assert_int_equal(test_temp_count(), files + 3);
    nn_file_remove_temporaries();
    assert_int_equal(test_temp_count(), files + 1);
    assert_int_equal(access(one.text, F_OK), 0);
    nn_file_remove_temporaries(); // nothing is left to do
    close(x);
    close(y);
    nn_free(a); // the handler's process would not come to this
    nn_free(b);
    unlink(one.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replaces),
        cmocka_unit_test(test_link_stays),
        cmocka_unit_test(test_pipe_stays),
        cmocka_unit_test(test_temporary_names),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_dangling_link),
        cmocka_unit_test(test_removes_temporaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
