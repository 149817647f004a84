// SPDX-License-Identifier: MIT
// neroinfer changes its model while frames pass: no frame waits for it, boxes keep the classes of
// the model that found them, bad models are refused, nothing leaks.
#include "plugins/elements.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

enum { PATIENCE = 60000 }; // frames or milliseconds

static GstHarness *open_infer(const char *settings, GstBus **bus)
{
    GstHarness *h = infer_open(settings);
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    *bus = gst_bus_new();
    gst_element_set_bus(e, *bus);
    return h;
}

static void close_infer(GstHarness *h, GstBus *bus)
{
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
    gst_object_unref(bus);
    assert_int_equal(fake_get().alive, 0);
}

// The model in the boxes of a frame, "" without any. Unrefs it.
static const char *model_of(GstBuffer *b)
{
    NeroMeta *m = nero_meta_get(b);
    const char *name = "";
    if (m) {
        name = g_intern_string(nero_labels_model(m->labels));
        const char *first = nero_labels_name(m->labels, m->result.boxes[0].label);
        assert_string_equal(first, !strcmp(name, "farm") ? "cow" : "person");
    }
    gst_buffer_unref(b);
    return name;
}

// Pushes frames until a message about the model is posted, and returns it.
static GstMessage *push_until_told(GstHarness *h, GstBus *bus, GstClockTime *pts)
{
    for (int i = 0; i < PATIENCE; i++) {
        GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING);
        if (m)
            return m;
        gst_buffer_unref(infer_push(h, *pts));
        *pts += 40 * GST_MSECOND;
        g_usleep(1000);
    }
    fail_msg("nothing is said about the model");
    return NULL;
}

static void expect_changed(GstMessage *m, const char *model, const char *previous)
{
    guint64 at;
    const GstStructure *s = gst_message_get_structure(m);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_ELEMENT);
    assert_true(gst_structure_has_name(s, "model-changed"));
    assert_string_equal(gst_structure_get_string(s, "model"), model);
    assert_string_equal(gst_structure_get_string(s, "previous"), previous);
    assert_true(gst_structure_get_uint64(s, "timestamp", &at));
    gst_message_unref(m);
}

static void expect_property(GstHarness *h, const char *want)
{
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_autofree char *model = NULL;
    g_autoptr(GstStructure) stats = NULL;
    g_object_get(e, "model", &model, "stats", &stats, NULL);
    assert_string_equal(model, want);
    assert_string_equal(gst_structure_get_string(stats, "model"), want);
}

static void count_notify(GObject *o, GParamSpec *spec, gpointer count)
{
    (void)o;
    (void)spec;
    g_atomic_int_inc((gint *)count);
}

static void test_synchronous(void **state)
{
    (void)state;
    GstBus *bus;
    GstHarness *h = open_infer("async=false", &bus);
    GstClockTime pts = 0;
    gint notified = 0;
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_signal_connect(e, "notify::model", G_CALLBACK(count_notify), &notified);
    assert_string_equal(model_of(infer_push(h, pts)), "street");
    const int nice = fake_get().open_nice;
    fake_hold_open();
    infer_set(h, "model", "farm");
    assert_string_equal(model_of(infer_push(h, 1)), "street"); // it is only being loaded
    fake_release();
    expect_changed(push_until_told(h, bus, &pts), "farm", "street");
    assert_string_equal(model_of(infer_push(h, pts)), "farm");
    assert_int_equal(fake_get().open_nice, MIN(nice + 10, 19));
    assert_int_equal(notified, 2); // set, and in use
    expect_property(h, "farm");
    close_infer(h, bus);
}

// Boxes carried on after the change are from the old model, and say so.
static void test_asynchronous(void **state)
{
    (void)state;
    GstBus *bus;
    GstHarness *h = open_infer("async=true", &bus);
    GstClockTime pts = 0;
    gst_buffer_unref(infer_push(h, pts));
    while (infer_stat(h, "inferred") < 1)
        g_usleep(1000);
    fake_hold(); // the worker is busy with the old model: no change now
    assert_string_equal(model_of(infer_push(h, 1)), "street");
    infer_set(h, "model", "farm");
    fake_slow_open(0);
    for (int i = 0; i < 50; i++) {
        assert_string_equal(model_of(infer_push(h, 2)), "street");
        g_usleep(1000);
    }
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT));
    fake_release();
    expect_changed(push_until_told(h, bus, &pts), "farm", "street");
    const char *model = "street";
    for (int i = 0; i < PATIENCE && strcmp(model, "farm") != 0; i++) {
        model = model_of(infer_push(h, pts += GST_MSECOND));
        g_usleep(1000);
    }
    assert_string_equal(model, "farm");
    close_infer(h, bus);
}

static void expect_refused(GstMessage *m, const char *model, const char *why)
{
    g_autoptr(GError) error = NULL;
    const GstStructure *details = NULL;
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_WARNING);
    gst_message_parse_warning(m, &error, NULL);
    gst_message_parse_warning_details(m, &details);
    assert_non_null(strstr(error->message, why));
    assert_non_null(strstr(error->message, "\"street\" goes on"));
    assert_string_equal(gst_structure_get_string(details, "model"), model);
    gst_message_unref(m);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *model, *why;
    } cases[] = {{"missing", "no model in"},
                 {"damaged", "header ends early"},
                 {"broken", "the fake is broken"}};
    for (int async = 0; async < 2; async++) {
        GstBus *bus;
        GstHarness *h = open_infer(async ? "async=true" : "async=false", &bus);
        GstClockTime pts = 0;
        gst_buffer_unref(infer_push(h, 0));
        while (infer_stat(h, "inferred") < 1)
            g_usleep(1000);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
            infer_set(h, "model", cases[i].model);
            expect_refused(push_until_told(h, bus, &pts), cases[i].model, cases[i].why);
            expect_property(h, "street");
            assert_string_equal(model_of(infer_push(h, pts)), "street");
        }
        assert_int_equal(fake_get().alive, 1);
        close_infer(h, bus);
    }
}

