// SPDX-License-Identifier: MIT
// Whole runs on a short real clip: JSON, recordings, snapshots, stopping, reconnecting, and clear
// errors.
#include "pipeline/pipeline.h"

#include "camera.h"
#include "clip.h"
#include "nn/io/image/image.h"
#include "nn/io/klv.h"
#include "pipeline/reader.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *clip, *model;

static int make_files(void **state)
{
    (void)state;
    clip = clip_make("clip.avi");
    model = clip_path("model.safetensors");
    model_write(model);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(clip);
    g_free(model);
    return 0;
}

static vp_options defaults(void)
{
    return (vp_options){.input = clip,
                        .model = model,
                        .threshold = -1,
                        .iou_threshold = -1,
                        .interval = 1,
                        .threads = 1};
}

static vp_stats run(const vp_options *o)
{
    vp_pipeline *p;
    nn_error err = {0};
    if (vp_pipeline_open(&p, o, &err) != NN_OK || vp_pipeline_run(p, &err) != NN_OK)
        fail_msg("%s", err.text);
    vp_stats s = vp_pipeline_stats(p);
    vp_pipeline_free(p);
    return s;
}

static char *contents(const char *path)
{
    char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        fail_msg("%s is not there", path);
    return text;
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static int frames_in(const char *path)
{
    vp_reader *r;
    nn_frame f;
    nn_error err = {0};
    int n = 0, got;
    if (vp_reader_open(&r, path, 0, 0, &err) != NN_OK)
        fail_msg("%s", err.text);
    while ((got = vp_reader_next(r, &f, &err)) == 1)
        n++;
    vp_reader_close(r);
    if (got < 0)
        fail_msg("%s", err.text);
    return n;
}

// A video of a phone that was held upright: the file says how its pictures are to be turned.
static char *make_turned(void)
{
    static const gint32 turned[] = {0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30};
    char *path = clip_path("turned.mov");
    g_autofree char *text =
        g_strdup_printf("videotestsrc num-buffers=4 ! video/x-raw,width=96,height=64 ! jpegenc ! "
                        "qtmux ! filesink location=%s",
                        path);
    g_autofree char *bytes = NULL;
    gsize size = 0, at = 0;
    clip_play(text);
    assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    while (at + 80 < size && memcmp(bytes + at, "tkhd", 4) != 0)
        at++;
    assert_true(at + 80 < size);
    for (gsize i = 0; i < G_N_ELEMENTS(turned); i++)
        GST_WRITE_UINT32_BE(bytes + at + 44 + 4 * i, (guint32)turned[i]);
    assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    return path;
}

static void turns_frames_as_the_file_says(void **state)
{
    (void)state;
    vp_options o = defaults();
    g_autofree char *film = make_turned(), *json = clip_path("turned.jsonl");
    o.input = film;
    o.json = json;
    assert_int_equal(run(&o).frames, 4);
    g_autofree char *text = contents(json);
    assert_non_null(strstr(text, "{\"height\":96,\"width\":64}"));
    assert_null(strstr(text, "{\"height\":64,\"width\":96}"));
}

static void infers_every_frame_and_repeats_itself(void **state)
{
    (void)state;
    g_autofree char *a = clip_path("a.jsonl"), *b = clip_path("b.jsonl");
    vp_options o = defaults();
    o.json = a;
    vp_stats s = run(&o);
    assert_int_equal(s.frames, CLIP_FRAMES);
    assert_int_equal(s.inferred, CLIP_FRAMES);
    assert_true(s.detections > 0);
    assert_true(s.first_detection_ms > 0);
    assert_true(s.infer_ms > 0 && s.fps > 0);
    assert_int_equal(s.input_width, 128);
    o.json = b;
    o.threads = 2;
    run(&o);
    g_autofree char *x = contents(a), *y = contents(b);
    assert_int_equal(lines(x), CLIP_FRAMES);
    assert_string_equal(x, y);
    assert_non_null(strstr(x, "{\"frame\":1,"));
    assert_non_null(strstr(x, "\"age_ms\":0,"));
}

static void stops_after_max_frames(void **state)
{
    (void)state;
    g_autofree char *json = clip_path("n.jsonl");
    vp_options o = defaults();
    o.json = json;
    o.max_frames = 7;
    assert_int_equal(run(&o).frames, 7);
    g_autofree char *text = contents(json);
    assert_int_equal(lines(text), 7);
    o.max_frames = 1000;
    assert_int_equal(run(&o).frames, CLIP_FRAMES);
}

static void skips_inference_not_frames(void **state)
{
    (void)state;
    vp_options o = defaults();
    o.interval = 5;
    vp_stats s = run(&o);
    assert_int_equal(s.frames, CLIP_FRAMES);
    assert_int_equal(s.inferred, CLIP_FRAMES / 5);
}

static void records_every_frame(void **state)
{
    (void)state;
    static const char *const names[] = {"r.mp4", "r.mkv"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = clip_path(names[i]);
        vp_options o = defaults();
        o.record = path;
        run(&o);
        assert_int_equal(frames_in(path), CLIP_FRAMES);
        o.view = VP_VIEW_OFFSCREEN; // both at once
        run(&o);
        assert_int_equal(frames_in(path), CLIP_FRAMES);
    }
}

static void draws_offscreen_and_saves_a_snapshot(void **state)
{
    (void)state;
    g_autofree char *path = clip_path("s.png");
    nn_image image = {0};
    nn_error err;
    vp_options o = defaults();
    o.view = VP_VIEW_OFFSCREEN;
    o.snapshot = path;
    assert_int_equal(run(&o).frames, CLIP_FRAMES);
    assert_int_equal(nn_image_load(&image, path, &err), NN_OK);
    assert_int_equal(image.width, CLIP_WIDTH);
    assert_int_equal(image.height, CLIP_HEIGHT);
    int coloured = 0; // the clip is black and white, boxes are not
    for (int i = 0; i < image.width * image.height; i++)
        coloured += abs(image.rgb[3 * i] - image.rgb[3 * i + 1]) > 60;
    assert_true(coloured > 50);
    nn_image_release(&image);
}

static void shows_a_window(void **state)
{
    (void)state;
    g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
    vp_options o = defaults();
    o.view = VP_VIEW_WINDOW;
    o.max_frames = 10;
    vp_stats s = run(&o);
    assert_int_equal(s.frames, 10);
    assert_true(s.seconds < 60); // not for ever
    assert_false(s.window_closed);
    g_unsetenv("SDL_VIDEODRIVER");
}

static void takes_a_picture_and_the_test_source(void **state)
{
    (void)state;
    g_autofree char *path = clip_path("one frame.png");
    uint8_t rgb[30 * 20 * 3] = {0};
    nn_image image = {30, 20, rgb};
    nn_error err;
    assert_int_equal(nn_image_save_png(&image, path, &err), NN_OK);
    vp_options o = defaults();
    o.input = path;
    assert_int_equal(run(&o).frames, 1);
    o.input = "test";
    o.max_frames = 3;
    assert_int_equal(run(&o).frames, 3);
}

static vp_pipeline *to_stop;

static void stop_at_five(void *user, int64_t frame, const nn_result *result)
{
    assert_non_null(result);
    int64_t *last = user;
    assert_int_equal(frame, *last + 1);
    *last = frame;
    if (frame == 5)
        vp_pipeline_stop(to_stop);
}

static void stopping_leaves_whole_files(void **state)
{
    (void)state;
    g_autofree char *json = clip_path("stop.jsonl"), *record = clip_path("stop.mp4");
    int64_t last = 0;
    nn_error err;
    vp_options o = defaults();
    o.input = "test"; // has no end of its own
    o.json = json;
    o.record = record;
    o.on_frame = stop_at_five;
    o.user = &last;
    assert_int_equal(vp_pipeline_open(&to_stop, &o, &err), NN_OK);
    assert_int_equal(vp_pipeline_run(to_stop, &err), NN_OK);
    int frames = (int)vp_pipeline_stats(to_stop).frames;
    vp_pipeline_free(to_stop);
    g_autofree char *text = contents(json);
    assert_in_range(frames, 5, 12); // what was under way is finished
    assert_int_equal(lines(text), frames);
    assert_int_equal(frames_in(record), frames);
}

static void note_line(void *user, const char *line)
{
    g_string_append_printf(user, "%s\n", line);
}

static void connects_again_when_a_camera_hangs_up(void **state)
{
    (void)state;
    g_autofree char *jpeg = clip_picture("camera.jpg"), *json = clip_path("camera.jsonl");
    camera *c = camera_open(jpeg, 5, 100);
    GString *notes = g_string_new(NULL);
    vp_options o = defaults();
    o.input = camera_uri(c);
    o.json = json;
    o.max_frames = 12;
    o.on_notice = note_line;
    o.user = notes;
    vp_stats s = run(&o);
    assert_int_equal(s.frames, 12);
    // Five frames a connection; a slow machine may connect once more while frames wait in the
    // queue.
    assert_in_range(s.reconnects, 2, 3);
    assert_in_range(camera_connections(c), 3, 4);
    assert_non_null(strstr(notes->str, "was lost"));
    assert_non_null(strstr(notes->str, "is back"));
    g_autofree char *written = contents(json);
    assert_int_equal(lines(written), 12);
    camera_close(c);
    g_string_free(notes, TRUE);
}

static void sleep_a_little(void *user, int64_t frame, const nn_result *result)
{
    (void)user;
    (void)frame;
    (void)result;
    g_usleep(60000);
}

// A camera that goes on for ever is shown at once.
static void pictures_over_http_are_live(void **state)
{
    (void)state;
    enum { FRAMES = 20 }; // sends one each 20 ms
    g_autofree char *jpeg = clip_picture("endless.jpg");
    camera *c = camera_open(jpeg, 5000, 1);
    vp_options o = defaults();
    o.input = camera_uri(c);
    o.max_frames = FRAMES;
    o.on_frame = sleep_a_little;
    const gint64 start = g_get_monotonic_time();
    assert_int_equal(run(&o).frames, FRAMES);
    assert_true(g_get_monotonic_time() - start < 50 * G_USEC_PER_SEC);
    camera_close(c);
}

// Opening or running must fail with one line that has both words.
static void expect_failure(const vp_options *o, const char *word, const char *word2)
{
    vp_pipeline *p;
    nn_error err = {0};
    nn_status status = vp_pipeline_open(&p, o, &err);
    if (status == NN_OK) {
        status = vp_pipeline_run(p, &err);
        vp_pipeline_free(p);
    }
    assert_int_not_equal(status, NN_OK);
    if (!strstr(err.text, word) || !strstr(err.text, word2))
        fail_msg("'%s' has not both '%s' and '%s'", err.text, word, word2);
    assert_null(strchr(err.text, '\n'));
}

static void reads_the_screen(void **state)
{
    (void)state;
    g_autofree char *xvfb = g_find_program_in_path("Xvfb");
    const char *argv[] = {"Xvfb",       "-displayfd", "1",   "-screen", "0",
                          "320x240x24", "-nolisten",  "tcp", NULL};
    GPid server;
    int out;
    char number[12] = "";
    if (!xvfb)
        skip();
    assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
                                         G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH |
                                             G_SPAWN_STDERR_TO_DEV_NULL,
                                         NULL, NULL, &server, NULL, &out, NULL, NULL));
    assert_true(read(out, number, sizeof number - 1) > 0);
    g_strchomp(number);
    g_autofree char *display = g_strconcat(":", number, NULL);
    g_autofree char *before = g_strdup(g_getenv("DISPLAY"));
    g_setenv("DISPLAY", display, TRUE);
    vp_options o = defaults();
    o.input = "screen";
    o.max_frames = 5;
    assert_int_equal(run(&o).frames, 5);
    g_unsetenv("DISPLAY");
    g_unsetenv("WAYLAND_DISPLAY");
    expect_failure(&o, "screen", "DISPLAY is not set");
    g_setenv("WAYLAND_DISPLAY", "wayland-0", TRUE);
    expect_failure(&o, "screen", "'pipewire:NAME'");
    g_unsetenv("WAYLAND_DISPLAY");
    if (before)
        g_setenv("DISPLAY", before, TRUE);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    close(out);
}

