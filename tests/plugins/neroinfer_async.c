// SPDX-License-Identifier: MIT
// neroinfer beside the stream: no frame waits or is lost, ages are true, ends and flushes are
// clean.
#include "plugins/elements.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

#include <math.h>

static GstHarness *open_infer(const char *settings)
{
    fake_reset();
    g_autofree char *text = g_strdup_printf("neroinfer model=street async=true %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    assert_non_null(h);
    frame_caps(h, "GRAY8", W, H, "");
    return h;
}

// Waits until `n` inferences are finished.
static void wait_inferred(GstHarness *h, guint64 n)
{
    for (int i = 0; i < 2000 && infer_stat(h, "inferred") < n; i++)
        g_usleep(1000);
    assert_int_equal(infer_stat(h, "inferred"), n);
}

static void wait_runs(int n)
{
    for (int i = 0; i < 2000 && fake_get().runs < n; i++)
        g_usleep(1000);
    assert_int_equal(fake_get().runs, n);
}

static void expect_bare(GstBuffer *out)
{
    assert_null(nero_meta_get(out));
    gst_buffer_unref(out);
}

static void expect_aged(GstBuffer *out, double age, GstClockTime source)
{
    NeroMeta *m = nero_meta_get(out);
    assert_non_null(m);
    assert_int_equal(m->result.count, 2);
    assert_float_equal(m->result.age_ms, age, 1e-3);
    assert_int_equal(m->result.source_pts, source);
    assert_true(m->result.boxes[0].predicted && m->result.boxes[1].predicted);
    gst_buffer_unref(out);
}

// Frames pass while the detector is busy; later boxes tell their age.
static void test_ages(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    fake_hold();
    for (int i = 0; i < 5; i++)
        expect_bare(infer_push(h, i * 40 * GST_MSECOND)); // nothing is known yet
    fake_release();
    wait_inferred(h, 1); // that of frame 0
    fake_hold();
    for (int i = 5; i < 8; i++)
        expect_aged(infer_push(h, i * 40 * GST_MSECOND), i * 40, 0);
    wait_runs(2);
    fake_release();
    wait_inferred(h, 2); // that of frame 5: the newest when the worker was free
    expect_aged(infer_push(h, 320 * GST_MSECOND), 120, 200 * GST_MSECOND);
    wait_inferred(h, 3);
    assert_int_equal(infer_stat(h, "frames"), 9);
    assert_int_equal(infer_stat(h, "skipped"), 6);
    gst_harness_teardown(h);
}

// The worker sees the pixels of its frame, although the buffer is changed meanwhile.
static void test_own_pixels(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    frame_caps(h, "I420", 63, 47, ",colorimetry=bt709");
    GstBuffer *in = frame_new("I420", 63, 47, 0);
    guint8 first;
    gst_buffer_extract(in, 0, &first, 1);
    fake_slow(30);
    GstBuffer *out = gst_harness_push_and_pull(h, in);
    assert_true(gst_buffer_is_writable(out)); // the worker holds no reference
    assert_true(gst_memory_is_writable(gst_buffer_peek_memory(out, 0)));
    gst_buffer_memset(out, 0, ~first, -1);
    gst_buffer_unref(out);
    wait_inferred(h, 1);
    fake_seen seen = fake_get();
    assert_int_equal(seen.first, first);
    assert_int_equal(seen.frame.width, 63);
    assert_int_equal(seen.frame.height, 47);
    assert_int_equal(seen.frame.format, NN_PIXEL_I420);
    assert_int_equal(seen.frame.matrix, NN_YUV_BT709);
    gst_harness_teardown(h);
}

static void test_interval(void **state)
{
    (void)state;
    GstHarness *h = open_infer("inference-interval=4");
    for (int i = 0; i < 9; i++) {
        gst_buffer_unref(infer_push(h, i));
        wait_inferred(h, i / 4 + 1);
    }
    assert_int_equal(fake_get().runs, 3);
    gst_harness_teardown(h);
}

static void test_caps_change(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    gst_buffer_unref(infer_push(h, 0));
    wait_inferred(h, 1);
    fake_hold();
    expect_aged(infer_push(h, 40 * GST_MSECOND), 40, 0);
    wait_runs(2);
    frame_caps(h, "RGB", 33, 17, "");
    GstBuffer *out = gst_harness_push_and_pull(h, frame_new("RGB", 33, 17, 80 * GST_MSECOND));
    expect_bare(out);
    fake_release();
    wait_inferred(h, 2); // in the pixels of the old size: not to be used
    out = gst_harness_push_and_pull(h, frame_new("RGB", 33, 17, 120 * GST_MSECOND));
    expect_bare(out);
    wait_inferred(h, 3);
    out = gst_harness_push_and_pull(h, frame_new("RGB", 33, 17, 160 * GST_MSECOND));
    assert_int_equal(nero_meta_get(out)->result.frame_width, 33);
    expect_aged(out, 40, 120 * GST_MSECOND);
    gst_harness_teardown(h);
}

static void test_flush(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    fake_hold();
    expect_bare(infer_push(h, 0));
    wait_runs(1);
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h, gst_event_new_segment(&segment));
    fake_release();
    wait_inferred(h, 1);
    expect_bare(infer_push(h, 40 * GST_MSECOND)); // what was found before the flush is gone
    wait_inferred(h, 2);
    expect_aged(infer_push(h, 80 * GST_MSECOND), 40, 40 * GST_MSECOND);
    gst_harness_teardown(h);
}

