// SPDX-License-Identifier: MIT
// neroscale run --record, stopped or killed: the recording can be played up to that time.
#include "pipeline/reader.h"
#include "tests/app/spawn.h"
#include "tests/pipeline/clip.h"
#include "tests/support/test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { SOME = 24000 }; // bytes: some seconds of a white ball on black

static const char model[] = "person"; // finds nothing in these small frames

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : 0;
}

// Records until the file, and `json` unless NULL, has content, then sends a signal, as timeout does
// more than once, so that the last ones find a program whose run has ended. Returns the status of
// waitpid.
static int record_until(const char *record, const char *json, int number)
{
    GPid pid;
    int status;
    g_autofree char *part = g_strconcat(record, ".part", NULL);
    const char *argv[] = {
        g_getenv("NEROSCALE"),  "run", "test", "--no-window", "-m", model, "--record", record,
        json ? "--json" : NULL, json,  NULL};
    assert_true(g_spawn_async(NULL, (char **)argv, NULL,
                              G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                              &pid, NULL));
    for (int i = 0; i < 3000 && size_of(part) < SOME; i++)
        g_usleep(10000);
    pid_t ended = 0;
    for (int i = 0; i < 100 && ended == 0; i++) {
        kill(pid, number);
        g_usleep(5000);
        ended = waitpid(pid, &status, WNOHANG);
    }
    assert_int_equal(ended ? ended : waitpid(pid, &status, 0), pid);
    assert_true(size_of(part) >= SOME || size_of(record) >= SOME);
    return status;
}

// Decodes the file; fails unless each frame is 1/30 s after the one before. Returns their number.
static int frames_in(const char *path)
{
    vp_reader *r;
    nn_frame f;
    nn_error err = {0};
    int n = 0, got;
    if (vp_reader_open(&r, path, 0, 0, &err) != NN_OK)
        fail_msg("%s", err.text);
    while ((got = vp_reader_next(r, &f, &err)) == 1) {
        assert_in_range(vp_reader_time(r) / 1000000 + 2, n * 1000 / 30, n * 1000 / 30 + 4);
        n++;
    }
    if (got < 0)
        fail_msg("%s", err.text);
    vp_reader_close(r);
    return n;
}

static int count_lines(const char *path)
{
    g_autofree char *text = NULL;
    int n = 0;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_true(g_str_has_suffix(text, "}\n"));
    for (const char *c = text; *c; c++)
        n += *c == '\n';
    return n;
}

static const char *const names[] = {"signal.mp4", "signal.mkv"};

static void every_signal_ends_it_whole(void **state)
{
    (void)state;
    static const int numbers[] = {SIGHUP, SIGTERM};
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *record = clip_path(names[i % 2]), *json = clip_path("signal.jsonl");
        g_autofree char *part = g_strconcat(record, ".part", NULL);
        const int status = record_until(record, json, numbers[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_int_not_equal(g_access(part, F_OK), 0);
        assert_int_equal(frames_in(record), count_lines(json));
        g_unlink(record);
    }
}

// A finished recording can be seeked and has a duration.
static void can_be_wound(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        vp_reader *r;
        nn_frame f;
        nn_error err = {0};
        g_autofree char *record = clip_path(names[i]);
        spawn_output o = spawn_run("run", "test", "--no-window", "-m", model, "--record", record,
                                   "-n", "90", NULL);
        assert_int_equal(o.status, 0);
        spawn_release(&o);
        assert_int_equal(vp_reader_open(&r, record, 0, 0, &err), NN_OK);
        assert_int_equal(vp_reader_next(r, &f, &err), 1);
        assert_in_range(vp_reader_length(r), 88, 91);
        assert_int_equal(vp_reader_seek(r, 2000000000, &err), NN_OK);
        assert_int_equal(vp_reader_next(r, &f, &err), 1);
        assert_in_range(vp_reader_time(r) / 1000000, 1960, 2040);
        vp_reader_close(r);
    }
}

static void plays_after_a_kill(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *record = clip_path(names[i]), *part = g_strconcat(record, ".part", NULL);
        const char *dot = strrchr(names[i], '.');
        g_autofree char *name = g_strconcat("signal.recovered", dot, NULL);
        g_autofree char *kept = clip_path(name);
        g_unlink(record);
        assert_true(WIFSIGNALED(record_until(record, NULL, SIGKILL)));
        const int left = frames_in(part);
        assert_true(left >= 30);
        assert_int_not_equal(g_access(record, F_OK), 0);
        // The next run names the recording and does not change it.
        spawn_output o = spawn_run("run", "test", "--no-window", "-m", model, "--record", record,
                                   "-n", "5", NULL);
        assert_int_equal(o.status, 0);
        spawn_expect(o.err, kept);
        spawn_release(&o);
        assert_int_equal(frames_in(kept), left);
        assert_int_equal(frames_in(record), 5);
        assert_int_not_equal(g_access(part, F_OK), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signal_ends_it_whole),
        cmocka_unit_test(can_be_wound),
        cmocka_unit_test(plays_after_a_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
