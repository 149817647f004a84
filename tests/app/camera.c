// SPDX-License-Identifier: MIT
// neroscale run on a fake V4L2 camera, preloaded, which can be unplugged.
#include "tests/pipeline/clip.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAMERA "/dev/video77"

static char *model, *gone, *json;

static int make_files(void **state)
{
    (void)state;
    model = clip_path("camera.safetensors");
    model_write(model);
    gone = clip_path("gone");
    json = clip_path("camera.jsonl");
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(model);
    g_free(gone);
    g_free(json);
    return 0;
}

static void unplug(void)
{
    assert_true(g_file_set_contents(gone, "", 0, NULL));
}

static int plug_in(void **state)
{
    (void)state;
    g_unlink(gone);
    g_unlink(json);
    return 0;
}

// A running neroscale, and what it wrote to stderr.
typedef struct run_state {
    GPid pid;
    int err;
    GString *text;
} run_state;

static run_state start_waiting(const char *frames, const char *wait)
{
    run_state r = {.text = g_string_new(NULL)};
    const char *argv[] = {
        g_getenv("NEROSCALE"), "run",  CAMERA, "--no-window", "-m", model, "--json", json, wait,
        frames ? "-n" : NULL,  frames, NULL};
    GError *error = NULL;
    g_auto(GStrv) env = g_get_environ();
    env = g_environ_setenv(env, "LD_PRELOAD", g_getenv("FAKE_CAMERA_LIBRARY"), TRUE);
    env = g_environ_setenv(env, "FAKE_CAMERA", CAMERA, TRUE);
    env = g_environ_setenv(env, "FAKE_CAMERA_GONE", gone, TRUE);
    if (!g_spawn_async_with_pipes(NULL, (char **)argv, env, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                  &r.pid, NULL, NULL, &r.err, &error))
        fail_msg("%s", error->message);
    return r;
}

static run_state start(const char *frames)
{
    return start_waiting(frames, "--wait=30");
}

// Reads stderr until it contains `word`; false when the program ends before.
static bool wait_for(run_state *r, const char *word)
{
    char bytes[256];
    ssize_t n;
    while ((!word || !strstr(r->text->str, word)) && (n = read(r->err, bytes, sizeof bytes)) > 0)
        g_string_append_len(r->text, bytes, n);
    return word && strstr(r->text->str, word);
}

// Waits for the end and returns the exit status; fails unless stderr contains `words`.
static int finish(run_state *r, const char *const *words)
{
    int status;
    wait_for(r, NULL);
    close(r->err);
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    for (; *words; words++)
        if (!strstr(r->text->str, *words))
            fail_msg("no '%s' in: %s", *words, r->text->str);
    g_string_free(r->text, TRUE);
    if (!WIFEXITED(status))
        fail_msg("died of signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int lines(void)
{
    g_autofree char *text = NULL;
    int n = 0;
    if (!g_file_get_contents(json, &text, NULL, NULL))
        return 0;
    for (const char *c = text; *c; c++)
        n += *c == '\n';
    return n;
}

static void wait_for_frames(int count)
{
    for (int i = 0; i < 600 && lines() < count; i++)
        g_usleep(50000);
    assert_true(lines() >= count);
}

static void plays_thirty_frames(void **state)
{
    (void)state;
    run_state r = start("30");
    assert_int_equal(finish(&r, (const char *const[]){NULL}), 0);
    assert_int_equal(lines(), 30);
}

static void waits_for_a_camera_that_was_unplugged(void **state)
{
    (void)state;
    run_state r = start("60");
    wait_for_frames(10);
    unplug();
    assert_true(wait_for(&r, "is still away"));
    plug_in(NULL); // the lines are whole, too, although the file stays open
    static const char *const words[] = {"'" CAMERA "' was lost (it is unplugged)",
                                        "trying again in 0.5 s", "'" CAMERA "' is back", NULL};
    assert_int_equal(finish(&r, words), 0);
}

static void ends_on_an_interrupt_while_it_waits(void **state)
{
    (void)state;
    run_state r = start(NULL);
    wait_for_frames(10);
    unplug();
    assert_true(wait_for(&r, "was lost"));
    kill(r.pid, SIGINT);
    assert_int_equal(finish(&r, (const char *const[]){NULL}), 0);
    assert_true(lines() >= 10); // every line is complete
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(json, &text, NULL, NULL));
    assert_true(g_str_has_suffix(text, "}\n"));
}

static void says_when_there_is_no_camera(void **state)
{
    (void)state;
    static const char *const waits[] = {"--wait=0", "--wait=1"};
    for (size_t i = 0; i < G_N_ELEMENTS(waits); i++) {
        unplug();
        run_state r = start_waiting("5", waits[i]);
        const char *words[] = {"cannot open '" CAMERA "'", "No such file",
                               i > 0 ? "waiting for up to 1 s" : "cannot", NULL};
        assert_int_equal(finish(&r, words), 2);
        plug_in(NULL);
    }
}

static void waits_for_a_camera_that_is_not_plugged_in_yet(void **state)
{
    (void)state;
    unplug();
    run_state r = start("30");
    assert_true(wait_for(&r, "waiting for up to 30 s"));
    plug_in(NULL);
    static const char *const words[] = {"'" CAMERA "' is there", NULL};
    assert_int_equal(finish(&r, words), 0);
    assert_int_equal(lines(), 30);
    unplug();
    r = start("30"); // frames that the camera showed are gone
    assert_int_equal(finish(&r, (const char *const[]){"exists already; --force", NULL}), 2);
    assert_int_equal(lines(), 30);
    g_unlink(json);
    r = start_waiting(NULL, "--wait"); // waits for ever, until the user stops it
    assert_true(wait_for(&r, "Ctrl-C ends"));
    kill(r.pid, SIGINT);
    assert_int_equal(finish(&r, (const char *const[]){NULL}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(plays_thirty_frames, plug_in),
        cmocka_unit_test_teardown(waits_for_a_camera_that_was_unplugged, plug_in),
        cmocka_unit_test_teardown(ends_on_an_interrupt_while_it_waits, plug_in),
        cmocka_unit_test_teardown(says_when_there_is_no_camera, plug_in),
        cmocka_unit_test_teardown(waits_for_a_camera_that_is_not_plugged_in_yet, plug_in),
    };
    return cmocka_run_group_tests(tests, make_files, free_files);
}
