// SPDX-License-Identifier: MIT
// neroinfer with a stand-in detector: interval, ages, latency, late frames and live sources.
#include "plugins/elements.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

static void test_interval(void **state)
{
    (void)state;
    GstHarness *h = infer_open("inference-interval=3");
    for (int i = 0; i < 8; i++)
        infer_check_age(infer_push(h, i * 40 * GST_MSECOND), i % 3 * 40, i % 3 != 0);
    assert_int_equal(fake_get().runs, 3);
    assert_int_equal(infer_stat(h, "frames"), 8);
    assert_int_equal(infer_stat(h, "inferred"), 3);
    assert_int_equal(infer_stat(h, "skipped"), 5);
    assert_int_equal(infer_stat(h, "detections"), 6);
    gst_harness_teardown(h);
}

// Without timestamps the age is what has passed on the clock.
static void test_age_without_pts(void **state)
{
    (void)state;
    GstHarness *h = infer_open("inference-interval=2");
    gst_buffer_unref(infer_push(h, GST_CLOCK_TIME_NONE));
    g_usleep(30000);
    GstBuffer *out = infer_push(h, GST_CLOCK_TIME_NONE);
    NeroMeta *m = nero_meta_get(out);
    assert_true(m->result.age_ms >= 30 && m->result.age_ms < 5000);
    assert_true(m->result.source_pts == UINT64_MAX);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

// Boxes are not carried into another size, past a flush or into a new segment.
static void test_nothing_stale(void **state)
{
    (void)state;
    GstHarness *h = infer_open("inference-interval=2");
    for (int way = 0; way < 3; way++) {
        infer_check_age(infer_push(h, 0), 0, FALSE); // frames 0, 2, 4 are inferred
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        if (way == 0) {
            frame_caps(h, "GRAY8", W, H, ",pixel-aspect-ratio=2/1");
        } else if (way == 1) {
            gst_harness_push_event(h, gst_event_new_flush_start());
            gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
            gst_harness_push_event(h, gst_event_new_segment(&segment));
        } else {
            segment.base = GST_SECOND;
            gst_harness_push_event(h, gst_event_new_segment(&segment));
        }
        GstBuffer *out = infer_push(h, 40);
        assert_null(nero_meta_get(out));
        gst_buffer_unref(out);
    }
    gst_harness_teardown(h);
}

static GstClockTime latency_of(GstHarness *h, gboolean live, GstClockTime *max)
{
    g_autoptr(GstQuery) q = gst_query_new_latency();
    GstClockTime min;
    gboolean is_live;
    gst_harness_set_live(h, live);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(h->element, "src");
    assert_true(gst_pad_query(pad, q));
    gst_query_parse_latency(q, &is_live, &min, max);
    assert_int_equal(is_live, live);
    return min;
}

// Synchronous: the measured time and some headroom, announced when it changes and not otherwise.
static void test_latency(void **state)
{
    (void)state;
    GstHarness *h = infer_open("async=false");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    gst_harness_set_upstream_latency(h, 7 * GST_MSECOND);
    GstClockTime max;
    assert_true(latency_of(h, TRUE, &max) < 207 * GST_MSECOND); // tried when it was opened
    fake_slow(120); // longer than a busy machine took when it was opened
    gst_buffer_unref(infer_push(h, 0));
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_LATENCY);
    assert_non_null(m);
    GstClockTime first = latency_of(h, TRUE, &max) - 7 * GST_MSECOND;
    assert_true(first >= 120 * GST_MSECOND && first < 1200 * GST_MSECOND);
    assert_true(max == GST_CLOCK_TIME_NONE || max >= first);
    fake_slow(first / GST_MSECOND * 2);
    gst_buffer_unref(infer_push(h, 1));
    g_autoptr(GstMessage) again = gst_bus_pop_filtered(bus, GST_MESSAGE_LATENCY);
    assert_non_null(again);
    assert_true(latency_of(h, TRUE, &max) > first * 2);
    for (int i = 0; i < 5; i++)
        gst_buffer_unref(infer_push(h, 2));
    fake_slow(1);
    for (int i = 0; i < 20; i++)
        gst_buffer_unref(infer_push(h, 2));
    g_autoptr(GstMessage) down = gst_bus_pop_filtered(bus, GST_MESSAGE_LATENCY);
    assert_non_null(down);
    assert_true(latency_of(h, TRUE, &max) < 7 * GST_MSECOND + first);
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

// auto: a live source makes it asynchronous, which adds no latency.
static void test_mode(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        gboolean live, async;
    } cases[] = {
        {"async=auto", TRUE, TRUE},  {"async=auto", FALSE, FALSE},  {"async=false", TRUE, FALSE},
        {"async=true", FALSE, TRUE}, {"async=false", FALSE, FALSE}, {"async=true", TRUE, TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        GstHarness *h = infer_open(cases[i].setting);
        gst_harness_set_live(h, cases[i].live);
        fake_slow(5);
        gst_buffer_unref(infer_push(h, 0));
        gst_harness_push_event(h, gst_event_new_eos()); // waits for the worker
        g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
        g_autoptr(GstStructure) s = NULL;
        gboolean async = 2;
        g_object_get(e, "stats", &s, NULL);
        gst_structure_get_boolean(s, "async", &async);
        assert_int_equal(async, cases[i].async);
        GstClockTime max;
        gboolean waits = cases[i].live && !cases[i].async; // GStreamer counts live latency only
        assert_int_equal(latency_of(h, cases[i].live, &max) > 0, waits);
        gst_harness_teardown(h);
    }
}

// A late live stream: inference is skipped, the frame passes, and a QoS message reports it.
static void test_late_frames(void **state)
{
    (void)state;
    GstHarness *h = infer_open("async=false");
    gst_harness_set_live(h, TRUE);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    const int before = fake_get().runs;
    infer_check_age(infer_push(h, 0), 0, FALSE);
    gst_harness_push_upstream_event(
        h, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 100 * GST_MSECOND, 0));
    infer_check_age(infer_push(h, 40 * GST_MSECOND), 40, TRUE);
    infer_check_age(infer_push(h, 80 * GST_MSECOND), 80, TRUE);
    infer_check_age(infer_push(h, 120 * GST_MSECOND), 0, FALSE); // in time again
    assert_int_equal(fake_get().runs - before, 2);
    assert_int_equal(infer_stat(h, "skipped"), 2);
    for (int i = 0; i < 2; i++) {
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_QOS);
        assert_non_null(m);
        guint64 processed, dropped;
        gst_message_parse_qos_stats(m, NULL, &processed, &dropped);
        assert_int_equal(processed, 1);
        assert_int_equal(dropped, i + 1);
    }
    // However late: once a second it looks.
    gst_harness_push_upstream_event(
        h, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 100 * GST_SECOND, 0));
    infer_check_age(infer_push(h, 160 * GST_MSECOND), 40, TRUE);
    infer_check_age(infer_push(h, 1200 * GST_MSECOND), 0, FALSE);
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

