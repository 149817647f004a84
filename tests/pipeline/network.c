// SPDX-License-Identifier: MIT
// Streams over UDP, RTP, SRT and HLS, and RTSP over TLS, each from a real sender on loopback.
#include "pipeline/state.h"

#include "clip.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define BALL                                                                                       \
    "videotestsrc is-live=true pattern=ball ! "                                                    \
    "video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! "                               \
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! h264parse config-interval=1"

enum { FRAMES = 20 };

static char *model;
static double patience = 100; // seconds

static int make_files(void **state)
{
    (void)state;
    gst_init(NULL, NULL);
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

static vp_options options(const char *input)
{
    return (vp_options){.input = input,
                        .model = model,
                        .threshold = -1,
                        .iou_threshold = -1,
                        .interval = 1,
                        .threads = 1};
}

static nn_status play(const char *input, bool any_certificate, vp_stats *stats, nn_error *err)
{
    vp_options o = options(input);
    o.max_frames = FRAMES;
    o.wait = patience;
    o.any_certificate = any_certificate;
    vp_pipeline *p;
    nn_status status = vp_pipeline_open(&p, &o, err);
    if (status != NN_OK)
        return status;
    status = vp_pipeline_run(p, err);
    *stats = vp_pipeline_stats(p);
    vp_pipeline_free(p);
    return status;
}

static void expect_frames(const char *input, bool any_certificate)
{
    nn_error err = {0};
    vp_stats s = {0};
    if (play(input, any_certificate, &s, &err) != NN_OK)
        fail_msg("%s: %s", input, err.text);
    assert_int_equal(s.frames, FRAMES);
    assert_true(s.detections > 0);
    assert_int_equal(s.reconnects, 0);
}

// A port that nothing uses now.
static int free_port(GSocketType type, GSocketProtocol protocol)
{
    g_autoptr(GSocket) socket = g_socket_new(G_SOCKET_FAMILY_IPV4, type, protocol, NULL);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    assert_true(g_socket_bind(socket, any, FALSE, NULL));
    g_autoptr(GSocketAddress) is = g_socket_get_local_address(socket, NULL);
    return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(is));
}

static GstElement *send(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *text = g_strdup_vprintf(format, values);
    va_end(values);
    GError *error = NULL;
    GstElement *sender = gst_parse_launch(text, &error);
    if (error)
        fail_msg("%s", error->message);
    gst_element_set_state(sender, GST_STATE_PLAYING);
    return sender;
}

static void end(GstElement *sender)
{
    gst_element_set_state(sender, GST_STATE_NULL);
    gst_object_unref(sender);
}

static void plays_mpeg_ts_over_udp(void **state)
{
    (void)state;
    const int port = free_port(G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP);
    g_autofree char *uri = g_strdup_printf("udp://127.0.0.1:%d", port);
    GstElement *sender =
        send(BALL " ! mpegtsmux alignment=7 ! udpsink host=127.0.0.1 port=%d", port);
    expect_frames(uri, false);
    end(sender);
}

static void plays_rtp(void **state)
{
    (void)state;
    const int port = free_port(G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP);
    g_autofree char *uri = g_strdup_printf("rtp://127.0.0.1:%d?encoding-name=H264", port);
    GstElement *sender =
        send(BALL " ! rtph264pay config-interval=-1 ! udpsink host=127.0.0.1 port=%d", port);
    expect_frames(uri, false);
    end(sender);
}

static void plays_srt_both_ways(void **state)
{
    (void)state;
    for (int caller = 0; caller < 2; caller++) {
        const int port = free_port(G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP);
        g_autofree char *uri =
            g_strdup_printf(caller ? "srt://127.0.0.1:%d" : "srt://:%d?mode=listener", port);
        g_autofree char *sink = g_strdup_printf(caller ? "srt://:%d" : "srt://127.0.0.1:%d", port);
        GstElement *sender = send(BALL " ! mpegtsmux alignment=7 ! srtsink uri=%s "
                                       "wait-for-connection=false poll-timeout=500",
                                  sink);
        expect_frames(uri, false);
        end(sender);
    }
}

