// SPDX-License-Identifier: MIT
// neroinfer with a stand-in detector: where in the frame it looks. The stand-in finds a person and
// a car at the same places of everything that it sees.
#include "plugins/elements.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

enum { WIDE = 320, HIGH = 160 };

static GstHarness *look_open(const char *settings)
{
    GstHarness *h = infer_open(settings);
    frame_caps(h, "GRAY8", WIDE, HIGH, "");
    return h;
}

// Pushes a grey frame, brighter in a square at x (unless negative), and returns what came out.
static GstBuffer *push(GstHarness *h, GstClockTime pts, int x)
{
    GstBuffer *b = gst_buffer_new_allocate(NULL, WIDE * HIGH, NULL);
    gst_buffer_memset(b, 0, 80, WIDE * HIGH);
    for (int y = 40; x >= 0 && y < 60; y++)
        gst_buffer_memset(b, (gsize)(y * WIDE + x), 200, 20);
    GST_BUFFER_PTS(b) = pts;
    GstBuffer *out = gst_harness_push_and_pull(h, b);
    assert_non_null(out);
    return out;
}

static int count(GstBuffer *out, int label)
{
    const nn_result *r = &nero_meta_get(out)->result;
    int n = 0;
    assert_int_equal(r->frame_width, WIDE);
    assert_int_equal(r->frame_height, HIGH);
    for (int i = 0; i < r->count; i++)
        n += r->boxes[i].label == label;
    gst_buffer_unref(out);
    return n;
}

static void test_tiles(void **state)
{
    (void)state;
    GstHarness *h = look_open("model=small tiles=2x1 tile-overlap=0");
    GstBuffer *out = push(h, 0, -1);
    const nn_result *r = &nero_meta_get(out)->result;
    gboolean second = FALSE;
    for (int i = 0; i < r->count; i++)
        second |= r->boxes[i].label == 0 && r->boxes[i].x0 == 160 + 10 && r->boxes[i].y1 == 25;
    assert_true(second);
    // The first tile shows the place of the person in the frame, too.
    assert_int_equal(count(out, 0), 2);
    assert_int_equal(fake_get().frames, 3);
    assert_int_equal(fake_get().runs, 1); // a batch
    assert_true(fake_get().part);
    assert_int_equal(infer_stat(h, "parts"), 3);
    assert_int_equal(infer_stat(h, "parts-inferred"), 3);
    infer_set(h, "tiles", "off");
    assert_int_equal(count(push(h, 1, -1), 0), 1);
    assert_int_equal(fake_get().frames, 4);
    assert_int_equal(fake_get().frame.width, WIDE);
    infer_set(h, "tiles", "1x1"); // the whole frame
    assert_int_equal(count(push(h, 2, -1), 0), 1);
    gst_harness_teardown(h);
}

static void test_areas(void **state)
{
    (void)state;
    GstHarness *h = look_open("model=small roi=\"0,0,0.25,1; 200,80,280,160\"");
    assert_int_equal(count(push(h, 0, -1), 0), 2);
    assert_int_equal(fake_get().frame.width, 80);
    assert_int_equal(fake_get().frame.height, 80);
    infer_set(h, "ignore", "0,0,40,40");
    assert_int_equal(count(push(h, 1, -1), 0), 1);
    infer_set(h, "roi", "");
    assert_int_equal(count(push(h, 2, -1), 0), 0);
    infer_set(h, "ignore", "0,0,0.01,0.01");
    assert_int_equal(count(push(h, 3, -1), 0), 1);
    gst_harness_teardown(h);
}

// Parts of frames in formats whose rows are converted on request.
static void test_formats(void **state)
{
    (void)state;
    for (int i = 0; frame_formats[i]; i++) {
        GstHarness *h = infer_open("model=small tiles=3x2 tile-overlap=0.3 roi=\"33,17,321,159\"");
        frame_caps(h, frame_formats[i], 323, 161, "");
        GstBuffer *out = gst_harness_push_and_pull(h, frame_new(frame_formats[i], 323, 161, 0));
        assert_non_null(out);
        assert_int_equal(fake_get().frames, 7);
        gst_buffer_unref(out);
        gst_harness_teardown(h);
    }
}