static char *cut_before_the_first_frame(const char *name)
{
    char *path = clip_path(name);
    g_autofree char *bytes = NULL;
    gsize size;
    assert_true(g_file_get_contents(clip, &bytes, &size, NULL));
    const char *frames = memmem(bytes, size, "movi", 4); // of AVI
    assert_non_null(frames);
    assert_true(g_file_set_contents(path, bytes, frames + 4 + 8 + 100 - bytes, NULL));
    return path;
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    g_autofree char *missing = clip_path("missing.avi"), *dir = g_path_get_dirname(missing);
    g_autofree char *text = clip_text("text.avi", "no video at all\n");
    vp_options o = defaults();
    o.input = missing;
    expect_failure(&o, "missing.avi", "No such file");
    o.input = text;
    expect_failure(&o, "text.avi", "not a video");
    g_autofree char *cut = cut_before_the_first_frame("cut.avi");
    o.input = cut;
    expect_failure(&o, "cut.avi", "no frame");
    o.input = "http://127.0.0.1:1/x";
    expect_failure(&o, "127.0.0.1:1", "connect");
    o = defaults();
    o.model = "nosuchmodel";
    expect_failure(&o, "nosuchmodel", "no file");
    o.model = text;
    expect_failure(&o, "text.avi", "model");
    o = defaults();
    o.labels = "dragon";
    expect_failure(&o, "dragon", "person");
    o = defaults();
    o.json = "/nonexistent/x.jsonl";
    expect_failure(&o, "/nonexistent/x.jsonl", "No such file");
    o.json = dir;
    expect_failure(&o, dir, "directory");
    o = defaults();
    o.record = "x.avi";
    expect_failure(&o, "x.avi", ".mkv");
    o.record = "/nonexistent/x.mp4";
    expect_failure(&o, "/nonexistent/x.mp4", "recording");
    o = defaults();
    o.interval = 0;
    expect_failure(&o, "interval", "");
    o = defaults();
    o.threshold = 1.5;
    expect_failure(&o, "threshold", "");
}

