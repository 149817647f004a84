// SPDX-License-Identifier: MIT
// neroscale train: a training in the work folder is never lost, two cannot write there at once, and
// the model file has the format of its name.
#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIDE = 32, PICTURES = 8 };

static int make(void **state)
{
    (void)state;
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    test_make_dir("set");
    for (int i = 0; i < PICTURES; i++) {
        char name[64];
        if (i < 2) {
            snprintf(name, sizeof name, "set/%c", 'a' + i);
            test_make_dir(name);
        }
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(i * 25 + k % 7);
        snprintf(name, sizeof name, "set/%c/%d.png", 'a' + i % 2, i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
    return 0;
}

#define TRAIN                                                                                      \
    "train --task classify --data set --size 32 --options alpha=0.125,beta=0 --batch 4 "           \
    "--threads 1 --val-split 0.25 "

// The bytes of a file; free with free().
static uint8_t *content(const char *name, size_t *size)
{
    return test_read(test_temp(name).text, size);
}

static void test_named(void **state)
{
    (void)state;
    size_t size, again;
    assert_int_equal(command_line("", TRAIN "--epochs 1 --work run --out a.safetensors"), 0);
    uint8_t *last = content("run/last.safetensors", &size);
    assert_int_equal(command_line("", TRAIN "--epochs 1 --work run --out b.safetensors"), 2);
    command_said_one_line("--work run holds a training of 2 steps: --resume goes on with it");
    assert_false(test_is_there("b.safetensors"));
    uint8_t *same = content("run/last.safetensors", &again);
    assert_int_equal(size, again);
    assert_memory_equal(last, same, size);
    free(last);
    free(same);
    // A new start leaves nothing of the old training that --resume could find.
    assert_int_equal(
        command_line("", TRAIN "--epochs 1 --seed 7 --work run --out a.safetensors --force"), 0);
    assert_false(test_is_there("run/previous.safetensors"));
    assert_int_equal(
        command_line("", TRAIN "--epochs 1 --work run --out a.safetensors --resume --force"), 2);
    command_said("begun with --seed 7, not with --seed 1");
    // Another output and more epochs do not change what was learnt.
    assert_int_equal(
        command_line("", TRAIN "--epochs 2 --seed 7 --work run --resume --out c/d/e.onnx"), 0);
    command_said("goes on to 2");
    assert_true(test_is_there("c/d/e.onnx"));
    // A file that the same training wrote is replaced; a file of another is not.
    assert_int_equal(
        command_line("", TRAIN "--epochs 3 --seed 7 --work run --resume --out c/d/e.onnx"), 0);
    assert_int_equal(
        command_line("", TRAIN "--epochs 3 --seed 7 --work run --resume --out a.safetensors"), 2);
    command_said_one_line("a.safetensors exists already");
}

static void test_usual(void **state)
{
    (void)state;
    assert_int_equal(command_line("", TRAIN "--epochs 1 --out u.safetensors"), 0);
    assert_int_equal(rename(test_temp("u.safetensors").text, test_temp("v.safetensors").text), 0);
    assert_int_equal(command_line("", TRAIN "--epochs 1 --seed 2 --out u.safetensors"), 0);
    command_said("note: u.safetensors.work holds a training of 2 steps");
    command_said("this one goes to u.safetensors.work-2");
    assert_true(test_is_there("u.safetensors.work/last.safetensors"));
    assert_true(test_is_there("u.safetensors.work-2/report.md"));
    // --resume takes the latest training, and its own model file.
    assert_int_equal(command_line("", TRAIN "--epochs 2 --seed 2 --out u.safetensors --resume"), 0);
    command_said("going on in u.safetensors.work-2");
    assert_int_equal(command_line("", TRAIN "--epochs 1 --out u.safetensors"), 2);
    command_said_one_line("u.safetensors exists already; --force replaces it");
    assert_false(test_is_there("u.safetensors.work-3"));
    assert_int_equal(command_line("", TRAIN "--epochs 1 --out u.safetensors --force"), 0);
    assert_false(test_is_there("u.safetensors.work-3"));
}

// A second training stops and names the first one. A killed training does not block others.
static void test_locked(void **state)
{
    (void)state;
    char says[96];
    const pid_t first = fork();
    assert_true(first >= 0);
    if (first == 0) {
        const int null = open("/dev/null", O_WRONLY);
        if (chdir(test_temp(".").text) == 0 && dup2(null, STDERR_FILENO) >= 0)
            execl(getenv("NEROSCALE"), "neroscale", "train", "--task", "classify", "--data", "set",
                  "--size", "32", "--options", "alpha=0.125,beta=0", "--batch", "4", "--threads",
                  "1", "--epochs", "100000", "--work", "busy", "--out", "busy.safetensors", NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000 && !test_is_there("busy/last.safetensors"); i++)
        usleep(20000);
    assert_true(test_is_there("busy/last.safetensors"));
    assert_int_equal(
        command_line("", TRAIN "--epochs 1 --work busy --resume --out other.safetensors"), 2);
    snprintf(says, sizeof says, "another run (process %ld) writes there", (long)first);
    command_said_one_line(says);
    assert_int_equal(
        command_line("", TRAIN "--epochs 1 --work busy --force --out other.safetensors"), 2);
    command_said_one_line(says);
    assert_false(test_is_there("other.safetensors"));
    assert_int_equal(kill(first, SIGKILL), 0);
    waitpid(first, NULL, 0);
    assert_true(test_is_there("busy/last.safetensors") ||
                test_is_there("busy/previous.safetensors"));
    assert_int_equal(
        command_line("", TRAIN "--epochs 1 --work busy --force --out other.safetensors"), 0);
}

// A training writes the same model in each format.
static void test_formats(void **state)
{
    (void)state;
    static const char *const names[] = {"f.safetensors", "f.onnx", "f.pth"};
    nn_model *m[3];
    nn_error err = {0};
    for (int i = 0; i < 3; i++) {
        char line[400];
        snprintf(line, sizeof line, TRAIN "--epochs 1 --out %s", names[i]);
        assert_int_equal(command_line("", line), 0);
        command_did_not_say("no report");
        if (nn_model_load(&m[i], test_temp(names[i]).text, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_string_equal(m[i]->card.labels[1], "b");
        assert_non_null(m[i]->card.training);
    }
    for (int k = 0; k < nn_graph_param_count(m[0]->graph); k++) {
        const float *a = m[0]->params[k].data, *b = m[2]->params[k].data;
        for (int64_t n = 0; n < nn_shape_count(&m[0]->params[k].shape); n++)
            assert_true(fabsf(a[n] - b[n]) <= 1e-3f * fabsf(b[n]) + 1e-6f); // one is float16
    }
    assert_int_equal(command_line("", "diff f.onnx f.pth --tolerance 1e-4"), 0);
    for (int i = 0; i < 3; i++)
        nn_model_free(m[i]);
    if (command_line("/usr/bin/python3 -c 'import torch' ||", "no") != 0)
        skip();
    assert_int_equal(command_line("/usr/bin/python3 -c \"import torch; d = torch.load('f.pth', "
                                  "weights_only=True); print(len(d))\" ||",
                                  "no"),
                     0);
}

// Disk full at the end: the old model and the training stay, and --resume writes the model.
static void test_no_room(void **state)
{
    (void)state;
    test_write_text("full.safetensors", "mine");
    assert_int_equal(
        command_line("ulimit -f 8;", TRAIN "--epochs 1 --work full --force --out full.safetensors"),
        2);
    command_said("File too large");
    char *text = test_read_text("full.safetensors");
    assert_string_equal(text, "mine");
    free(text);
    assert_int_equal(
        command_line("", TRAIN "--epochs 1 --work full --force --resume --out full.safetensors"),
        0);
}

static void test_unwritable(void **state)
{
    (void)state;
    test_write_text("file", "mine");
    assert_int_equal(command_line("", TRAIN "--work file --out x.safetensors"), 2);
    command_said_one_line("file: cannot create this folder");
    assert_int_equal(command_line("", TRAIN "--out set/a/0.png"), 2);
    command_said_one_line("models are written as");
    assert_int_equal(command_line("", TRAIN "--out /proc/x.onnx"), 2);
    command_said_one_line("/proc/x.onnx");
    assert_false(test_is_there("x.safetensors.work"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named),   cmocka_unit_test(test_usual),
        cmocka_unit_test(test_locked),  cmocka_unit_test(test_formats),
        cmocka_unit_test(test_no_room), cmocka_unit_test(test_unwritable),
    };
    return cmocka_run_group_tests(tests, make, NULL);
}