// A file is inferred frame by frame, however late the sink finds it.
static void test_late_files(void **state)
{
    (void)state;
    GstHarness *h = infer_open("");
    gst_harness_push_upstream_event(
        h, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 100 * GST_SECOND, 0));
    for (int i = 0; i < 5; i++)
        infer_check_age(infer_push(h, i * 40 * GST_MSECOND), 0, FALSE);
    assert_int_equal(fake_get().runs, 5);
    gst_harness_teardown(h);
}

typedef struct Seen {
    int frames, measured, inferred;
    double oldest_ms;
} Seen;

// Boxes tell whether they are of this frame or older, and by how much.
static void look(GstElement *identity, GstBuffer *buffer, gpointer data)
{
    Seen *seen = data;
    (void)identity;
    const NeroMeta *m = nero_meta_get(buffer);
    seen->frames++;
    if (!m)
        return; // none are known yet
    const double age = (double)(GST_BUFFER_PTS(buffer) - m->result.source_pts) / GST_MSECOND;
    assert_float_equal(m->result.age_ms, age, 0.01);
    for (int i = 0; i < m->result.count; i++)
        assert_int_equal(m->result.boxes[i].predicted, age > 0);
    seen->measured += age <= 0;
    seen->oldest_ms = MAX(seen->oldest_ms, age);
}

// Plays a live stream whose frames wait for their boxes, as a player that drops late frames does;
// the number of frames that were shown.
static int play_live(int fps, int frames, int infer_ms, const char *then, Seen *seen)
{
    *seen = (Seen){0};
    fake_reset();
    fake_slow(infer_ms);
    g_autofree char *text = g_strdup_printf(
        "videotestsrc is-live=true num-buffers=%d ! video/x-raw,format=I420,width=64,height=48,"
        "framerate=%d/1 ! neroinfer model=street async=false name=i ! "
        "identity name=l signal-handoffs=true ! %s videoconvert ! "
        "fakesink name=s sync=true qos=true max-lateness=20000000",
        frames, fps, then);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstElement) after = gst_bin_get_by_name(GST_BIN(pipeline), "l");
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
    g_signal_connect(after, "handoff", G_CALLBACK(look), seen);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    for (gboolean done = FALSE; !done;) {
        g_autoptr(GstMessage) m = gst_bus_timed_pop(bus, 60 * GST_SECOND);
        assert_non_null(m);
        assert_int_not_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_ERROR);
        if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_LATENCY)
            gst_bin_recalculate_latency(GST_BIN(pipeline));
        done = GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS;
    }
    g_autoptr(GstStructure) rendered = NULL;
    guint64 shown = 0;
    g_object_get(sink, "stats", &rendered, NULL);
    assert_true(gst_structure_get_uint64(rendered, "rendered", &shown));
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    seen->inferred = fake_get().runs;
    print_message("%d fps, %d ms an inference, %s: %d of %d frames shown, %d inferred, of those %d "
                  "waited; boxes up to %.0f ms old\n",
                  fps, infer_ms, *then ? then : "no queue", (int)shown, frames, seen->inferred,
                  seen->measured, seen->oldest_ms);
    assert_int_equal(seen->frames, frames);
    return (int)shown;
}

enum { TRIES = 5 }; // other programs may take the time of some

// Fast enough: every frame has its own boxes, and the reported latency lets the sink show them.
static void test_live_pipeline(void **state)
{
    (void)state;
    bool good = false;
    for (int i = 0; i < TRIES && !good; i++) {
        Seen seen;
        const int shown = play_live(20, 40, 25, "queue !", &seen); // all, when there is time
        good = shown >= 32 && seen.measured >= 25;
    }
    assert_true(good);
}

// Too slow for every frame: only what can be in time waits, and frames are shown in time.
static void test_slow_live_pipeline(void **state)
{
    (void)state;
    static const char *const then[] = {"queue !", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(then); i++) {
        bool good = false;
        for (int k = 0; k < TRIES && !good; k++) {
            Seen seen;
            const int shown = play_live(30, 90, 70, then[i], &seen); // all of them, too
            good = shown >= 72 && seen.inferred >= 20 && seen.oldest_ms < 500;
        }
        assert_true(good);
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_age_without_pts),
        cmocka_unit_test(test_nothing_stale),
        cmocka_unit_test(test_latency),
        cmocka_unit_test(test_mode),
        cmocka_unit_test(test_late_frames),
        cmocka_unit_test(test_late_files),
        cmocka_unit_test(test_live_pipeline),
        cmocka_unit_test(test_slow_live_pipeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
