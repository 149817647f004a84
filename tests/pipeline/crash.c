// SPDX-License-Identifier: MIT
// A decoder that crashes or hangs: one line names the input, written files are complete, and the
// exit status tells. The program runs itself as the child that crashes.
#include "clip.h"
#include "pipeline/pipeline.h"
#include "pipeline/reader.h"
#include "pipeline/state.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GOOD = 90 }; // pictures that are decoded before it happens

static char *self, *model, *film;

// --- the child: an element in front of the JPEG decoder that fails at a frame ---

static const char *how, *written; // `written`: its lines of JSON

static int lines_of(const char *path)
{
    g_autofree char *text = NULL;
    int n = 0;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    for (const char *c = text; *c; c++)
        n += *c == '\n';
    return n;
}

static GstPadProbeReturn misbehave(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    static int seen;
    (void)pad;
    (void)info;
    (void)data;
    if (++seen <= GOOD)
        return GST_PAD_PROBE_OK;
    while (lines_of(written) < GOOD) // what went before is to be through
        g_usleep(20000);
    vp_decoder_patience_ms = 1500;
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "hang") == 0)
        for (;;)
            pause();
    raise(SIGSEGV);
    return GST_PAD_PROBE_OK;
}

static void watch_decoders(GstBin *bin, GstBin *sub, GstElement *e, gpointer data)
{
    (void)bin;
    (void)sub;
    (void)data;
    GstElementFactory *f = gst_element_get_factory(e);
    if (f && strcmp(GST_OBJECT_NAME(f), "jpegdec") == 0) {
        g_autoptr(GstPad) pad = gst_element_get_static_pad(e, "sink");
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, misbehave, NULL, NULL);
    }
}

static int misbehaving_child(char **argv)
{
    vp_pipeline *p;
    nn_error err = {0};
    g_set_prgname("child");
    how = argv[2];
    written = argv[5];
    vp_options o = {.input = argv[3],
                    .model = argv[4],
                    .json = argv[5],
                    .record = argv[6],
                    .threshold = 1,
                    .iou_threshold = -1,
                    .interval = 1,
                    .threads = 1};
    nn_status status = vp_pipeline_open(&p, &o, &err);
    if (status == NN_OK) {
        g_signal_connect(p->pipeline, "deep-element-added", G_CALLBACK(watch_decoders), NULL);
        status = vp_pipeline_run(p, &err);
    }
    fprintf(stderr, "child: %s\n", err.text);
    return status == NN_OK ? 0 : 2;
}

// --- the parent ---

static int make_files(void **state)
{
    (void)state;
    model = clip_path("model.safetensors");
    model_write(model);
    film = clip_path("crash me.avi");
    g_autofree char *text =
        g_strdup_printf("videotestsrc pattern=ball num-buffers=100 ! video/x-raw,width=64,height="
                        "48,framerate=25/1 ! jpegenc ! avimux ! filesink location=\"%s\"",
                        film);
    clip_play(text);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(model);
    g_free(film);
    return 0;
}

// The status of waitpid, and the output (g_free).
static int run_child(const char *what, const char *json, const char *record, char **said)
{
    int status;
    const char *argv[] = {self, "child", what, film, model, json, record, NULL};
    assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, said,
                             &status, NULL));
    return status;
}

static int frames_in(const char *path)
{
    vp_reader *r;
    nn_frame f;
    nn_error err = {0};
    int n = 0;
    if (vp_reader_open(&r, path, 0, 0, &err) != NN_OK)
        fail_msg("%s", err.text);
    while (vp_reader_next(r, &f, &err) == 1)
        n++;
    vp_reader_close(r);
    return n;
}

static void expect_lines(const char *path, int lines)
{
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_true(g_str_has_suffix(text, "}\n"));
    assert_int_equal(lines_of(path), lines);
}

static void expect_words(const char *said, const char *const *words)
{
    for (; *words; words++)
        if (!strstr(said, *words))
            fail_msg("no '%s' in: %s", *words, said);
    if (strchr(said, '\n') != said + strlen(said) - 1)
        fail_msg("not one line: %s", said);
}

static void test_crash(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); // it takes the signals that this is about
#endif
    static const struct {
        const char *how, *name;
        int number;
    } cases[] = {{"fault", "crash.mp4", SIGSEGV}, {"abort", "crash.mkv", SIGABRT}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *record = clip_path(cases[i].name), *json = clip_path("crash.jsonl");
        g_autofree char *part = g_strconcat(record, ".part", NULL), *said = NULL;
        const int status = run_child(cases[i].how, json, record, &said);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), cases[i].number);
        expect_words(said, (const char *const[]){"child: crashed while it read '", "crash me.avi'",
                                                 i == 0 ? ": SIGSEGV in " : ": SIGABRT in ", "lib",
                                                 "(thread ", part, NULL});
        expect_lines(json, GOOD);
        assert_in_range(frames_in(part), GOOD - 20, GOOD);
        g_unlink(part);
    }
}

static void test_hang(void **state)
{
    (void)state;
    g_autofree char *record = clip_path("hang.mp4"), *json = clip_path("hang.jsonl"), *said = NULL;
    const int status = run_child("hang", json, record, &said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    expect_words(said, (const char *const[]){"crash me.avi", "gave no frame for", NULL});
    expect_lines(json, GOOD);
    assert_int_equal(frames_in(record), GOOD);
}

int main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[1], "child") == 0)
        return misbehaving_child(argv);
    self = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crash),
        cmocka_unit_test(test_hang),
    };
    return cmocka_run_group_tests(tests, make_files, free_files);
}
