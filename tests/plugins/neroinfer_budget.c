// SPDX-License-Identifier: MIT
// neroinfer with a stand-in detector: latency budget, input sizes, thresholds of classes, messages.
#include "plugins/common/adjust.h"
#include "plugins/elements.h"
#include "plugins/infer/attach.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

static GstHarness *open_model(const char *settings)
{
    fake_reset();
    g_autofree char *text = g_strdup_printf("neroinfer name=i %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    assert_non_null(h);
    gst_harness_set_live(h, FALSE);
    frame_caps(h, "GRAY8", W, H, "");
    return h;
}

static GstStructure *read_stats(GstHarness *h)
{
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    GstStructure *s = NULL;
    g_object_get(e, "stats", &s, NULL);
    return s;
}

static int stat_int(GstHarness *h, const char *field)
{
    g_autoptr(GstStructure) s = read_stats(h);
    int value = -1;
    guint count;
    if (gst_structure_get_uint(s, field, &count))
        return (int)count;
    assert_true(gst_structure_get_int(s, field, &value));
    return value;
}

static double stat_double(GstHarness *h, const char *field)
{
    g_autoptr(GstStructure) s = read_stats(h);
    double value = -1;
    assert_true(gst_structure_get_double(s, field, &value));
    return value;
}

// Each of the first frames tries another size. The size falls until an inference fits,
// metadata and statistics tell which was used, and every frame is still inferred.
static void test_size_falls(void **state)
{
    (void)state;
    GstHarness *h = open_model("model=large latency-budget=60");
    fake_slow(150);
    gst_buffer_unref(infer_push(h, 0));
    assert_int_equal(fake_get().runs, 1);
    for (int i = 1; i < 12; i++) {
        GstBuffer *out = infer_push(h, i * 40 * GST_MSECOND);
        NeroMeta *m = nero_meta_get(out);
        assert_int_equal(m->result.input_width, fake_get().input_w);
        assert_int_equal(m->result.input_height, fake_get().input_h);
        assert_int_equal(nero_meta_interval(m), 1);
        assert_int_equal(nero_meta_skipped(m), 0);
        gst_buffer_unref(out);
    }
    assert_int_equal(infer_stat(h, "inferred"), 12);
    assert_int_equal(fake_get().runs, 12 + 4 * 2);
    assert_true(stat_int(h, "size-changes") >= 1);
    assert_true(stat_int(h, "input-width") <= 320 && stat_int(h, "input-width") >= 224);
    assert_true(stat_double(h, "infer-ms-last") >= 15 && stat_double(h, "infer-ms-p95") >= 150);
    assert_true(stat_double(h, "scene-detail") >= 0);
    const double motion = stat_double(h, "scene-motion");
    assert_true(motion >= 0 && motion <= 1);
    infer_set(h, "latency-budget", "0"); // as before
    gst_buffer_unref(infer_push(h, GST_SECOND));
    assert_int_equal(stat_int(h, "input-width"), 640);
    gst_harness_teardown(h);
}

// A model of one size: every Nth frame is inferred.
static void test_interval_grows(void **state)
{
    (void)state;
    GstHarness *h = open_model("model=fixed latency-budget=10");
    fake_slow(35);
    for (int i = 0; i < 30; i++)
        gst_buffer_unref(infer_push(h, i * 40 * GST_MSECOND));
    assert_int_equal(stat_int(h, "input-width"), 128);
    assert_int_equal(stat_int(h, "size-changes"), 0);
    assert_true(stat_int(h, "interval") >= 4);
    const int inferred = (int)infer_stat(h, "inferred");
    assert_true(inferred >= 5 && inferred <= 12);
    assert_int_equal(infer_stat(h, "skipped"), 30 - inferred);
    GstBuffer *out = infer_push(h, 2 * GST_SECOND);
    assert_int_equal(nero_meta_interval(nero_meta_get(out)), stat_int(h, "interval"));
    assert_true(nero_meta_skipped(nero_meta_get(out)) >= 30u - (guint)inferred);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

// In the worker, too, and no frame waits while the sizes are tried.
static void test_async(void **state)
{
    (void)state;
    GstHarness *h = open_model("model=large latency-budget=100 async=true");
    fake_slow(200);
    fake_hold();
    for (int i = 0; i < 5; i++)
        gst_buffer_unref(infer_push(h, i * 40 * GST_MSECOND));
    assert_int_equal(infer_stat(h, "inferred"), 0);
    fake_release();
    for (int i = 5; i < 6000 && stat_int(h, "size-changes") < 1; i++) {
        gst_buffer_unref(infer_push(h, i * 40 * GST_MSECOND));
        g_usleep(10000);
    }
    assert_true(stat_int(h, "size-changes") >= 1);
    gst_harness_teardown(h);
}

static char *pop_text(GstBus *bus, GstMessageType type)
{
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, type);
    g_autoptr(GError) error = NULL;
    assert_non_null(m);
    if (type == GST_MESSAGE_ERROR)
        gst_message_parse_error(m, &error, NULL);
    else
        gst_message_parse_warning(m, &error, NULL);
    return g_strdup(error->message);
}

static void expect_start_error(const char *settings, const char *part)
{
    g_autofree char *text = g_strdup_printf("neroinfer %s", settings);
    GstElement *e = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(e, bus);
    assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    g_autofree char *said = pop_text(bus, GST_MESSAGE_ERROR);
    if (!strstr(said, part))
        fail_msg("\"%s\" does not say \"%s\"", said, part);
    gst_element_set_state(e, GST_STATE_NULL);
    gst_element_set_bus(e, NULL);
    gst_object_unref(e);
}

// The user's size is used as it is; wrong ones are errors at the start and warnings later.
static void test_input_size(void **state)
{
    (void)state;
    GstHarness *h = open_model("model=large input-size=320x256");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    gst_buffer_unref(infer_push(h, 0));
    assert_int_equal(fake_get().input_w, 320);
    assert_int_equal(fake_get().input_h, 256);
    infer_set(h, "input-size", "96");
    gst_buffer_unref(infer_push(h, 1));
    assert_int_equal(fake_get().input_w, 96);
    assert_int_equal(fake_get().input_h, 96);
    infer_set(h, "input-size", "auto"); // the model's
    gst_buffer_unref(infer_push(h, 2));
    assert_int_equal(stat_int(h, "input-width"), 320); // of the stand-in that was opened so
    infer_set(h, "input-size", "100x96");
    for (int i = 0; i < 3; i++)
        gst_buffer_unref(infer_push(h, 3 + (GstClockTime)i));
    g_autofree char *said = pop_text(bus, GST_MESSAGE_WARNING);
    assert_non_null(strstr(said, "not a multiple of 32: 100x96"));
    infer_set(h, "input-size", "wide");
    for (int i = 0; i < 3; i++)
        gst_buffer_unref(infer_push(h, 9 + (GstClockTime)i));
    g_autofree char *again = pop_text(bus, GST_MESSAGE_WARNING);
    assert_non_null(strstr(again, "input-size \"wide\" is not \"auto\" or WIDTHxHEIGHT"));
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING)); // once
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
    expect_start_error("model=large input-size=33x32", "not a multiple of 32: 33x32");
    expect_start_error("model=fixed input-size=64", "accepts 128x96 only");
    expect_start_error("model=large input-size=12y", "is not \"auto\" or WIDTHxHEIGHT");
}