static void leaves_no_file_behind_when_it_cannot_start(void **state)
{
    (void)state;
    g_autofree char *json = clip_path("left.jsonl"), *record = clip_path("left.txt");
    vp_options o = defaults();
    o.json = json;
    o.record = record;
    expect_failure(&o, "left.txt", ".mp4");
    assert_int_not_equal(g_access(json, F_OK), 0);
    assert_int_not_equal(g_access(record, F_OK), 0);
}

static void keeps_older_files_when_nothing_comes(void **state)
{
    (void)state;
    g_autofree char *json = clip_text("old.jsonl", "old"), *record = clip_text("old.mkv", "old");
    g_autofree char *part = g_strconcat(record, ".part", NULL);
    g_autofree char *text = clip_text("text.avi", "no video at all\n");
    vp_options o = defaults();
    o.json = json;
    o.record = record;
    for (int wrong = 0; wrong < 2; wrong++) {
        o.input = wrong ? clip : text;
        o.model = wrong ? "nosuchmodel" : model;
        expect_failure(&o, wrong ? "nosuchmodel" : "text.avi", "");
        g_autofree char *lines_before = contents(json), *record_before = contents(record);
        assert_string_equal(lines_before, "old");
        assert_string_equal(record_before, "old");
        assert_int_not_equal(g_access(part, F_OK), 0);
    }
    o.model = model;
    o.max_frames = 3;
    run(&o);
    g_autofree char *after = contents(json);
    assert_int_equal(lines(after), 3);
    assert_int_equal(frames_in(record), 3);
    assert_int_not_equal(g_access(part, F_OK), 0);
}

