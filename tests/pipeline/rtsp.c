// SPDX-License-Identifier: MIT
// Cameras that speak RTSP, played from a real server: over UDP and TCP, slow, lost, frozen,
// refused.
#include "pipeline/pipeline.h"
#include "pipeline/reader.h"
#include "pipeline/state.h"

#include "clip.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

#include <glib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define BALL                                                                                       \
    "videotestsrc is-live=true pattern=ball ! "                                                    \
    "video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! "
#define H264 BALL "x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0"
#define MJPEG BALL "jpegenc ! rtpjpegpay name=pay0"

// More frames than can be under way on a busy machine when the server is killed at the 20th.
enum { ENOUGH = 120 };

static char *model;

static int make_files(void **state)
{
    (void)state;
    model = clip_path("model.safetensors");
    model_write(model);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_clear_pointer(&model, g_free);
    return 0;
}

// --- the camera ---

static GPid server;
static int port;

// Starts the server on `port`, 0: any free one. A fixed port simulates a camera that comes back.
static void start_server(const char *protocols, const char *stream, const char *user)
{
    char at[16], line[16] = "";
    int out;
    g_snprintf(at, sizeof at, "%d", port);
    const char *argv[] = {g_getenv("RTSP_SERVER"),       at,  protocols, stream, user,
                          user ? "correct horse" : NULL, NULL};
    GError *error = NULL;
    if (!g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                  &server, NULL, &out, NULL, &error))
        fail_msg("%s", error->message);
    if (read(out, line, sizeof line - 1) <= 0)
        fail_msg("the RTSP server does not start");
    port = (int)g_ascii_strtoll(line, NULL, 10);
    close(out);
}

static void kill_server(void)
{
    if (server) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    server = 0;
}

static int end_server(void **state)
{
    (void)state;
    kill_server();
    port = 0;
    return 0;
}

static char *uri(const char *scheme, const char *path)
{
    return g_strdup_printf("%s://127.0.0.1:%d/%s", scheme, port, path);
}

// --- the program ---

typedef struct watched {
    int kill_at, stop_at;       // after this frame; 0: never
    const char *events;         // folder for clips of events
    const char *restart_notice; // start the server again when this is said
    double wait;                // seconds for a camera that is not up yet
    bool stop;                  // with the first notice
    int sleep_ms;               // after each frame
    uint64_t first_pts, last_pts;
    GString *notes;
    vp_pipeline *running;
} watched;

static void see_frame(void *user, int64_t frame, const nn_result *result)
{
    watched *w = user;
    if (frame == w->kill_at)
        kill_server();
    if (frame == w->stop_at)
        kill(server, SIGSTOP);
    if (w->sleep_ms)
        g_usleep((gulong)w->sleep_ms * 1000);
    if (!result || result->source_pts == UINT64_MAX)
        return;
    if (frame == 5) // the first ones may come in a burst
        w->first_pts = result->source_pts;
    w->last_pts = result->source_pts;
}

static void see_notice(void *user, const char *line)
{
    watched *w = user;
    g_string_append_printf(w->notes, "%s\n", line);
    if (w->restart_notice && strstr(line, w->restart_notice)) {
        kill_server();
        start_server("any", H264, NULL);
        w->restart_notice = NULL;
    }
    if (w->stop)
        vp_pipeline_stop(w->running);
}