static int count_boxes(GstHarness *h, int *faint)
{
    GstBuffer *out = infer_push(h, 0);
    const NeroMeta *m = nero_meta_get(out);
    const int n = m->result.count;
    *faint = m->faint.count;
    gst_buffer_unref(out);
    return n;
}

// Each class has its own threshold; the others have that for all. (Person 0.9, car 0.4.)
static void test_class_thresholds(void **state)
{
    (void)state;
    int faint;
    GstHarness *h = open_model("model=street threshold=0.6 thresholds=\" car=0.35 ,\"");
    assert_int_equal(count_boxes(h, &faint), 2);
    infer_set(h, "thresholds", "person=0.95,car=0.1");
    assert_int_equal(count_boxes(h, &faint), 1);
    gst_harness_push_upstream_event(
        h,
        gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, gst_structure_new_empty(NERO_WANTS_FAINT)));
    assert_int_equal(count_boxes(h, &faint), 1); // the car; the person is kept for a tracker
    assert_int_equal(faint, 1);
    infer_set(h, "thresholds", "");
    assert_int_equal(count_boxes(h, &faint), 1);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    infer_set(h, "thresholds", "perso=0.5,car=0.3");
    assert_int_equal(count_boxes(h, &faint), 2);
    g_autofree char *said = pop_text(bus, GST_MESSAGE_WARNING);
    assert_non_null(strstr(said, "no class \"perso\"; did you mean \"person\"?"));
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
    expect_start_error("model=street thresholds=cra=0.5", "did you mean \"car\"?");
    expect_start_error("model=street thresholds=elephant=0.5", "only: person, car");
    expect_start_error("model=street thresholds=car=5", "\"car=5\" is not CLASS=SCORE");
    expect_start_error("model=street thresholds=car", "\"car\" is not CLASS=SCORE");
}

