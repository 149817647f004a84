// SPDX-License-Identifier: MIT
// The password of a camera is in nothing that neroscale run writes, nor in what others see of the
// process.
#include "tests/pipeline/clip.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECRET "xyzzy-4711"
#define STREAM                                                                                     \
    "videotestsrc is-live=true pattern=ball ! "                                                    \
    "video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! "                               \
    "x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0"

static char *model, *folder;
static GPid server;
static int port;

static int make_files(void **state)
{
    (void)state;
    model = clip_path("secrets.safetensors");
    model_write(model);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(model);
    return 0;
}

static void start_server(void)
{
    char line[16] = "";
    int out;
    const char *argv[] = {g_getenv("RTSP_SERVER"), "0", "any", STREAM, "rider", SECRET, NULL};
    assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                         NULL, &server, NULL, &out, NULL, NULL));
    assert_true(read(out, line, sizeof line - 1) > 0);
    port = (int)g_ascii_strtoll(line, NULL, 10);
    close(out);
}

static void kill_server(void)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static bool holds_secret(const char *path)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    return g_file_get_contents(path, &text, &size, NULL) && size > 0 &&
           memmem(text, size, SECRET, strlen(SECRET));
}

// Fails when a file of the folder, or of one inside of it, has the password. Returns the number of
// files.
static int search(const char *dir)
{
    int count = 0;
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *name; d && (name = g_dir_read_name(d));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            count += search(path);
        else if (++count && !g_str_has_suffix(name, ".sources") && holds_secret(path))
            fail_msg("the password is in %s", path);
    }
    if (d)
        g_dir_close(d);
    return count;
}

static char *in_folder(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static gint64 size_of(const char *path)
{
    GStatBuf st;
    return g_stat(path, &st) == 0 ? st.st_size : 0;
}

// Waits until a file has grown beyond some bytes.
static void wait_for(const char *path, gint64 bytes)
{
    for (int i = 0; i < 600 && size_of(path) <= bytes; i++)
        g_usleep(50000);
    assert_true(size_of(path) > bytes);
}

static void wait_for_word(const char *path, const char *word)
{
    g_autofree char *text = NULL;
    for (int i = 0; i < 600 && !(text && strstr(text, word)); i++) {
        g_usleep(50000);
        g_free(text);
        text = NULL;
        g_file_get_contents(path, &text, NULL, NULL);
    }
    if (!text || !strstr(text, word))
        fail_msg("no '%s' in: %s", word, text);
}

typedef struct way {
    const char *name;
    bool named, from_file, from_environment;
} way;

static GPid start_run(const way *w, const char *url)
{
    g_autofree char *json = in_folder("found.jsonl"), *record = in_folder("film.mkv"),
                    *events = in_folder("events"), *sources = in_folder("list.sources"),
                    *learn = in_folder("learn"), *out = in_folder("out"), *err = in_folder("err"),
                    *debug = in_folder("debug");
    g_autofree char *list = g_strdup_printf("# the yard\n\n %s \n", url);
    assert_true(g_file_set_contents(sources, list, -1, NULL));
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const char *argv[32] = {g_getenv("NEROSCALE"),
                                "run",
                                "--no-window",
                                "-m",
                                model,
                                "--json",
                                json,
                                "--record",
                                record,
                                "--record-events",
                                events,
                                "--record-on",
                                "ball",
                                "--learn-dir",
                                learn};
        int n = 15;
        if (w->named)
            argv[n++] = url;
        if (w->from_file)
            argv[n++] = "--source-file", argv[n++] = sources;
        if (w->from_environment)
            g_setenv("NEROSCALE_SOURCE", url, TRUE);
        g_setenv("GST_DEBUG", "nero*:9", TRUE);
        g_setenv("GST_DEBUG_FILE", debug, TRUE);
        if (!freopen(out, "w", stdout) || !freopen(err, "w", stderr))
            _exit(126);
        execv(argv[0], (char **)argv);
        _exit(127);
    }
    return child;
}

static void is_never_shown(void **state)
{
    static const way ways[] = {{"argument", .named = true},
                               {"file", .from_file = true},
                               {"environment", .from_environment = true}};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        start_server();
        folder = clip_path(ways[i].name);
        assert_int_equal(g_mkdir(folder, 0777), 0);
        g_autofree char *url = g_strdup_printf("rtspt://rider:" SECRET "@127.0.0.1:%d/live", port);
        g_autofree char *json = in_folder("found.jsonl"), *err = in_folder("err");
        const GPid run = start_run(&ways[i], url);
        wait_for(json, 2000); // frames have come, so the password was used
        g_autofree char *line = g_strdup_printf("/proc/%d/cmdline", (int)run);
        g_autofree char *words = NULL;
        gsize size = 0;
        assert_true(g_file_get_contents(line, &words, &size, NULL));
        assert_null(memmem(words, size, SECRET, strlen(SECRET)));
        assert_true(!ways[i].named || memmem(words, size, "rider:***@", 10));
        kill_server();
        wait_for_word(err, "was lost");
        kill(run, SIGINT);
        int status;
        assert_int_equal(waitpid(run, &status, 0), run);
        assert_true(WIFEXITED(status));
        g_autofree char *text = NULL;
        assert_true(g_file_get_contents(err, &text, NULL, NULL));
        assert_non_null(strstr(text, "rtspt://rider:***@127.0.0.1"));
        assert_true(search(folder) >= 5);
        g_autofree char *remove = g_strdup_printf("rm -r '%s'", folder);
        assert_int_equal(system(remove), 0);
        g_clear_pointer(&folder, g_free);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_never_shown)};
    return cmocka_run_group_tests(tests, make_files, free_files);
}