static void test_motion(void **state)
{
    (void)state;
    GstHarness *h =
        look_open("model=small tiles=2x1 tile-overlap=0 tile-motion=true tile-refresh=100");
    assert_int_equal(count(push(h, 0, 200), 0), 2);
    assert_int_equal(fake_get().frames, 3);
    for (int i = 1; i < 10; i++) // nothing changes: boxes stay, as found on this frame
        infer_check_age(push(h, i * GST_MSECOND, 200), 0, FALSE);
    assert_int_equal(fake_get().frames, 3);
    assert_int_equal(count(push(h, 10 * GST_MSECOND, 212), 0), 2);
    assert_int_equal(fake_get().frames, 5); // the frame and the second tile
    assert_int_equal(infer_stat(h, "parts"), 33);
    assert_int_equal(infer_stat(h, "parts-inferred"), 5);
    infer_set(h, "threshold", "0.5"); // boxes that were found before may not be worth it now
    assert_int_equal(count(push(h, 11 * GST_MSECOND, 212), 1), 0);
    assert_int_equal(fake_get().frames, 8);
    assert_int_equal(count(push(h, 200 * GST_SECOND, 212), 0), 2);
    assert_int_equal(fake_get().frames, 11);
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h, gst_event_new_segment(&segment));
    assert_int_equal(count(push(h, 200 * GST_SECOND, 212), 0), 2);
    assert_int_equal(fake_get().frames, 14);
    gst_harness_teardown(h);
}

static void expect_error(const char *settings, const char *says)
{
    g_autofree char *text = g_strdup_printf("neroinfer model=street %s", settings);
    GstElement *e = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(e, bus);
    assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    assert_non_null(m);
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(m, &error, NULL);
    assert_true(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
    if (!strstr(error->message, says))
        fail_msg("%s", error->message);
    gst_element_set_state(e, GST_STATE_NULL);
    gst_element_set_bus(e, NULL);
    gst_object_unref(e);
}

static void test_errors(void **state)
{
    (void)state;
    expect_error("tiles=some", "tiles: \"some\": tiles are off, auto, or columns x rows");
    expect_error("roi=0.1,0.2,0.3", "roi: 3 numbers: each point has an x and a y");
    expect_error("ignore=0.1,0.2,100,100", "ignore: 0.2 and 100: fractions of the frame");
    // While it plays, a bad text is a warning, and what was there stays.
    GstHarness *h = look_open("model=small tiles=2x1 tile-overlap=0");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    assert_int_equal(count(push(h, 0, -1), 0), 2);
    infer_set(h, "tiles", "2by1");
    for (int i = 1; i < 3; i++)
        assert_int_equal(count(push(h, i, -1), 0), 2);
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    assert_non_null(m);
    g_autoptr(GError) error = NULL;
    gst_message_parse_warning(m, &error, NULL);
    assert_non_null(strstr(error->message, "2by1"));
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

// Boxes of the worker come from the same places.
static void test_worker(void **state)
{
    (void)state;
    GstHarness *h = look_open("model=small tiles=2x1 tile-overlap=0 async=true");
    int found = 0;
    for (int i = 0; i < 200 && found != 2; i++) {
        GstBuffer *out = push(h, (GstClockTime)i * GST_MSECOND, -1);
        if (nero_meta_get(out))
            found = count(out, 0);
        else
            gst_buffer_unref(out);
        g_usleep(2000);
    }
    assert_int_equal(found, 2);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiles),   cmocka_unit_test(test_areas),
        cmocka_unit_test(test_formats), cmocka_unit_test(test_motion),
        cmocka_unit_test(test_errors),  cmocka_unit_test(test_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
