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
    assert_int_equal(latency_of(h, TRUE, &max), 7 * GST_MSECOND);
    fake_slow(20);
    gst_buffer_unref(infer_push(h, 0));
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_LATENCY);
    assert_non_null(m);
    GstClockTime first = latency_of(h, TRUE, &max) - 7 * GST_MSECOND;
    assert_true(first >= 20 * GST_MSECOND && first < 200 * GST_MSECOND);
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

// A late live stream: inference is skipped, the frame goes on, and a QoS message says so.
static void test_late_frames(void **state)
{
    (void)state;
    GstHarness *h = infer_open("async=false");
    gst_harness_set_live(h, TRUE);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    infer_check_age(infer_push(h, 0), 0, FALSE);
    gst_harness_push_upstream_event(
        h, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 100 * GST_MSECOND, 0));
    infer_check_age(infer_push(h, 40 * GST_MSECOND), 40, TRUE);
    infer_check_age(infer_push(h, 80 * GST_MSECOND), 80, TRUE);
    infer_check_age(infer_push(h, 120 * GST_MSECOND), 0, FALSE); // in time again
    assert_int_equal(fake_get().runs, 2);
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

// A live pipeline that waits for its boxes: the reported latency lets the sink show the frames.
static void test_live_pipeline(void **state)
{
    (void)state;
    fake_reset();
    fake_slow(25);
    GstElement *pipeline = gst_parse_launch(
        "videotestsrc is-live=true num-buffers=40 ! video/x-raw,format=I420,width=64,height=48,"
        "framerate=20/1 ! neroinfer model=street async=false name=i ! queue ! "
        "fakesink name=s sync=true qos=true max-lateness=5000000",
        NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    for (gboolean done = FALSE; !done;) {
        g_autoptr(GstMessage) m = gst_bus_timed_pop(bus, 10 * GST_SECOND);
        assert_non_null(m);
        assert_int_not_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_ERROR);
        if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_LATENCY)
            gst_bin_recalculate_latency(GST_BIN(pipeline));
        done = GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS;
    }
    g_autoptr(GstElement) infer = gst_bin_get_by_name(GST_BIN(pipeline), "i");
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
    g_autoptr(GstStructure) stats = NULL, rendered = NULL;
    guint64 frames, shown;
    g_object_get(infer, "stats", &stats, NULL);
    g_object_get(sink, "stats", &rendered, NULL);
    assert_true(gst_structure_get_uint64(stats, "frames", &frames));
    assert_true(gst_structure_get_uint64(rendered, "rendered", &shown));
    assert_int_equal(frames, 40);
    print_message("live, 50 ms a frame, waiting 25 ms each: %d of 40 frames shown\n", (int)shown);
    assert_true(shown >= 25); // all but the first few on a machine that is not overloaded
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interval),      cmocka_unit_test(test_age_without_pts),
        cmocka_unit_test(test_nothing_stale), cmocka_unit_test(test_latency),
        cmocka_unit_test(test_mode),          cmocka_unit_test(test_late_frames),
        cmocka_unit_test(test_late_files),    cmocka_unit_test(test_live_pipeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