static gpointer run(gpointer pipeline)
{
    nn_error err = {0};
    return GINT_TO_POINTER(vp_pipeline_run(pipeline, &err));
}

// A camera that stays connected and sends no more does not hold the end up.
static void stops_while_srt_is_silent(void **state)
{
    (void)state;
    const int port = free_port(G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP);
    g_autofree char *uri = g_strdup_printf("srt://:%d?mode=listener", port);
    vp_options o = options(uri);
    o.wait = patience;
    nn_error err = {0};
    vp_pipeline *p;
    if (vp_pipeline_open(&p, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    GThread *thread = g_thread_new("run", run, p);
    GstElement *sender = send(
        "videotestsrc num-buffers=40 ! video/x-raw,format=I420,width=160,height=120,framerate=25/1 "
        "! x264enc tune=zerolatency speed-preset=ultrafast ! mpegtsmux alignment=7 ! "
        "srtsink uri=srt://127.0.0.1:%d poll-timeout=500",
        port);
    g_autoptr(GstBus) bus = gst_element_get_bus(sender);
    g_autoptr(GstMessage) all_sent =
        gst_bus_timed_pop_filtered(bus, 100 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_non_null(all_sent);
    assert_int_equal(GST_MESSAGE_TYPE(all_sent), GST_MESSAGE_EOS);
    g_usleep(G_USEC_PER_SEC); // they are read
    vp_pipeline_stop(p);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), NN_OK);
    vp_pipeline_free(p);
    end(sender);
}

// --- HLS: the files of a folder over HTTP ---

// What a server of files has; without a certificate it speaks HTTP.
typedef struct Server {
    const char *folder;
    GTlsCertificate *certificate;
    const char *endless; // a file that is sent again and again; NULL: those of the folder
    GSocketService *service;
    GMainContext *context; // its own: elements may run the default one
    GMainLoop *loop;
    GThread *thread;
    int port;
} Server;

// As fast as it is taken, until nobody takes it any more.
static void send_for_ever(GOutputStream *out, const char *path)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n";
    g_autofree char *content = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &content, &size, NULL))
        return;
    for (const char *next = head; next; next = content)
        if (!g_output_stream_write_all(out, next, next == head ? strlen(head) : size, NULL, NULL,
                                       NULL))
            return;
}

static gboolean serve(GThreadedSocketService *service, GSocketConnection *connection,
                      GObject *source, gpointer data)
{
    const Server *server = data;
    g_autoptr(GIOStream) stream =
        server->certificate ? g_tls_server_connection_new(G_IO_STREAM(connection),
                                                          server->certificate, NULL)
                            : g_object_ref(G_IO_STREAM(connection));
    GInputStream *in = g_io_stream_get_input_stream(stream);
    GOutputStream *out = g_io_stream_get_output_stream(stream);
    g_autoptr(GDataInputStream) lines = g_data_input_stream_new(in);
    g_autofree char *first = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
    (void)service;
    (void)source;
    for (;;) { // up to the empty line
        g_autofree char *line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
        if (!line || line[0] == 0 || line[0] == '\r')
            break;
    }
    g_auto(GStrv) words = g_strsplit(first ? first : "", " ", 3);
    if (server->endless) {
        send_for_ever(out, server->endless);
        return TRUE;
    }
    g_autofree char *name = words[0] && words[1] ? g_path_get_basename(words[1]) : g_strdup("");
    g_autofree char *path = g_build_filename(server->folder, name, NULL);
    g_autofree char *content = NULL;
    gsize size = 0;
    const bool found = g_file_get_contents(path, &content, &size, NULL);
    g_autofree char *head = g_strdup_printf(
        "HTTP/1.1 %s\r\nContent-Length: %zu\r\nContent-Type: %s\r\n"
        "Connection: close\r\n\r\n",
        found ? "200 OK" : "404 Not Found", size,
        g_str_has_suffix(name, "m3u8") ? "application/vnd.apple.mpegurl" : "video/mp2t");
    g_output_stream_write_all(out, head, strlen(head), NULL, NULL, NULL);
    g_output_stream_write_all(out, content, size, NULL, NULL, NULL);
    g_io_stream_close(stream, NULL, NULL);
    return TRUE;
}

