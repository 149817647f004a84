// SPDX-License-Identifier: MIT
// Commands that are stopped, or cannot write their output, leave no incomplete file.
#include "nn/io/image/image.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Starts the program; its sync calls hang, so it cannot finish a file.
static pid_t start(const char *const *words)
{
    const char *argv[16] = {getenv("NEROSCALE")};
    for (int i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGHUP, SIG_DFL); // nohup and background shells leave them ignored
        signal(SIGINT, SIG_DFL);
        if (setenv("LD_PRELOAD", getenv("STUCK_SYNC_LIBRARY"), 1) == 0 &&
            chdir(test_temp(".").text) == 0 && freopen("out", "w", stdout) &&
            freopen("err", "w", stderr))
            execv(argv[0], (char **)argv);
        _exit(127);
    }
    return child;
}

// Whether the temporary folder has a file with this ending.
static bool has(const char *ending)
{
    bool found = false;
    DIR *dir = opendir(test_temp(".").text);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));) {
        const size_t n = strlen(e->d_name), k = strlen(ending);
        found = found || (n > k && strcmp(e->d_name + n - k, ending) == 0);
    }
    closedir(dir);
    return found;
}

static void test_signals(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT};
    static const char *const what[][2] = {
        {"resnet18", "new.safetensors"}, {"resnet18", "new.onnx"}, {"alexnet_flowers", "new.h5"}};
    for (int i = 0; i < 3; i++) {
        const char *const out = what[i][1];
        const char *const words[] = {"convert",      what[i][0], out, "--force",
                                     "--parameters", "random",   NULL};
        int status;
        test_write_text(out, "old");
        const pid_t child = start(words);
        while (!has(".tmp") && waitpid(child, &status, WNOHANG) == 0)
            usleep(1000);
        usleep(2000); // less than any machine takes to write it
        kill(child, numbers[i]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_false(has(".tmp"));
        assert_true(WIFSIGNALED(status)); // the exit status tells the signal
        assert_int_equal(WTERMSIG(status), numbers[i]);
        char *text = test_read_text(out);
        assert_string_equal(text, "old");
        free(text);
    }
}

// Signals that are ignored, as by nohup.
static void test_ignored_signals(void **state)
{
    (void)state;
    assert_int_equal(command_line("trap '' HUP; sh -c 'sleep 0.1; kill -HUP $PPID' & exec",
                                  "convert resnet18 kept.onnx --parameters random"),
                     0);
    assert_int_equal(access(test_temp("kept.onnx").text, F_OK), 0);
}

static void test_full_output(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "info person",  "list",        "list heads",          "--help",
        "--version",    "run --help",  "info person --dot -", "diff person person",
        "bench --help", "data --help", "convert --help",
    };
    if (access("/dev/full", W_OK) != 0)
        skip();
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char line[256];
        snprintf(line, sizeof line, "%s >/dev/full 2>err #", commands[i]);
        assert_int_equal(command_line("", line), 2);
        command_said_one_line("cannot write");
    }
}

// A dangling link: the file it points to is created, and the link stays.
static void test_dangling_links(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "info person --dot link",
        "convert person link.onnx",
        "classify flowers17 p.png --json link",
        "run p.png --no-window --json link",
        "run p.png --no-window --snapshot link",
        "run p.png --no-window --record link.mkv",
    };
    uint8_t rgb[64 * 48 * 3] = {0};
    const nn_image image = {64, 48, rgb};
    assert_int_equal(nn_image_save_png(&image, test_temp("p.png").text, NULL), NN_OK);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const char *name = strstr(commands[i], "link");
        const test_path link = test_temp(name), to = test_temp("to");
        struct stat st;
        unlink(link.text);
        unlink(to.text);
        assert_int_equal(symlink("to", link.text), 0);
        const int status = command_line("", commands[i]);
        if (status != 0)
            command_said("not even this"); // command_said sees the output
        assert_int_equal(lstat(link.text, &st), 0);
        assert_true(S_ISLNK(st.st_mode));
        assert_int_equal(stat(to.text, &st), 0);
        assert_true(st.st_size > 0);
    }
}

static void expect_busy(const char *taken, const char *arguments)
{
    const int fd = open(test_temp(taken).text, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(command_line("", arguments), 2);
    command_said_one_line("another run (process ");
    close(fd);
}

// Two runs may not append to one file at the same time.
static void test_one_run(void **state)
{
    (void)state;
    uint8_t rgb[64 * 48 * 3] = {0};
    const nn_image image = {64, 48, rgb};
    test_make_dir("pictures");
    test_make_dir("work");
    assert_int_equal(nn_image_save_png(&image, test_temp("pictures/p.png").text, NULL), NN_OK);
    test_write_text("film.avi", "not looked at");
    test_write_text("busy.jsonl", "kept");
    test_write_text("busy.mkv.part", "kept");
    expect_busy("busy.jsonl", "run pictures/p.png --no-window --json busy.jsonl");
    expect_busy("busy.mkv.part", "run pictures/p.png --no-window --record busy.mkv");
    expect_busy("work", "run pictures/p.png --no-window --learn-dir work");
    expect_busy("work", "label pictures --teacher person --out work");
    expect_busy("work", "adapt film.avi --teacher person --out x.safetensors --work work");
    expect_busy("work", "train --data pictures --out x.safetensors --work work");
    static const char *const kept[] = {"busy.jsonl", "busy.mkv.part"};
    for (int i = 0; i < 2; i++) {
        char *text = test_read_text(kept[i]);
        assert_string_equal(text, "kept");
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals),     cmocka_unit_test(test_ignored_signals),
        cmocka_unit_test(test_full_output), cmocka_unit_test(test_dangling_links),
        cmocka_unit_test(test_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
