// SPDX-License-Identifier: MIT
// neroscale run on a fake V4L2 camera, preloaded, which can be unplugged.
#include "pipeline/camera.h"
#include "tests/pipeline/clip.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAMERA "/dev/video57"

#define TIMES 3 // to another number, at that one, and back

static char *model, *gone, *moved, *json;

static int make_files(void **state)
{
    (void)state;
    model = clip_path("camera.safetensors");
    model_write(model);
    gone = clip_path("gone");
    moved = clip_path("moved");
    json = clip_path("camera.jsonl");
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(model);
    g_free(gone);
    g_free(moved);
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
    env = g_environ_setenv(env, "FAKE_CAMERA_MOVED", moved, TRUE);
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
    run_state r = start("30");
    wait_for_frames(10);
    unplug();
    assert_true(wait_for(&r, "is still away"));
    plug_in(NULL); // the lines are whole, too, although the file stays open
    static const char *const words[] = {"'" CAMERA "' was lost (it is unplugged)",
                                        "trying again in 0.5 s", "'" CAMERA "' is back", NULL};
    assert_int_equal(finish(&r, words), 0);
}

// Again and again, at the same number and at another one.
static void comes_back_under_any_number(void **state)
{
    (void)state;
    run_state r = start(NULL);
    for (int i = 0; i < TIMES; i++) {
        wait_for_frames(10 * (i + 1));
        g_string_truncate(r.text, 0);
        unplug();
        assert_true(wait_for(&r, "was lost"));
        if (i < 2)
            assert_true(g_file_set_contents(moved, "", 0, NULL));
        else
            g_unlink(moved);
        g_unlink(gone);
        assert_true(wait_for(&r, "is back"));
    }
    kill(r.pid, SIGINT);
    assert_int_equal(finish(&r, (const char *const[]){NULL}), 0);
    g_unlink(moved);
}

static void says_when_it_has_another_size(void **state)
{
    (void)state;
    run_state r = start_waiting("5", "--camera-size=640x480");
    static const char *const words[] = {"has no pictures of 640x480; it sends 160x120", NULL};
    assert_int_equal(finish(&r, words), 0);
}

static void expect_choice(const char *offers, int width, int height, const char *chosen)
{
    g_autoptr(GstCaps) all = gst_caps_from_string(offers), right = gst_caps_from_string(chosen);
    g_autoptr(GstCaps) found = vp_camera_choose(all, width, height);
    g_autofree char *text = gst_caps_to_string(found);
    if (!gst_caps_is_equal(found, right))
        fail_msg("%s instead of %s", text, chosen);
}

static void takes_a_sensible_format(void **state)
{
    // what a usual webcam has: raw video at a high rate only when small
    static const char webcam[] =
        "video/x-raw,format=YUY2,width=1280,height=720,framerate={(fraction)10/1,(fraction)5/1};"
        "video/x-raw,format=YUY2,width=640,height=480,framerate={(fraction)30/1,(fraction)15/1};"
        "image/jpeg,width=1920,height=1080,framerate=(fraction)30/1;"
        "image/jpeg,width=1280,height=720,framerate={(fraction)60/1,(fraction)30/1};"
        "image/jpeg,width=640,height=480,framerate=(fraction)30/1";
    (void)state;
    gst_init(NULL, NULL);
    expect_choice(webcam, 0, 0, "image/jpeg,width=1280,height=720,framerate=30/1");
    expect_choice(webcam, 640, 480, "video/x-raw,format=YUY2,width=640,height=480,framerate=30/1");
    expect_choice(webcam, 1920, 1080, "image/jpeg,width=1920,height=1080,framerate=30/1");
    expect_choice(webcam, 4000, 3000, "image/jpeg,width=1920,height=1080,framerate=30/1");
    expect_choice(
        "video/x-raw,format=NV12,width=[32,4096,2],height=[32,2160,2],framerate=[1/1,60/1]", 0, 0,
        "video/x-raw,format=NV12,width=1280,height=720,framerate=30/1");
    expect_choice("video/x-raw,format=YUY2,width=160,height=120,framerate=5/1;"
                  "video/x-bayer,format=bggr,width=1280,height=720,framerate=30/1",
                  0, 0, "video/x-raw,format=YUY2,width=160,height=120,framerate=5/1");
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
    run_state r = start("10");
    assert_true(wait_for(&r, "waiting for up to 30 s"));
    plug_in(NULL);
    static const char *const words[] = {"'" CAMERA "' is there", NULL};
    assert_int_equal(finish(&r, words), 0);
    assert_int_equal(lines(), 10);
    unplug();
    r = start("10"); // frames that the camera showed are gone
    assert_int_equal(finish(&r, (const char *const[]){"exists already; --force", NULL}), 2);
    assert_int_equal(lines(), 10);
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
        cmocka_unit_test_teardown(comes_back_under_any_number, plug_in),
        cmocka_unit_test_teardown(says_when_it_has_another_size, plug_in),
        cmocka_unit_test(takes_a_sensible_format),
        cmocka_unit_test_teardown(ends_on_an_interrupt_while_it_waits, plug_in),
        cmocka_unit_test_teardown(says_when_there_is_no_camera, plug_in),
        cmocka_unit_test_teardown(waits_for_a_camera_that_is_not_plugged_in_yet, plug_in),
    };
    return cmocka_run_group_tests(tests, make_files, free_files);
}