static gpointer run_loop(gpointer loop)
{
    GMainContext *context = g_main_loop_get_context(loop);
    g_main_context_push_thread_default(context);
    g_main_loop_run(loop);
    g_main_context_pop_thread_default(context);
    return NULL;
}

static void start_server(Server *s)
{
    s->context = g_main_context_new();
    g_main_context_push_thread_default(s->context);
    s->service = g_threaded_socket_service_new(4);
    s->port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(s->service), NULL, NULL);
    g_signal_connect(s->service, "run", G_CALLBACK(serve), s);
    g_main_context_pop_thread_default(s->context);
    s->loop = g_main_loop_new(s->context, FALSE);
    s->thread = g_thread_new("http", run_loop, s->loop);
}

static void stop_server(Server *s)
{
    g_main_loop_quit(s->loop);
    g_thread_join(s->thread);
    g_socket_service_stop(s->service);
    g_socket_listener_close(G_SOCKET_LISTENER(s->service)); // also while a connection has it
    g_object_unref(s->service);
    g_main_loop_unref(s->loop);
    g_main_context_unref(s->context);
}

// A list and its parts: 12 s, cut into parts of 2 s as fast as they are encoded.
static char *make_hls(void)
{
    char *list = clip_path("live.m3u8");
    g_autofree char *part = clip_path("part%05d.ts");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc pattern=ball num-buffers=300 ! "
        "video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! "
        "x264enc speed-preset=ultrafast key-int-max=25 ! h264parse ! hlssink2 target-duration=2 "
        "max-files=0 playlist-length=0 location=%s playlist-location=%s",
        part, list);
    clip_play(text);
    return list;
}

static void plays_hls(void **state)
{
    (void)state;
    g_autofree char *list = make_hls(), *folder = g_path_get_dirname(list);
    Server s = {.folder = folder};
    start_server(&s);
    g_autofree char *uri = g_strdup_printf("http://127.0.0.1:%d/live.m3u8", s.port);
    expect_frames(uri, false);
    stop_server(&s);
}

// It is no camera, and more comes than is read: full queues hold neither the start nor the end up.
static void plays_a_stream_without_an_end(void **state)
{
    (void)state;
    g_autofree char *clip = clip_path("endless.ts");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc pattern=ball num-buffers=100 ! "
        "video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! "
        "x264enc speed-preset=ultrafast key-int-max=25 ! mpegtsmux ! filesink location=%s",
        clip);
    clip_play(text);
    Server s = {.folder = "", .endless = clip};
    start_server(&s);
    g_autofree char *uri = g_strdup_printf("http://127.0.0.1:%d/video.ts", s.port);
    for (int i = 0; i < 3; i++)
        expect_frames(uri, false);
    stop_server(&s);
}

// As a demultiplexer does that finds a gap while the run is shut down.
static GstBusSyncReply warn_late(GstBus *bus, GstMessage *message, gpointer warned)
{
    GstState from, to;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_STATE_CHANGED || *(bool *)warned)
        return GST_BUS_PASS;
    gst_message_parse_state_changed(message, &from, &to, NULL);
    if (from != GST_STATE_PAUSED || to != GST_STATE_READY)
        return GST_BUS_PASS;
    *(bool *)warned = true;
    GError *error = g_error_new(GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX, "a gap");
    gst_bus_post(bus, gst_message_new_warning(GST_MESSAGE_SRC(message), error, NULL));
    g_error_free(error);
    return GST_BUS_PASS;
}