static vp_stats play(const char *input, int frames, const char *json, watched *w)
{
    vp_options o = {.input = input,
                    .model = model,
                    .json = json,
                    .record_events = w->events,
                    .event_before = 1,
                    .event_after = 1,
                    .threshold = -1,
                    .iou_threshold = -1,
                    .interval = 1,
                    .threads = 1,
                    .max_frames = frames,
                    .wait = w->wait,
                    .on_frame = see_frame,
                    .on_notice = see_notice,
                    .user = w};
    vp_pipeline *p;
    nn_error err = {0};
    w->notes = g_string_new(NULL);
    if (vp_pipeline_open(&p, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    w->running = p;
    if (vp_pipeline_run(p, &err) != NN_OK)
        fail_msg("%s\n%s", err.text, w->notes->str);
    vp_stats s = vp_pipeline_stats(p);
    vp_pipeline_free(p);
    return s;
}

static void plays_over_udp_and_tcp(void **state)
{
    (void)state;
    static const char *const ways[][3] = {
        {"rtsp", "any", H264},  {"rtspu", "udp", H264},
        {"rtspt", "any", H264}, {"rtsp", "tcp", MJPEG}, // what the client asks for first is refused
        {"rtsp", "any", MJPEG},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        start_server(ways[i][1], ways[i][2], NULL);
        g_autofree char *camera = uri(ways[i][0], "live");
        watched w = {0};
        vp_stats s = play(camera, 20, NULL, &w);
        assert_int_equal(s.frames, 20);
        assert_true(s.detections > 0);
        assert_int_equal(s.reconnects, 0);
        assert_true(s.seconds < 30); // it is a second long
        g_string_free(w.notes, TRUE);
        end_server(NULL);
    }
}

static void frames_do_not_pile_up_behind_a_slow_reader(void **state)
{
    (void)state;
    enum { FRAMES = 30, SLEEP_MS = 120 }; // three times longer than a frame lasts
    start_server("any", H264, NULL);
    g_autofree char *camera = uri("rtspt", "live");
    watched w = {.sleep_ms = SLEEP_MS};
    assert_int_equal(play(camera, FRAMES, NULL, &w).frames, FRAMES);
    double streamed = (double)(w.last_pts - w.first_pts) / 1e6; // ms
    double passed = (FRAMES - 5) * SLEEP_MS;
    assert_true(streamed > 0.8 * passed);
    g_string_free(w.notes, TRUE);
}

static int lines_in(const char *path)
{
    g_autofree char *text = NULL;
    int lines = 0;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    return lines;
}

static void goes_on_when_a_lost_camera_is_back(void **state)
{
    (void)state;
    static const char *const schemes[] = {"rtspt", "rtsp"};
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        start_server("any", H264, NULL);
        g_autofree char *camera = uri(schemes[i], "live"), *json = clip_path("lost.jsonl");
        watched w = {.kill_at = 20, .restart_notice = "is still away"};
        vp_stats s = play(camera, ENOUGH, json, &w);
        assert_int_equal(s.frames, ENOUGH);
        assert_int_equal(lines_in(json), ENOUGH);
        assert_true(s.reconnects >= 2);
        if (!strstr(w.notes->str, "was lost") || !strstr(w.notes->str, "trying again in 0.5 s") ||
            !strstr(w.notes->str, "is still away") || !strstr(w.notes->str, "is back"))
            fail_msg("unclear: %s", w.notes->str);
        g_string_free(w.notes, TRUE);
        end_server(NULL);
    }
}

// Lines of JSON have the camera's own clock, from its RTCP reports, which come after some seconds.
static void lines_have_the_clock_of_the_camera(void **state)
{
    (void)state;
    start_server("any", H264, NULL);
    g_autofree char *camera = uri("rtspt", "live"), *json = clip_path("clock.jsonl");
    g_autofree char *text = NULL;
    watched w = {0};
    play(camera, 150, json, &w);
    assert_true(g_file_get_contents(json, &text, NULL, NULL));
    const char *at = g_strrstr(text, "\"sender_ntp_unix_timestamp_ns\":");
    assert_non_null(at);
    const gint64 sent = g_ascii_strtoll(strchr(at, ':') + 1, NULL, 10) / 1000;
    assert_true(ABS(g_get_real_time() - sent) < 600 * G_USEC_PER_SEC); // the same machine, busy
    g_string_free(w.notes, TRUE);
}

// Clips of what the camera sent, which end where it was lost; all can be played.
static void records_events_of_a_camera_that_is_lost(void **state)
{
    (void)state;
    start_server("any", H264, NULL);
    g_autofree char *camera = uri("rtspt", "live"), *dir = clip_path("events");
    watched w = {.kill_at = 40, .restart_notice = "is still away", .events = dir};
    const vp_stats s = play(camera, ENOUGH, NULL, &w);
    assert_int_equal(s.frames, ENOUGH);
    assert_true(s.events >= 1);
    int clips = 0;
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *name; (name = g_dir_read_name(d));) {
        vp_reader *r;
        nn_frame f;
        nn_error err = {0};
        int frames = 0;
        g_autofree char *path = g_build_filename(dir, name, NULL);
        assert_false(g_str_has_suffix(name, ".part"));
        if (!g_str_has_suffix(name, ".mkv"))
            continue;
        clips++;
        assert_int_equal(vp_reader_open(&r, path, 0, 0, &err), NN_OK);
        while (vp_reader_next(r, &f, &err) == 1)
            frames++;
        assert_true(frames >= 5); // a busy machine leaves some out
        vp_reader_close(r);
    }
    g_dir_close(d);
    assert_int_equal(clips, s.events);
    g_string_free(w.notes, TRUE);
}

