// SPDX-License-Identifier: MIT
// No command replaces a file unasked: without a terminal it refuses, at a terminal it asks. Folders
// of outputs are created, and a refused command leaves nothing behind.
#include "nn/io/image/image.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIDE = 32 };
static const char MINE[] = "what took me hours\n";

static int make(void **state)
{
    (void)state;
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    static const char *const folders[] = {
        "set",   "set/a",  "set/b",   "boxes",    "boxes/images",   "boxes/labels",
        "empty", "report", "figures", "labelled", "labelled/labels"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        test_make_dir(folders[i]);
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "set/%c/%d.png", 'a' + i % 2, i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "boxes/images/%d.png", i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "boxes/labels/%d.txt", i);
        test_write_text(name, "0 0.5 0.5 0.5 0.5\n");
    }
    test_write_text("boxes/classes.txt", "person\n");
    test_write_text("film.avi", "no film");
    return 0;
}

static void expect_mine(const char *name)
{
    char *text = test_read_text(name);
    assert_string_equal(text, MINE);
    free(text);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"train --task classify --data set --out there.safetensors", "there.safetensors"},
        {"train --task classify --data set --out there.onnx", "there.onnx"},
        {"adapt film.avi --teacher person --out there.safetensors", "there.safetensors"},
        {"convert person there.safetensors", "there.safetensors"},
        {"convert person there.onnx", "there.onnx"},
        {"convert person --out there.pth", "there.pth"},
        {"forward person --out there.safetensors", "there.safetensors"},
        {"export-c person --out figures --name there", "figures/there_test.c"},
        {"run film.avi --no-window --record there.mp4", "there.mp4"},
        {"run /dev/video77 --no-window --wait=0 --json there.jsonl", "there.jsonl"},
        {"eval person --data boxes --report report", "report/report.md"},
        {"data boxes --out figures", "figures/examples.png"},
        {"label boxes/images --teacher person --out labelled", "labelled/classes.txt"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        print_message("%s\n", lines[i][0]);
        if (strcmp(lines[i][1], "labelled/classes.txt") == 0)
            assert_int_equal(rmdir(test_temp("labelled/labels").text), 0);
        test_write_text(lines[i][1], MINE);
        assert_int_equal(command_line("", lines[i][0]), 2);
        command_said_one_line("exists already; --force replaces it");
        command_said(lines[i][1]);
        expect_mine(lines[i][1]);
        assert_int_equal(access(test_temp("there.safetensors.work").text, F_OK), -1);
    }
}

static void test_replaced(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "convert person over.pth --force",
        "forward person --size 32 --out over.pth --force",
        "data boxes --out over --force",
        "info person --dot over.pth", // shows a state, so it is replaced unasked
        "bench person --size 64 --runs 1 --json over.pth",
        "export-c person --size 32 --out over --name net --force",
    };
    size_t size;
    test_make_dir("over");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *name = i == 2 ? "over/examples.png" : i == 5 ? "over/net.c" : "over.pth";
        print_message("%s\n", lines[i]);
        test_write_text(name, MINE);
        assert_int_equal(command_line("", lines[i]), 0);
        char *text = (char *)test_read(test_temp(name).text, &size);
        assert_true(size != strlen(MINE) || memcmp(text, MINE, size) != 0);
        free(text);
    }
    // An empty file, such as mktemp makes, is replaced unasked.
    test_write_text("new.onnx", "");
    assert_int_equal(command_line("", "convert person new.onnx"), 0);
    assert_int_equal(command_line("", "convert person /dev/full"), 2);
}

static void test_folders_are_made(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "convert person far/away/p.pth"), 0);
    assert_int_equal(access(test_temp("far/away/p.pth").text, F_OK), 0);
    assert_int_equal(command_line("", "convert nosuch other/away/p.pth"), 2);
    assert_int_equal(access(test_temp("other").text, F_OK), -1);
    assert_int_equal(command_line("", "convert person film.avi/p.pth"), 2);
    command_said_one_line("film.avi/p.pth");
}

// Disk full: the old file stays, and nothing new is left.
static void test_no_room(void **state)
{
    (void)state;
    static const char *const names[] = {"room.safetensors", "room.onnx", "room.pth", "room.h"};
    for (int i = 0; i < 4; i++) {
        char line[80];
        test_write_text(names[i], MINE);
        const int before = test_temp_count();
        if (i < 3)
            snprintf(line, sizeof line, "convert person %s --force", names[i]);
        else
            snprintf(line, sizeof line, "export-c person --size 32 --name room --out . --force");
        assert_int_equal(command_line("ulimit -f 4;", line), 2);
        command_said_one_line("File too large");
        expect_mine(names[i]);
        assert_int_equal(test_temp_count(), before);
    }
}

// Runs at a terminal where a user types `answer`; returns the exit status.
static int at_terminal(const char *answer)
{
    int master, status;
    char text[4096] = "";
    size_t used = 0;
    const pid_t child = forkpty(&master, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        if (chdir(test_temp(".").text) == 0)
            execl(getenv("NEROSCALE"), "neroscale", "convert", "person", "asked.pth", NULL);
        _exit(127);
    }
    for (ssize_t n;
         used < sizeof text - 1 && (n = read(master, text + used, sizeof text - 1 - used)) > 0;) {
        used += (size_t)n;
        text[used] = '\0';
        if (strstr(text, "[y/N] ") && *answer) {
            assert_int_equal(write(master, answer, strlen(answer)), strlen(answer));
            answer = "";
        }
    }
    assert_non_null(strstr(text, "asked.pth exists. Replace it?"));
    assert_int_equal(waitpid(child, &status, 0), child);
    close(master);
    return WEXITSTATUS(status);
}

