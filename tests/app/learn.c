// SPDX-License-Identifier: MIT
// neroscale run --learn on a fake, preloaded camera: a specialist is trained, takes over, continues
// after a restart, and is replaced when it is worse. The teacher always finds the same two objects,
// so that a small network learns them in seconds.
#include "tests/pipeline/clip.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/heads.h"
#include "tests/support/test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAMERA "/dev/video77"

enum { W = 160, H = 96 }; // the teacher's input; frames are 160x120

static char *teacher, *poor;

static int make_files(void **state)
{
    (void)state;
    // In the middle, so that the mirror image has the same boxes.
    const head_object objects[] = {{80, 30, 24, 30, 0.95f, 0}, {80, 68, 48, 30, 0.95f, 1}};
    teacher = clip_path("teacher.onnx");
    heads_write_teacher(teacher, H, W, objects, 2, 2, "[\"person\", \"car\"]");
    poor = clip_path("poor.safetensors");
    model_write(poor);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(teacher);
    g_free(poor);
    return 0;
}

// Runs until stderr contains one of two texts, then sends SIGINT. Returns all output.
static char *learn(const char *model, const char *dir, const char *one, const char *two)
{
    const char *argv[] = {g_getenv("NEROSCALE"),
                          "run",
                          CAMERA,
                          "--no-window",
                          "-m",
                          model,
                          "--threads",
                          "1",
                          "--learn",
                          "--learn-urgent",
                          "--teacher",
                          teacher,
                          "--learn-dir",
                          dir,
                          "--learn-every",
                          "0.04",
                          "--learn-frames",
                          "48",
                          "--learn-epochs",
                          "6",
                          NULL};
    g_auto(GStrv) env = g_get_environ();
    env = g_environ_setenv(env, "LD_PRELOAD", g_getenv("FAKE_CAMERA_LIBRARY"), TRUE);
    env = g_environ_setenv(env, "FAKE_CAMERA", CAMERA, TRUE);
    GPid pid;
    int err, status;
    char bytes[256];
    ssize_t n;
    GString *text = g_string_new(NULL);
    assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, env, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                         NULL, &pid, NULL, NULL, &err, NULL));
    bool told = false;
    while ((n = read(err, bytes, sizeof bytes)) > 0) {
        g_string_append_len(text, bytes, n);
        if (!told && (strstr(text->str, one) || (two && strstr(text->str, two)) ||
                      strstr(text->str, "failed"))) {
            kill(pid, SIGINT);
            told = true;
        }
    }
    close(err);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("status %d: %s", status, text->str);
    return g_string_free(text, FALSE);
}

static void expect(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("no '%s' in: %s", words, text);
}

static void expect_state(const char *dir, const char *words)
{
    g_autofree char *path = g_build_filename(dir, "state.json", NULL);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    expect(text, words);
}

static void a_better_one_takes_over(void **state)
{
    (void)state;
    g_autofree char *dir = clip_path("yard");
    g_autofree char *text = learn(poor, dir, "runs now", "is not better");
    expect(text, "learn: 0 of 48 frames for the next round");
    expect(text, "learn: round 1: ");
    expect(text, " pictures to learn from, 12 held back; the teacher looks at them");
    expect(text, "round 1 is better and runs now");
    expect_state(dir, "\"best\":\t1,");
    expect_state(dir, "\"phase\":\t\"collect\"");
    // The next run starts with the specialist.
    g_autofree char *again = learn(poor, dir, "frames for the next round", NULL);
    expect_state(dir, "\"best\":\t1,");
    g_autofree char *file = g_build_filename(dir, "rounds", "0001.safetensors", NULL);
    assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
}

// Stopped during training, a new run continues without collecting frames again.
static void goes_on_after_a_stop(void **state)
{
    (void)state;
    g_autofree char *dir = clip_path("stopped");
    g_autofree char *text = learn(poor, dir, "round 1: training", NULL);
    assert_null(strstr(text, "failed"));
    expect_state(dir, "\"phase\":\t\"train\"");
    g_autofree char *again = learn(poor, dir, "runs now", "is not better");
    expect(again, "learn: goes on with round 1");
    assert_null(strstr(again, "failed"));
}

// A specialist that proves worse on newer frames is replaced by the model before it.
static void a_worse_one_goes_back(void **state)
{
    (void)state;
    g_autofree char *dir = clip_path("back");
    g_autofree char *rounds = g_build_filename(dir, "rounds", NULL);
    g_autofree char *state_file = g_build_filename(dir, "state.json", NULL);
    g_autofree char *best = g_build_filename(rounds, "0001.safetensors", NULL);
    assert_int_equal(g_mkdir_with_parents(rounds, 0777), 0);
    model_write(best);
    g_autofree char *json =
        g_strdup_printf("{\"phase\":\"collect\",\"round\":1,\"best\":1,\"before\":0,\"checked\":1,"
                        "\"model\":\"%s\",\"teacher\":\"%s\"}",
                        teacher, teacher);
    assert_true(g_file_set_contents(state_file, json, -1, NULL));
    g_autofree char *text = learn(teacher, dir, "goes back", "training");
    expect(text, "learn: goes back: on ");
    expect(text, " new pictures AP50 0.0");
    expect(text, "teacher.onnx 1.000");
    expect_state(dir, "\"best\":\t0,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_better_one_takes_over),
        cmocka_unit_test(goes_on_after_a_stop),
        cmocka_unit_test(a_worse_one_goes_back),
    };
    return cmocka_run_group_tests(tests, make_files, free_files);
}