// The model's thresholds of classes count until the user gives one for all. The keys of a window
// move them together.
static void test_thresholds_of_the_model(void **state)
{
    (void)state;
    int faint;
    float threshold;
    GstHarness *h = open_model("model=picky");
    assert_int_equal(count_boxes(h, &faint), 1); // the car
    GstEvent *lower =
        gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, nero_adjust_threshold(0.2f, -0.1f));
    gst_harness_push_upstream_event(h, gst_event_ref(lower));
    assert_int_equal(count_boxes(h, &faint), 2); // 0.85 and 0.2
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_object_get(e, "threshold", &threshold, NULL);
    assert_true(threshold < 0); // still the model's
    infer_set(h, "thresholds", "car=0.5");
    assert_int_equal(count_boxes(h, &faint), 1); // the person
    infer_set(h, "threshold", "-1");             // where it began
    assert_int_equal(count_boxes(h, &faint), 0);
    infer_set(h, "threshold", "0.3");
    infer_set(h, "thresholds", "");
    assert_int_equal(count_boxes(h, &faint), 2);
    infer_set(h, "threshold", "0.5");
    assert_int_equal(count_boxes(h, &faint), 1);
    gst_harness_push_upstream_event(h, lower); // of one for all: 0.2
    assert_int_equal(count_boxes(h, &faint), 2);
    gst_harness_teardown(h);
}

// One message for each inference, none for frames that carry its boxes on.
static void test_messages(void **state)
{
    (void)state;
    GstHarness *h = open_model("model=street inference-interval=2 post-messages=true");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    for (int i = 0; i < 4; i++)
        gst_buffer_unref(infer_push(h, i * 40 * GST_MSECOND));
    for (int i = 0; i < 2; i++) {
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT);
        assert_non_null(m);
        const GstStructure *s = gst_message_get_structure(m);
        assert_string_equal(gst_structure_get_name(s), "neroinfer");
        guint64 time = 0, running = 0;
        guint interval = 0;
        int width = 0, x = -1, w = -1;
        double age = -1, score = 0;
        assert_true(gst_structure_get(s, "timestamp", G_TYPE_UINT64, &time, "running-time",
                                      G_TYPE_UINT64, &running, "age-ms", G_TYPE_DOUBLE, &age,
                                      "input-width", G_TYPE_INT, &width, "interval", G_TYPE_UINT,
                                      &interval, NULL));
        assert_int_equal(time, i * 80 * GST_MSECOND);
        assert_int_equal(running, time);
        assert_int_equal(interval, 2);
        assert_int_equal(width, 128);
        assert_true(age == 0);
        const GValue *objects = gst_structure_get_value(s, "objects");
        assert_int_equal(gst_value_list_get_size(objects), 2);
        const GstStructure *person = gst_value_get_structure(gst_value_list_get_value(objects, 0));
        assert_string_equal(gst_structure_get_string(person, "label"), "person");
        assert_true(gst_structure_get(person, "x", G_TYPE_INT, &x, "width", G_TYPE_INT, &w,
                                      "confidence", G_TYPE_DOUBLE, &score, NULL));
        assert_int_equal(x, 10);
        assert_int_equal(w, 10);
        assert_float_equal(score, 0.9, 1e-6);
    }
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT));
    infer_set(h, "post-messages", "false");
    gst_buffer_unref(infer_push(h, GST_SECOND));
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT));
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

// The presets that are shipped: all load, also by the syntax of gst-launch, and none names a model.
static void test_presets(void **state)
{
    (void)state;
    static const char *const names[] = {"accurate", "balanced", "fast"};
    static const double budget[] = {0, 50, 20};
    g_autoptr(GstElement) e = gst_object_ref_sink(gst_element_factory_make("neroinfer", NULL));
    g_auto(GStrv) found = gst_preset_get_preset_names(GST_PRESET(e));
    for (int i = 0; i < 3; i++) {
        assert_true(g_strv_contains((const char *const *)found, names[i]));
        g_object_set(e, "model", "mine", "latency-budget", 7.0, "inference-interval", 3, NULL);
        assert_true(gst_preset_load_preset(GST_PRESET(e), names[i]));
        double is = -1;
        guint interval = 0;
        g_autofree char *model = NULL, *comment = NULL;
        g_object_get(e, "latency-budget", &is, "inference-interval", &interval, "model", &model,
                     NULL);
        assert_true(is == budget[i]);
        assert_int_equal(interval, 1);
        assert_string_equal(model, "mine");
        assert_true(gst_preset_get_meta(GST_PRESET(e), names[i], "comment", &comment));
    }
    g_autoptr(GstElement) launched =
        gst_object_ref_sink(gst_parse_launch("neroinfer @preset=fast", NULL));
    double is = -1;
    g_object_get(launched, "latency-budget", &is, NULL);
    assert_true(is == 20);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_falls),
        cmocka_unit_test(test_interval_grows),
        cmocka_unit_test(test_async),
        cmocka_unit_test(test_input_size),
        cmocka_unit_test(test_class_thresholds),
        cmocka_unit_test(test_thresholds_of_the_model),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_presets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
