// SPDX-License-Identifier: MIT
// neroinfer on a file, whose frames are inferred together: order, events between frames, flushes,
// answers of downstream, and what happens to frames that wait.
#include "plugins/elements.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

static void push(GstHarness *h, GstClockTime pts, GstFlowReturn want)
{
    assert_int_equal(gst_harness_push(h, frame_new("GRAY8", W, H, pts)), want);
}

// Waits until so many frames were given to the detector.
static void wait_for_runs(int frames)
{
    for (int i = 0; fake_get().frames < frames; i++) {
        assert_true(i < 2000);
        g_usleep(1000);
    }
}

// Frames come out in their order, each with its own boxes, however long an inference takes; several
// share a run.
static void test_order(void **state)
{
    (void)state;
    enum { FRAMES = 60 };
    GstHarness *h = infer_open("model=lanes");
    for (int i = 0; i < FRAMES; i++) {
        fake_slow(i % 3);
        push(h, (GstClockTime)i, GST_FLOW_OK);
    }
    assert_true(gst_harness_push_event(h, gst_event_new_eos()));
    assert_int_equal(gst_harness_buffers_received(h), FRAMES); // the end comes behind all frames
    for (int i = 0; i < FRAMES; i++) {
        GstBuffer *out = gst_harness_pull(h);
        assert_int_equal(GST_BUFFER_PTS(out), i);
        assert_int_equal(nero_meta_get(out)->result.source_pts, i);
        infer_check_age(out, 0, FALSE);
    }
    assert_int_equal(infer_stat(h, "inferred"), FRAMES);
    assert_int_equal(infer_stat(h, "parts-inferred"), FRAMES);
    assert_int_equal(infer_stat(h, "skipped"), 0);
    assert_true(fake_get().runs < FRAMES);
    gst_harness_teardown(h);
}

// A frame waits for no other: those of a slow source come out at once.
static void test_slow_source(void **state)
{
    (void)state;
    GstHarness *h = infer_open("model=lanes");
    for (int i = 0; i < 3; i++)
        gst_buffer_unref(infer_push(h, (GstClockTime)i));
    assert_int_equal(fake_get().runs, 3);
    gst_harness_teardown(h);
}

// Settings, caps and events count from the frame on that follows them.
static void test_changes(void **state)
{
    (void)state;
    GstHarness *h = infer_open("model=lanes");
    fake_slow(5);
    for (int i = 0; i < 12; i++) {
        if (i == 4)
            infer_set(h, "threshold", "0.5");
        if (i == 8)
            frame_caps(h, "GRAY8", W, 2 * H, "");
        const int height = i < 8 ? H : 2 * H;
        GstBuffer *in = frame_new("GRAY8", W, height, (GstClockTime)i);
        assert_int_equal(gst_harness_push(h, in), GST_FLOW_OK);
    }
    for (int i = 0; i < 12; i++) {
        GstBuffer *out = gst_harness_pull(h);
        assert_int_equal(GST_BUFFER_PTS(out), i);
        assert_int_equal(nero_meta_get(out)->result.count, i < 4 ? 2 : 1);
        assert_int_equal(nero_meta_get(out)->result.frame_height, i < 8 ? H : 2 * H);
        gst_buffer_unref(out);
    }
    gst_harness_teardown(h);
}

// A flush drops the frames that wait, and the stream goes on behind it.
static void test_flush(void **state)
{
    (void)state;
    GstSegment segment;
    GstHarness *h = infer_open("model=lanes");
    fake_hold();
    for (int i = 0; i < 3; i++)
        push(h, (GstClockTime)i, GST_FLOW_OK);
    assert_true(gst_harness_push_event(h, gst_event_new_flush_start()));
    fake_release();
    assert_true(gst_harness_push_event(h, gst_event_new_flush_stop(TRUE)));
    assert_int_equal(gst_harness_buffers_received(h), 0);
    gst_segment_init(&segment, GST_FORMAT_TIME);
    assert_true(gst_harness_push_event(h, gst_event_new_segment(&segment)));
    gst_buffer_unref(infer_push(h, 100));
    gst_harness_teardown(h);
}

static GstPadProbeReturn refuse(GstPad *pad, GstPadProbeInfo *info, gpointer flow)
{
    (void)pad;
    gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_DATA(info) = NULL;
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = (GstFlowReturn)GPOINTER_TO_INT(flow);
    return GST_PAD_PROBE_HANDLED;
}

// The answer of downstream reaches upstream with the next frame, once.
static void test_answers(void **state)
{
    (void)state;
    GstHarness *h = infer_open("model=lanes");
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_autoptr(GstPad) src = gst_element_get_static_pad(e, "src");
    const gulong id = gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, refuse,
                                        GINT_TO_POINTER(GST_FLOW_EOS), NULL);
    push(h, 0, GST_FLOW_OK);
    assert_true(gst_harness_push_event(h, gst_event_new_tag(gst_tag_list_new_empty()))); // waits
    push(h, 1, GST_FLOW_EOS);
    gst_pad_remove_probe(src, id);
    gst_buffer_unref(infer_push(h, 2));
    gst_harness_teardown(h);
}

// So it does when that frame is not inferred together with others; none hears it later.
static void test_answer_alone(void **state)
{
    (void)state;
    GstHarness *h = infer_open("model=lanes");
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_autoptr(GstPad) src = gst_element_get_static_pad(e, "src");
    const gulong id = gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, refuse,
                                        GINT_TO_POINTER(GST_FLOW_EOS), NULL);
    push(h, 0, GST_FLOW_OK);
    assert_true(gst_harness_push_event(h, gst_event_new_tag(gst_tag_list_new_empty()))); // waits
    gst_pad_remove_probe(src, id);
    infer_set(h, "inference-interval", "2");
    push(h, 1, GST_FLOW_EOS);
    gst_buffer_unref(infer_push(h, 2));
    infer_set(h, "inference-interval", "1");
    gst_buffer_unref(infer_push(h, 3));
    gst_harness_teardown(h);
}

// A failing model is an error message, and the stream ends.
static void test_failure(void **state)
{
    (void)state;
    g_autoptr(GstBus) bus = gst_bus_new();
    GstHarness *h = infer_open("model=broken-lanes");
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    gst_element_set_bus(e, bus);
    push(h, 0, GST_FLOW_OK);
    assert_true(gst_harness_push_event(h, gst_event_new_tag(gst_tag_list_new_empty())));
    push(h, 1, GST_FLOW_ERROR);
    GstMessage *m = frame_message(bus, GST_MESSAGE_ERROR);
    assert_non_null(m);
    gst_message_unref(m);
    assert_int_equal(gst_harness_buffers_received(h), 0);
    gst_element_set_bus(e, NULL);
    gst_harness_teardown(h);
}

// Stopping with frames that wait drops them and leaks none.
static void test_stop(void **state)
{
    (void)state;
    GstHarness *h = infer_open("model=lanes");
    fake_slow(20);
    for (int i = 0; i < 5; i++)
        push(h, (GstClockTime)i, GST_FLOW_OK);
    wait_for_runs(1);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),   cmocka_unit_test(test_slow_source),
        cmocka_unit_test(test_changes), cmocka_unit_test(test_flush),
        cmocka_unit_test(test_answers), cmocka_unit_test(test_failure),
        cmocka_unit_test(test_stop),    cmocka_unit_test(test_answer_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