static gpointer release_later(gpointer data)
{
    g_usleep(GPOINTER_TO_INT(data) * 1000);
    fake_release();
    return NULL;
}

// EOS leaves only when the worker is done.
static void test_eos_drains(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    fake_hold();
    expect_bare(infer_push(h, 0));
    GThread *t = g_thread_new("release", release_later, GINT_TO_POINTER(40));
    assert_true(gst_harness_push_event(h, gst_event_new_eos()));
    assert_int_equal(infer_stat(h, "inferred"), 1);
    g_thread_join(t);
    gst_harness_teardown(h);
}

static void test_stop_while_busy(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    for (int i = 0; i < 3; i++) {
        fake_hold();
        gst_buffer_unref(infer_push(h, i));
        GThread *t = g_thread_new("release", release_later, GINT_TO_POINTER(20));
        gst_element_set_state(h->element, GST_STATE_NULL);
        g_thread_join(t);
        gst_element_set_state(h->element, GST_STATE_PLAYING);
        frame_caps(h, "GRAY8", W, H, "");
    }
    gst_harness_teardown(h);
}

enum { CAMERA_FRAMES = 90 };

enum { HELD_FROM = 20, HELD_TO = 70 };

typedef struct Watch {
    int frames, untrue;
    int runs; // of the model while it was held
} Watch;

// The model stands still while these frames pass: whoever waited for it would wait for ever.
static void watch_frame(GstElement *identity, GstBuffer *buffer, gpointer data)
{
    Watch *w = data;
    (void)identity;
    const NeroMeta *m = nero_meta_get(buffer);
    w->frames++;
    if (w->frames == HELD_FROM) {
        fake_hold();
        w->runs = fake_get().runs;
    } else if (w->frames == HELD_TO) {
        w->runs = fake_get().runs - w->runs;
        fake_release();
    }
    if (!m)
        return;
    const double age = (double)(GST_BUFFER_PTS(buffer) - m->result.source_pts) / GST_MSECOND;
    w->untrue += age <= 0 || fabs(age - (double)m->result.age_ms) > 0.01;
}

// A camera at 30 frames a second and a model that is slower, with a latency budget and without:
// no frame waits for it, and ages are true.
static void test_camera(void **state)
{
    (void)state;
    for (int budget = 0; budget <= 40; budget += 40) {
        fake_reset();
        fake_slow(50);
        Watch w = {0};
        g_autofree char *text = g_strdup_printf(
            "videotestsrc is-live=true num-buffers=%d ! video/x-raw,format=I420,width=64,"
            "height=48,framerate=30/1 ! neroinfer name=i model=fixed latency-budget=%d ! "
            "identity name=l signal-handoffs=true ! fakesink name=s sync=true",
            CAMERA_FRAMES, budget);
        GstElement *pipeline = gst_parse_launch(text, NULL);
        g_autoptr(GstElement) after = gst_bin_get_by_name(GST_BIN(pipeline), "l");
        g_autoptr(GstElement) infer = gst_bin_get_by_name(GST_BIN(pipeline), "i");
        g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
        g_signal_connect(after, "handoff", G_CALLBACK(watch_frame), &w);
        g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
        gst_element_set_state(pipeline, GST_STATE_PLAYING);
        g_autoptr(GstMessage) m =
            gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        fake_release(); // when it has failed, too
        assert_non_null(m);
        assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
        g_autoptr(GstStructure) rendered = NULL, stats = NULL;
        guint64 shown = 0, inferred = 0;
        g_object_get(sink, "stats", &rendered, NULL);
        g_object_get(infer, "stats", &stats, NULL);
        assert_true(gst_structure_get_uint64(rendered, "rendered", &shown));
        assert_true(gst_structure_get_uint64(stats, "inferred", &inferred));
        assert_int_equal(w.frames, CAMERA_FRAMES);
        assert_int_equal(shown, CAMERA_FRAMES);
        assert_int_equal(w.untrue, 0);
        assert_in_range(w.runs, 0, 1); // the one that waits
        assert_true(inferred >= 1);
        gst_element_set_state(pipeline, GST_STATE_NULL);
        gst_object_unref(pipeline);
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ages),
        cmocka_unit_test(test_own_pixels),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_caps_change),
        cmocka_unit_test(test_flush),
        cmocka_unit_test(test_eos_drains),
        cmocka_unit_test(test_stop_while_busy),
        cmocka_unit_test(test_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
