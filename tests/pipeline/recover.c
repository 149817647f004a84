// SPDX-License-Identifier: MIT
// A run on an RTSP camera that fails in every way, again and again: it recovers within seconds of
// the camera's return, shows no old frame, and does not grow. With "--long" the whole list, minutes
// long; else a short one.
#include "pipeline/state.h"

#include "clip.h"
#include "tests/plugins/models.h"
#include "tests/support/stamp.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOURCE "videotestsrc is-live=true pattern=ball ! "
#define RAW(width, height)                                                                         \
    "video/x-raw,format=I420,width=" #width ",height=" #height ",framerate=25/1 ! "
#define CLOCK "identity name=clock ! "
#define H264 "x264enc tune=zerolatency key-int-max=25 ! h264parse ! identity name=noise ! "

// Each return of the camera takes the next of them.
static const char *const streams[] = {
    SOURCE RAW(192, 144) CLOCK H264 "rtph264pay config-interval=1 name=pay0",
    SOURCE RAW(384, 288) CLOCK H264 "rtph264pay config-interval=1 name=pay0",
    SOURCE RAW(192, 144) CLOCK "jpegenc ! rtpjpegpay name=pay0",
    SOURCE RAW(576, 432) CLOCK "x265enc tune=zerolatency key-int-max=25 speed-preset=ultrafast ! "
                               "h265parse ! rtph265pay config-interval=1 name=pay0",
    SOURCE "capsfilter name=size caps=video/x-raw,format=I420,width=192,height=144 ! "
           "video/x-raw,framerate=25/1 ! " CLOCK H264 "rtph264pay config-interval=1 name=pay0",
};
enum { CHANGES_SIZE = 4 };

static bool thorough;
static int limit_ms = 5000, age_limit_ms = 1000; // the requirements
static char *model;

// --- the camera ---

static GPid server;
static int port, stream;

static void start_server(int which)
{
    char at[16], line[16] = "";
    int out;
    g_snprintf(at, sizeof at, "%d", port);
    const char *argv[] = {g_getenv("RTSP_SERVER"), at, "any", streams[which], NULL};
    GError *error = NULL;
    if (!g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                  &server, NULL, &out, NULL, &error))
        fail_msg("%s", error->message);
    if (read(out, line, sizeof line - 1) <= 0)
        fail_msg("the RTSP server does not start");
    port = (int)g_ascii_strtoll(line, NULL, 10);
    stream = which;
    close(out);
}

static void kill_server(void)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    server = 0;
}

// --- what is shown ---

typedef struct watched {
    GMutex lock;  // guards what follows
    int oldest;   // ms, age of the oldest frame since it was set to 0
    int newest;   // ms, age of the last frame
    gint64 shown; // when the last frame was
    int64_t frames, unreadable;
    vp_pipeline *p;
    nn_error err;
} watched;

static watched shown;

static GstPadProbeReturn see_frame(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    const int age = stamp_age_ms(GST_PAD_PROBE_INFO_BUFFER(info), caps);
    (void)unused;
    g_mutex_lock(&shown.lock);
    shown.frames++;
    if (age < 0) {
        shown.unreadable++;
    } else {
        shown.newest = age;
        shown.oldest = MAX(shown.oldest, age);
        shown.shown = g_get_monotonic_time();
    }
    g_mutex_unlock(&shown.lock);
    return GST_PAD_PROBE_OK;
}

static gpointer run(gpointer unused)
{
    (void)unused;
    vp_pipeline_run(shown.p, &shown.err);
    return NULL;
}