static void test_terminal(void **state)
{
    (void)state;
    size_t size;
    test_write_text("asked.pth", MINE);
    assert_int_equal(at_terminal("n\n"), 2);
    expect_mine("asked.pth");
    assert_int_equal(at_terminal("\n"), 2);
    expect_mine("asked.pth");
    assert_int_equal(at_terminal("y\n"), 0);
    free(test_read(test_temp("asked.pth").text, &size));
    assert_true(size > 1000);
}

// A call of each command that is refused; each would write into an empty folder.
static const char *const refused[] = {
    "run nosuch.avi --no-window --json deep/x.jsonl --record deep/x.mp4 --snapshot deep/x.png",
    "run nosuch.avi --learn --learn-dir deep/learn --no-window",
    "info nosuch --dot deep/x.dot",
    "list nosuch",
    "classify nosuch ../set/a/0.png --json deep/x.json",
    "classify person ../set/a/0.png --json deep/x.json",
    "convert nosuch deep/x.safetensors",
    "convert person deep/x.h5",
    "export-c nosuch --out deep/program",
    "export-c person --size 32 --name 7 --out deep/program",
    "export-c street --size 64 --out deep/program",
    "convert-data nosuch deep/set --to yolo",
    "convert-data ../boxes deep/set --to nosuch",
    "adapt nosuch.avi --teacher person --out deep/x.safetensors",
    "label nosuch --teacher person --out deep/labels",
    "diff person nosuch",
    "forward nosuch --out deep/x.safetensors",
    "forward person --size 32 --tap nosuch --out deep/x.safetensors",
    "train --data nosuch --out deep/x.safetensors",
    "train --task classify --data ../set --out deep/x.gguf",
    "train --task classify --data ../set --size 32 --out deep/x.h5",
    "train --task classify --data ../set --size 32 --init nosuch --out deep/x.onnx",
    "train --task classify --data ../set --size 32 --freeze nosuch --out deep/x.onnx",
    "augment nosuch --out deep/x.png",
    "bench nosuch --json deep/x.json",
    "eval nosuch --data ../boxes --json deep/x.json --report deep/report",
    "eval person --data nosuch --json deep/x.json --report deep/report",
    "data nosuch --json deep/x.json --out deep/figures",
    "annotate nosuch --labels deep/labels",
    "visualize nosuch ../set/a/0.png --out deep/x.png --raw deep/x.safetensors --json deep/x.json",
    "visualize person nosuch.png --out deep/x.png --raw deep/x.safetensors",
    "visualize person ../set/a/0.png --layer nosuch --out deep/x.png",
    "compare nosuch --out deep/x.png --csv deep/x.csv --json deep/x.json",
    "compare alexnet --data nosuch --train 1 --work deep/work --out deep/x.png",
    "compare alexnet --data ../set --out deep/x.png",
    "compare person --data nosuch --out deep/x.png",
    "scale --budget-ms 1 --data nosuch --work deep/work --out deep/x.safetensors",
    "scale --budget-ms 1 --data nosuch --task classify --work deep/work --out deep/x.safetensors",
    "scale --budget-ms 1 --data ../set --network nosuch --out deep/x.safetensors",
    "prune nosuch --data ../boxes --out deep/x.safetensors",
    "prune person --data nosuch --out deep/x.safetensors",
    "models nosuch --json deep/x.json --sheet deep/x.png",
    "doctor nosuch --json deep/x.json",
    "upscale nosuch ../set/a/0.png deep/x.png",
    "upscale person ../set/a/0.png deep/x.png",
    "upscale zoom2 nosuch.png deep/x.png",
    "quantize nosuch --data ../boxes --out deep/x.safetensors",
    "quantize person --data nosuch --out deep/x.safetensors",
};
enum { REFUSED = sizeof refused / sizeof *refused };

static int count_entries(const char *path)
{
    int n = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static bool is_tried(const char *word, size_t length)
{
    for (int i = 0; i < REFUSED; i++)
        if (strncmp(refused[i], word, length) == 0 && refused[i][length] == ' ')
            return true;
    return false;
}

static void test_nothing_is_left(void **state)
{
    (void)state;
    for (int i = 0; i < REFUSED; i++) {
        print_message("%s\n", refused[i]);
        assert_int_equal(command_line("cd empty &&", refused[i]), 2);
        const int left = count_entries(test_temp("empty").text) -
                         (access(test_temp("empty/out").text, F_OK) == 0) -
                         (access(test_temp("empty/err").text, F_OK) == 0);
        assert_int_equal(left, 0);
    }
    // The commands that --help lists are all tested here.
    assert_int_equal(command_line("", "--help"), 0);
    char *help = test_read_text("out");
    int listed = 0;
    const char *line = strstr(help, "Commands:\n");
    assert_non_null(line);
    for (line = strchr(line, '\n') + 1; strncmp(line, "  ", 2) == 0;
         line = strchr(line, '\n') + 1) {
        const size_t length = strcspn(line + 2, " ");
        listed++;
        if (!is_tried(line + 2, length))
            fail_msg("a refused call of '%.*s' is missing here", (int)length, line + 2);
    }
    assert_true(listed >= 14);
    free(help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),          cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_folders_are_made), cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_terminal),         cmocka_unit_test(test_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, make, NULL);
}