static void notices_a_frozen_camera(void **state)
{
    (void)state;
    start_server("any", H264, NULL);
    g_autofree char *camera = uri("rtspt", "live");
    watched w = {.stop_at = 20, .restart_notice = "no frame came"};
    assert_int_equal(play(camera, ENOUGH, NULL, &w).frames, ENOUGH);
    if (!strstr(w.notes->str, "no frame came for 10 s") || !strstr(w.notes->str, "is back"))
        fail_msg("unclear: %s", w.notes->str);
    g_string_free(w.notes, TRUE);
}

static void waits_for_a_camera_that_is_not_up_yet(void **state)
{
    (void)state;
    static const char *const schemes[] = {"rtsp", "rtspt"};
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        start_server("any", H264, NULL); // to learn of a port
        kill_server();
        g_autofree char *camera = uri(schemes[i], "live");
        watched w = {.wait = 60, .restart_notice = "waiting for up to 60 s"};
        const vp_stats s = play(camera, 20, NULL, &w);
        assert_int_equal(s.frames, 20);
        assert_int_equal(s.reconnects, 0);
        if (!strstr(w.notes->str, "is there") || !strstr(w.notes->str, "cannot connect"))
            fail_msg("unclear: %s", w.notes->str);
        g_string_free(w.notes, TRUE);
        end_server(NULL);
    }
}

static vp_options nobody_answers(watched *w)
{
    return (vp_options){.input = "rtsp://127.0.0.1:9/live",
                        .model = model,
                        .threshold = -1,
                        .iou_threshold = -1,
                        .interval = 1,
                        .wait = 2,
                        .on_notice = see_notice,
                        .user = w};
}

static void waiting_ends_by_its_limit_or_at_once(void **state)
{
    (void)state;
    const gint64 start = g_get_monotonic_time();
    watched w = {.wait = 2, .notes = g_string_new(NULL)};
    const vp_options o = nobody_answers(&w);
    vp_pipeline *p;
    nn_error err = {0};
    assert_int_equal(vp_pipeline_open(&p, &o, &err), NN_OK);
    assert_int_not_equal(vp_pipeline_run(p, &err), NN_OK);
    vp_pipeline_free(p);
    const gint64 took = g_get_monotonic_time() - start;
    assert_true(took > 2 * G_USEC_PER_SEC && took < 60 * G_USEC_PER_SEC);
    assert_non_null(strstr(err.text, "cannot connect"));
    assert_non_null(strstr(w.notes->str, "waiting for up to 2 s"));
    assert_ptr_equal(strchr(w.notes->str, '\n'), w.notes->str + w.notes->len - 1); // said once
    g_string_free(w.notes, TRUE);

    watched stopped = {.wait = 1e10, .stop = true};
    const gint64 again = g_get_monotonic_time();
    assert_int_equal(play("rtsp://127.0.0.1:9/live", 5, NULL, &stopped).frames, 0);
    assert_true(g_get_monotonic_time() - again < 60 * G_USEC_PER_SEC);
    g_string_free(stopped.notes, TRUE);
}

// Makes the connection of a source that is opened again fail just while the run's start changes the
// state of the bin around it: each waits for the other.
static struct {
    GMutex lock;
    GCond changed;
    int connections, errors;
    bool starts;
} meeting;

static void see_progress(GstBus *bus, GstMessage *message, gpointer unused)
{
    g_autofree char *code = NULL;
    GstProgressType type;
    (void)bus;
    (void)unused;
    gst_message_parse_progress(message, &type, &code, NULL);
    if (type != GST_PROGRESS_TYPE_CONTINUE || !g_str_equal(code, "connect"))
        return;
    g_mutex_lock(&meeting.lock);
    meeting.connections++;
    while (meeting.connections > 1 && !meeting.starts)
        g_cond_wait(&meeting.changed, &meeting.lock);
    g_mutex_unlock(&meeting.lock);
}

static void see_error(GstBus *bus, GstMessage *message, gpointer unused)
{
    (void)bus;
    (void)message;
    (void)unused;
    g_mutex_lock(&meeting.lock);
    meeting.errors++;
    g_cond_broadcast(&meeting.changed);
    g_mutex_unlock(&meeting.lock);
}

// Inside of that bin. Only bins are told to stay in a state.
typedef GstBin Holder;
typedef GstBinClass HolderClass;
static GType holder_get_type(void);
G_DEFINE_TYPE(Holder, holder, GST_TYPE_BIN)