// Settings go over to the new model; a class filter that it does not know is named and left out.
static void test_settings_stay(void **state)
{
    (void)state;
    GstBus *bus;
    GstHarness *h = open_infer("async=false labels=car max-detections=3 threshold=0.2", &bus);
    GstClockTime pts = 0;
    infer_set(h, "head", "yolox");
    infer_set(h, "model", "street"); // the same name, perhaps another file
    expect_changed(push_until_told(h, bus, &pts), "street", "street");
    GstBuffer *out = infer_push(h, pts);
    assert_int_equal(nero_meta_get(out)->result.count, 1);
    gst_buffer_unref(out);
    assert_int_equal(fake_get().max_detections, 3);
    assert_string_equal(fake_get().head, "yolox");
    infer_set(h, "model", "farm");
    expect_changed(push_until_told(h, bus, &pts), "farm", "street");
    g_autoptr(GstMessage) m = push_until_told(h, bus, &pts);
    g_autoptr(GError) error = NULL;
    gst_message_parse_warning(m, &error, NULL);
    assert_non_null(strstr(error->message, "no class \"car\", only: cow, horse"));
    close_infer(h, bus);
}

// Of many that are asked for in a row the last one counts, and nothing stays in memory.
static void test_hundred(void **state)
{
    (void)state;
    for (int async = 0; async < 2; async++) {
        GstBus *bus;
        GstHarness *h = open_infer(async ? "async=true" : "async=false", &bus);
        GstClockTime pts = 0;
        for (int i = 0; i < 100; i++) {
            infer_set(h, "model", i % 2 ? "street" : "farm");
            expect_changed(push_until_told(h, bus, &pts), i % 2 ? "street" : "farm",
                           i % 2 ? "farm" : "street");
        }
        for (int i = 0; i <= 100; i++) { // faster than they can be loaded
            infer_set(h, "model", i % 2 ? "street" : "farm");
            gst_buffer_unref(infer_push(h, pts += GST_MSECOND));
        }
        const char *model = "";
        for (int i = 0; i < PATIENCE && (strcmp(model, "farm") != 0 || fake_get().alive > 1); i++) {
            model = model_of(infer_push(h, pts += GST_MSECOND));
            g_usleep(1000); // old ones are freed beside the stream
        }
        assert_string_equal(model, "farm");
        assert_int_equal(fake_get().alive, 1);
        assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR));
        close_infer(h, bus);
    }
}

static void flush(GstHarness *h)
{
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    gst_harness_push_event(h, gst_event_new_segment(&segment));
}

// While a model is being loaded: a flush, other caps, an end of stream, a stop.
static void test_events(void **state)
{
    (void)state;
    GstBus *bus;
    GstHarness *h = open_infer("async=true", &bus);
    GstClockTime pts = 0;
    gst_buffer_unref(infer_push(h, 0));
    fake_slow_open(30);
    infer_set(h, "model", "farm");
    gst_buffer_unref(infer_push(h, 1));
    flush(h);
    expect_changed(push_until_told(h, bus, &pts), "farm", "street");
    infer_set(h, "model", "street");
    gst_buffer_unref(infer_push(h, pts));
    frame_caps(h, "RGB", W, H, "");
    for (int i = 0; i < 200; i++) {
        gst_buffer_unref(gst_harness_push_and_pull(h, frame_new("RGB", W, H, pts)));
        g_usleep(1000);
    }
    expect_property(h, "street");
    infer_set(h, "model", "farm");
    gst_buffer_unref(gst_harness_push_and_pull(h, frame_new("RGB", W, H, pts)));
    gst_harness_push_event(h, gst_event_new_eos());
    gst_element_set_state(h->element, GST_STATE_READY); // waits for the loader
    assert_int_equal(fake_get().alive, 0);
    infer_set(h, "model", "street"); // nothing runs: the next start opens it
    gst_element_set_state(h->element, GST_STATE_PLAYING);
    flush(h);
    frame_caps(h, "GRAY8", W, H, "");
    expect_property(h, "street");
    close_infer(h, bus);
}

// A second of frames passes with boxes of the old model while the new one is being loaded.
static void test_nobody_waits(void **state)
{
    (void)state;
    for (int async = 0; async < 2; async++) {
        GstBus *bus;
        GstHarness *h = open_infer(async ? "async=true" : "async=false", &bus);
        GstClockTime pts = 0;
        gst_buffer_unref(infer_push(h, pts));
        while (infer_stat(h, "inferred") < 1)
            g_usleep(1000);
        const int opened = fake_get().opened;
        fake_hold_open();
        infer_set(h, "model", "farm");
        for (int i = 0; i < 30 || fake_get().opened == opened; i++)
            assert_string_equal(model_of(infer_push(h, pts += 33 * GST_MSECOND)), "street");
        assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING));
        fake_release();
        expect_changed(push_until_told(h, bus, &pts), "farm", "street");
        close_infer(h, bus);
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_synchronous), cmocka_unit_test(test_asynchronous),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_settings_stay),
        cmocka_unit_test(test_hundred),     cmocka_unit_test(test_events),
        cmocka_unit_test(test_nobody_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