static void a_late_warning_is_no_error(void **state)
{
    (void)state;
    bool warned = false;
    vp_options o = options("test");
    o.max_frames = 3;
    vp_pipeline *p;
    nn_error err = {0};
    if (vp_pipeline_open(&p, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    g_autoptr(GstBus) bus = gst_element_get_bus(p->pipeline);
    gst_bus_set_sync_handler(bus, warn_late, &warned, NULL);
    if (vp_pipeline_run(p, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_true(warned);
    assert_int_equal(vp_pipeline_stats(p).frames, 3);
    vp_pipeline_free(p);
}

// --- TLS ---

// A certificate that signs itself, with its key, as cameras make one. NULL where openssl is
// missing.
static char *make_certificate(void)
{
    g_autofree char *key = clip_path("key.pem"), *certificate = clip_path("certificate.pem");
    char *both = clip_path("both.pem");
    g_autofree char *line = g_strdup_printf(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=camera -keyout '%s' -out '%s' 2>'%s.log'; cat '%s' '%s' > '%s'",
        key, certificate, key, key, certificate, both);
    g_autofree char *openssl = g_find_program_in_path("openssl");
    if (!openssl || !g_tls_backend_supports_tls(g_tls_backend_get_default()))
        g_clear_pointer(&both, g_free);
    else
        assert_int_equal(system(line), 0);
    return both;
}

static void checks_certificates_of_rtsps(void **state)
{
    (void)state;
    g_autofree char *pem = make_certificate();
    if (!pem)
        skip(); // no openssl, or no TLS in GIO
    char at[16] = "";
    int out;
    GPid server;
    const char *argv[] = {g_getenv("RTSP_SERVER"), "0", "any", BALL " ! rtph264pay name=pay0",
                          NULL};
    g_setenv("RTSP_CERTIFICATE", pem, TRUE);
    assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                         NULL, &server, NULL, &out, NULL, NULL));
    g_unsetenv("RTSP_CERTIFICATE");
    assert_true(read(out, at, sizeof at - 1) > 0);
    close(out);
    g_autofree char *uri =
        g_strdup_printf("rtsps://127.0.0.1:%d/live", (int)g_ascii_strtoll(at, NULL, 10));
    nn_error err = {0};
    vp_stats s = {0};
    assert_int_equal(play(uri, false, &s, &err), NN_EIO); // at once: it would not change
    assert_non_null(strstr(err.text, "certificate is refused: nobody whom this machine trusts"));
    expect_frames(uri, true);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

// List and parts; a list of lists, too, because a demuxer loads those by itself.
static void checks_certificates_of_hls(void **state)
{
    (void)state;
    g_autofree char *pem = make_certificate(), *list = make_hls();
    g_autofree char *folder = g_path_get_dirname(list), *all = clip_path("all.m3u8");
    if (!pem)
        skip(); // no openssl, or no TLS in GIO
    nn_error err = {0};
    vp_stats stats = {0};
    Server s = {.folder = folder, .certificate = g_tls_certificate_new_from_file(pem, NULL)};
    assert_non_null(s.certificate);
    assert_true(g_file_set_contents(
        all, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\nlive.m3u8\n", -1, NULL));
    start_server(&s);
    g_autofree char *uri = g_strdup_printf("https://127.0.0.1:%d/live.m3u8", s.port);
    g_autofree char *lists = g_strdup_printf("https://127.0.0.1:%d/all.m3u8", s.port);
    patience = 0; // nothing here gets better by waiting
    assert_int_equal(play(uri, false, &stats, &err), NN_EIO);
    if (!strstr(err.text, "--insecure"))
        fail_msg("%s", err.text);
    expect_frames(uri, true);
    expect_frames(lists, true);
    stop_server(&s);
    // A server that is gone is no matter of certificates.
    assert_int_not_equal(play(uri, true, &stats, &err), NN_OK);
    assert_non_null(strstr(err.text, "cannot connect"));
    assert_null(strstr(err.text, "--insecure"));
    patience = 100;
    g_object_unref(s.certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_mpeg_ts_over_udp),       cmocka_unit_test(plays_rtp),
        cmocka_unit_test(plays_srt_both_ways),          cmocka_unit_test(stops_while_srt_is_silent),
        cmocka_unit_test(plays_hls),
        cmocka_unit_test(plays_a_stream_without_an_end),
        cmocka_unit_test(a_late_warning_is_no_error),
        cmocka_unit_test(checks_certificates_of_rtsps), cmocka_unit_test(checks_certificates_of_hls),
    };
    return cmocka_run_group_tests(tests, make_files, free_files);
}