static GstStateChangeReturn hold(GstElement *element, GstStateChange change)
{
    if (change == GST_STATE_CHANGE_PAUSED_TO_PAUSED) {
        g_mutex_lock(&meeting.lock);
        const int before = meeting.errors;
        meeting.starts = true;
        g_cond_broadcast(&meeting.changed);
        while (meeting.errors == before)
            g_cond_wait(&meeting.changed, &meeting.lock);
        meeting.starts = false;
        g_mutex_unlock(&meeting.lock);
    }
    return GST_ELEMENT_CLASS(holder_parent_class)->change_state(element, change);
}

static void holder_class_init(HolderClass *klass)
{
    GST_ELEMENT_CLASS(klass)->change_state = hold;
}

static void holder_init(Holder *self)
{
    (void)self;
}

static void add_holder(GstBin *pipeline, GstElement *element, gpointer unused)
{
    (void)pipeline;
    (void)unused;
    if (GST_IS_BIN(element))
        gst_bin_add(GST_BIN(element), g_object_new(holder_get_type(), NULL));
}

// The bin around it then removes it before anybody reads its error.
static void hears_a_source_that_fails_while_it_starts(void **state)
{
    (void)state;
    watched w = {.notes = g_string_new(NULL)};
    const vp_options o = nobody_answers(&w);
    vp_pipeline *p;
    nn_error err = {0};
    assert_int_equal(vp_pipeline_open(&p, &o, &err), NN_OK);
    g_autoptr(GstBus) bus = gst_element_get_bus(p->pipeline);
    gst_bus_enable_sync_message_emission(bus);
    g_signal_connect(bus, "sync-message::progress", G_CALLBACK(see_progress), NULL);
    g_signal_connect(bus, "sync-message::error", G_CALLBACK(see_error), NULL);
    g_signal_connect(p->pipeline, "element-added", G_CALLBACK(add_holder), NULL);
    assert_int_not_equal(vp_pipeline_run(p, &err), NN_OK);
    vp_pipeline_free(p);
    assert_true(meeting.errors > 1);
    assert_non_null(strstr(err.text, "cannot connect"));
    g_string_free(w.notes, TRUE);
}

static void expect_failure(const char *input, const char *word, const char *word2)
{
    vp_options o = {.input = input,
                    .model = model,
                    .threshold = -1,
                    .iou_threshold = -1,
                    .interval = 1,
                    .max_frames = 5};
    vp_pipeline *p;
    nn_error err = {0};
    gint64 start = g_get_monotonic_time();
    assert_int_equal(vp_pipeline_open(&p, &o, &err), NN_OK);
    assert_int_not_equal(vp_pipeline_run(p, &err), NN_OK);
    vp_pipeline_free(p);
    if (!strstr(err.text, input) || !strstr(err.text, word) || !strstr(err.text, word2))
        fail_msg("'%s' has not all of '%s', '%s', '%s'", err.text, input, word, word2);
    assert_null(strchr(err.text, '\n'));
    assert_true(g_get_monotonic_time() - start < 60 * G_USEC_PER_SEC);
}

static void says_why_it_cannot_connect(void **state)
{
    (void)state;
    start_server("any", H264, "rider");
    g_autofree char *wrong = uri("rtsp", "wrong"), *closed = uri("rtsp", "live");
    g_autofree char *open =
        g_strdup_printf("rtsp://rider:correct%%20horse@127.0.0.1:%d/live", port);
    expect_failure(closed, "password", "rtsp://USER:PASSWORD@HOST");
    watched w = {0};
    assert_int_equal(play(open, 5, NULL, &w).frames, 5);
    g_string_free(w.notes, TRUE);
    kill_server();
    expect_failure(closed, "cannot connect", "port");
    start_server("any", H264, NULL);
    expect_failure(wrong, "cannot open", "ot found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(plays_over_udp_and_tcp, end_server),
        cmocka_unit_test_teardown(frames_do_not_pile_up_behind_a_slow_reader, end_server),
        cmocka_unit_test_teardown(goes_on_when_a_lost_camera_is_back, end_server),
        cmocka_unit_test_teardown(records_events_of_a_camera_that_is_lost, end_server),
        cmocka_unit_test_teardown(lines_have_the_clock_of_the_camera, end_server),
        cmocka_unit_test_teardown(notices_a_frozen_camera, end_server),
        cmocka_unit_test_teardown(waits_for_a_camera_that_is_not_up_yet, end_server),
        cmocka_unit_test_teardown(waiting_ends_by_its_limit_or_at_once, end_server),
        cmocka_unit_test(hears_a_source_that_fails_while_it_starts),
        cmocka_unit_test_teardown(says_why_it_cannot_connect, end_server),
    };
    return cmocka_run_group_tests(tests, make_files, free_files);
}