static void see_notice(void *unused, const char *line)
{
    (void)unused;
    if (thorough)
        printf("    %.2f s: %s\n", (double)g_get_monotonic_time() / 1e6, line);
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

// Waits for a frame that the camera took after `since`; returns the milliseconds that it took.
static int wait_for_frame(gint64 since, int patience_ms)
{
    for (;;) {
        const gint64 now = g_get_monotonic_time();
        g_mutex_lock(&shown.lock);
        const bool there = shown.shown - shown.newest * G_TIME_SPAN_MILLISECOND > since;
        const int took = (int)((shown.shown - since) / 1000);
        g_mutex_unlock(&shown.lock);
        if (there)
            return took;
        if (now - since > patience_ms * G_TIME_SPAN_MILLISECOND)
            return patience_ms;
        g_usleep(5000);
    }
}

static void pause_ms(int ms)
{
    g_usleep((gulong)ms * 1000);
}

static int worst_ms, worst_age;

// The camera is back since `since`, of the thread that shows frames after `what`.
static void expect_recovery(const char *what, gint64 since)
{
    g_mutex_lock(&shown.lock);
    shown.oldest = 0;
    g_mutex_unlock(&shown.lock);
    const int took = wait_for_frame(since, 4 * limit_ms);
    pause_ms(thorough ? 3000 : 300);
    g_mutex_lock(&shown.lock);
    const int oldest = shown.oldest;
    g_mutex_unlock(&shown.lock);
    worst_ms = MAX(worst_ms, took);
    worst_age = MAX(worst_age, oldest);
    if (thorough)
        printf("%.2f s: %s: back after %d ms, oldest frame %d ms, %ld KiB\n",
               (double)g_get_monotonic_time() / 1e6, what, took, oldest, resident_kib());
    fflush(stdout);
    if (took > limit_ms || oldest > age_limit_ms) {
        if (!thorough)
            fail_msg("%s: back after %d ms, oldest frame %d ms", what, took, oldest);
        printf("    that is too late\n");
    }
}

// --- what happens to it ---

static void killed(int away_ms)
{
    static int next;
    char what[40];
    const int n = (int)G_N_ELEMENTS(streams);
    kill_server();
    pause_ms(away_ms);
    start_server(++next % n);
    g_snprintf(what, sizeof what, "killed, away %d ms, stream %d", away_ms, next % n);
    expect_recovery(what, g_get_monotonic_time());
}

static void stopped(int ms)
{
    char what[40];
    kill(server, SIGSTOP);
    pause_ms(ms);
    const gint64 now = g_get_monotonic_time();
    kill(server, SIGCONT);
    g_snprintf(what, sizeof what, "stopped for %d ms", ms);
    expect_recovery(what, now);
}

typedef struct impostor {
    int socket;
    const char *says; // NULL: nothing, and the connection stays open
    int noise;        // random bytes after that
} impostor;

static gpointer accept_clients(gpointer data)
{
    const impostor *i = data;
    int open[64], count = 0;
    char request[1024];
    for (int fd; (fd = accept(i->socket, NULL, NULL)) >= 0;) {
        if (i->says || i->noise) {
            const ssize_t got = recv(fd, request, sizeof request, 0);
            if (i->says && got > 0)
                send(fd, i->says, strlen(i->says), MSG_NOSIGNAL);
            for (int n = 0; n < i->noise; n++) {
                const guint8 byte = (guint8)g_random_int();
                if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
                    break;
            }
            close(fd);
        } else if (count < 64) {
            open[count++] = fd;
        } else {
            close(fd);
        }
    }
    while (count > 0)
        close(open[--count]);
    return NULL;
}

// Something else answers at the camera's port.
static void replaced(const char *what, const char *says, int noise, int ms)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int yes = 1;
    impostor other = {
        .socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .says = says, .noise = noise};
    kill_server();
    setsockopt(other.socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    assert_int_equal(bind(other.socket, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(other.socket, 8), 0);
    GThread *t = g_thread_new("impostor", accept_clients, &other);
    pause_ms(ms);
    shutdown(other.socket, SHUT_RDWR);
    g_thread_join(t);
    close(other.socket);
    start_server(0);
    expect_recovery(what, g_get_monotonic_time());
}

static void changes_size_while_it_streams(void)
{
    kill_server();
    start_server(CHANGES_SIZE);
    wait_for_frame(g_get_monotonic_time(), limit_ms);
    for (int i = 0; i < (thorough ? 6 : 1); i++) {
        kill(server, SIGUSR1);
        expect_recovery("changed its size", g_get_monotonic_time());
    }
}

static void sends_noise(int ms)
{
    kill_server();
    start_server(0);
    wait_for_frame(g_get_monotonic_time(), limit_ms);
    kill(server, SIGUSR2);
    pause_ms(ms);
    kill(server, SIGUSR2);
    expect_recovery("sent noise as video", g_get_monotonic_time());
}

static GstPadProbeReturn hold(GstPad *pad, GstPadProbeInfo *info, gpointer held)
{
    (void)pad;
    (void)info;
    g_atomic_int_set((gint *)held, 1);
    return GST_PAD_PROBE_OK; // a blocking probe: nothing passes until it is removed
}

// A source that asks what buffers suit has its answer while nothing passes behind it: it could not
// be closed otherwise.
static void answers_while_all_stands_still(void)
{
    static gint held;
    g_autoptr(GstPad) out = gst_element_get_static_pad(shown.p->link.head, "src");
    g_autoptr(GstPad) in = gst_element_get_static_pad(shown.p->link.head, "sink");
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(in);
    const gulong probe =
        gst_pad_add_probe(out, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, hold, &held, NULL);
    while (!g_atomic_int_get(&held))
        g_usleep(1000);
    g_autoptr(GstQuery) query = gst_query_new_allocation(caps, TRUE);
    assert_true(gst_pad_query(in, query));
    assert_true(gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL));
    gst_pad_remove_probe(out, probe);
}

// --- runs ---

static void begin(void)
{
    start_server(0);
    g_autofree char *uri = g_strdup_printf("rtsp%s://127.0.0.1:%d/live", thorough ? "" : "t", port);
    const vp_options o = {.input = uri,
                          .model = model,
                          .threshold = -1,
                          .iou_threshold = -1,
                          .interval = 1,
                          .threads = 1,
                          .track = true,
                          .wait = 30,
                          .on_notice = see_notice};
    assert_int_equal(vp_pipeline_open(&shown.p, &o, &shown.err), NN_OK);
    g_autoptr(GstElement) infer = gst_object_ref(shown.p->infer);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(infer, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, see_frame, NULL, NULL);
}

static void recovers(void **state)
{
    (void)state;
    const gint64 started = g_get_monotonic_time();
    begin();
    GThread *t = g_thread_new("run", run, NULL);
    assert_true(wait_for_frame(started, 20000) < 20000);
    answers_while_all_stands_still();
    if (thorough) {
        static const int away[] = {100, 500, 1000, 2000, 3000, 4500, 7000, 12000, 20000, 300};
        long before = 0;
        for (int i = 0; i < 20; i++) {
            killed(away[i % (int)G_N_ELEMENTS(away)]);
            before = i == 4 ? resident_kib() : before; // each stream was there once
        }
        printf("20 kills: memory grew by %ld KiB\n", resident_kib() - before);
        stopped(20000);
        pause_ms(8000); // RTCP tells the camera's clock
        stopped(6000);
        stopped(2000);
        replaced("bytes without sense", NULL, 100000, 8000);
        replaced("silence", NULL, 0, 25000);
        replaced("half an answer", "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 99999\r\n\r\nv=0",
                 0, 8000);
        replaced("refusal", "RTSP/1.0 503 Service Unavailable\r\nCSeq: 1\r\n\r\n", 0, 8000);
        changes_size_while_it_streams();
        sends_noise(5000);
        sends_noise(15000);
        printf("worst: back after %d ms, oldest frame %d ms; memory grew by %ld KiB\n", worst_ms,
               worst_age, resident_kib() - before);
    } else {
        killed(600);
        killed(0);
        changes_size_while_it_streams();
    }
    vp_pipeline_stop(shown.p);
    g_thread_join(t);
    if (shown.err.status != NN_OK)
        fail_msg("%s", shown.err.text);
    vp_pipeline_free(shown.p);
    kill_server();
    assert_true(worst_ms <= limit_ms);
    assert_true(worst_age <= age_limit_ms);
}

// What came late is skipped up to a key frame that is in time; a source that stays late is opened
// again.
static void skips_a_backlog(void **state)
{
    enum { MS = 1000, PERIOD = 40 * MS, KEY = 25 };
    vp_late l = {0};
    int skipped = 0;
    gint64 now = 1000000, at = now - 200 * MS; // the usual delay
    (void)state;
    for (int i = 0; i < 50; i++, now += PERIOD, at += PERIOD)
        assert_int_equal(vp_late_judge(&l, now - at, i % KEY == 0, now), VP_LATE_SHOW);
    now += 3000 * MS; // nothing came for 3 s; then it comes, ten times as fast
    for (int i = 0; i < 100; i++, now += PERIOD / 10, at += PERIOD) {
        const vp_late_verdict verdict = vp_late_judge(&l, now - at, i % KEY == 0, now);
        const bool late = now - at > 900 * MS, skips = verdict != VP_LATE_SHOW;
        assert_int_not_equal(verdict, VP_LATE_REOPEN);
        assert_true(!late || skips);
        skipped += skips;
    }
    assert_in_range(skipped, 60,
                    80); // the delay fell to 0.35 s at the 74th, the next key frame is the 75th
    at -= 10000 * MS;    // skipping does not help
    for (int i = 0; i < 200; i++, now += PERIOD, at += PERIOD) {
        const vp_late_verdict verdict = vp_late_judge(&l, now - at, i % KEY == 0, now);
        assert_int_equal(verdict, i <= 75 ? VP_LATE_SKIP : VP_LATE_REOPEN);
    }
    at += 10000 * MS; // in time, but the next key frame is a minute away: no reason to open again
    for (int i = 0; i < 1500; i++, now += PERIOD, at += PERIOD)
        assert_int_equal(vp_late_judge(&l, now - at, i == 1499, now),
                         i == 1499 ? VP_LATE_SHOW : VP_LATE_SKIP);
}

int main(int argc, char **argv)
{
    thorough = argc > 1 && strcmp(argv[1], "--long") == 0;
    if (!thorough) { // beside other tests; an old frame would still be older
        limit_ms = 20000;
        age_limit_ms = 5000;
    }
    model = clip_path("model.safetensors");
    model_write(model);
    const struct CMUnitTest tests[] = {cmocka_unit_test(skips_a_backlog),
                                       cmocka_unit_test(recovers)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_free(model);
    return failed;
}