// A film with a packet of telemetry for each frame.
static char *make_drone_film(const uint8_t *packet, size_t size)
{
    enum { FRAMES = 30 };
    char *path = clip_path("drone.ts");
    g_autofree char *text = g_strdup_printf(
        "mpegtsmux name=mux ! filesink location=\"%s\" "
        "videotestsrc pattern=ball num-buffers=%d ! video/x-raw,width=64,height=48,framerate=25/1 "
        "! x264enc tune=zerolatency key-int-max=10 ! h264parse ! mux. "
        "appsrc name=klv format=time caps=meta/x-klv,parsed=true ! mux.",
        path, FRAMES);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstElement) klv = gst_bin_get_by_name(GST_BIN(pipeline), "klv");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    for (int i = 0; i < FRAMES; i++) {
        GstBuffer *b = gst_buffer_new_memdup(packet, size);
        GstFlowReturn flow;
        GST_BUFFER_PTS(b) = (GstClockTime)i * GST_SECOND / 25;
        g_signal_emit_by_name(klv, "push-buffer", b, &flow);
        gst_buffer_unref(b);
    }
    GstFlowReturn flow;
    g_signal_emit_by_name(klv, "end-of-stream", &flow);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_true(m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS);
    gst_message_unref(m);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    return path;
}

// The packet has the examples of MISB ST 0601.
static void telemetry_is_in_the_lines(void **state)
{
    (void)state;
    g_autofree char *json = clip_path("drone.jsonl"), *text = NULL;
    const test_path corpus = test_data("corpus/klv/packet");
    g_autofree char *packet = NULL;
    gsize size = 0;
    nn_klv k;
    assert_true(g_file_get_contents(corpus.text, &packet, &size, NULL));
    assert_int_equal(nn_klv_parse(&k, (const uint8_t *)packet, size, NULL), NN_OK);
    const double right[] = {159.9743648, -0.4315251, 60.1768230,
                            128.4267590, 14190.7195, -10.5423886};
    const int which[] = {0, 1, 3, 4, 5, 13};
    for (size_t i = 0; i < G_N_ELEMENTS(which); i++) {
        assert_true(k.has[which[i]]);
        assert_true(fabs(k.numbers[which[i]] - right[i]) < 1e-4);
    }
    assert_false(k.has[2]);
    packet[40] ^= 1;
    assert_int_equal(nn_klv_parse(&k, (const uint8_t *)packet, size, NULL), NN_EFORMAT);
    packet[40] ^= 1;
    g_autofree char *film = make_drone_film((const uint8_t *)packet, size);
    vp_options o = defaults();
    o.input = film;
    o.json = json;
    assert_int_equal(run(&o).frames, 30);
    assert_true(g_file_get_contents(json, &text, NULL, NULL));
    assert_non_null(strstr(text, "\"telemetry\":{\"time\":\"2009-01-12T22:08:22"));
    assert_non_null(strstr(text, "\"sensor_latitude\":60.17682"));
    assert_non_null(strstr(text, "\"mission_id\":\"MISSION 12\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infers_every_frame_and_repeats_itself),
        cmocka_unit_test(turns_frames_as_the_file_says),
        cmocka_unit_test(stops_after_max_frames),
        cmocka_unit_test(skips_inference_not_frames),
        cmocka_unit_test(records_every_frame),
        cmocka_unit_test(draws_offscreen_and_saves_a_snapshot),
        cmocka_unit_test(shows_a_window),
        cmocka_unit_test(takes_a_picture_and_the_test_source),
        cmocka_unit_test(telemetry_is_in_the_lines),
        cmocka_unit_test(stopping_leaves_whole_files),
        cmocka_unit_test(connects_again_when_a_camera_hangs_up),
        cmocka_unit_test(pictures_over_http_are_live),
        cmocka_unit_test(reads_the_screen),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(leaves_no_file_behind_when_it_cannot_start),
        cmocka_unit_test(keeps_older_files_when_nothing_comes),
    };
    g_unsetenv("http_proxy");
    return cmocka_run_group_tests(tests, make_files, free_files);
}
