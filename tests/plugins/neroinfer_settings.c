// SPDX-License-Identifier: MIT
// neroinfer with a stand-in detector: properties, statistics and errors.
#include "plugins/elements.h"
#include "plugins/infer/attach.h"
#include "plugins/infer/infer_properties.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

static int count_boxes(GstHarness *h)
{
    GstBuffer *out = infer_push(h, 0);
    int n = nero_meta_get(out)->result.count;
    gst_buffer_unref(out);
    return n;
}

static void test_properties(void **state)
{
    (void)state;
    GstHarness *h = infer_open("threads=3 max-detections=7 device=cpu");
    assert_int_equal(fake_get().threads, 3);
    assert_int_equal(count_boxes(h), 2);
    assert_int_equal(fake_get().max_detections, 7);
    infer_set(h, "threshold", "0.5");
    assert_int_equal(count_boxes(h), 1);
    infer_set(h, "threshold", "-1");
    assert_int_equal(count_boxes(h), 2);
    infer_set(h, "labels", " car ,");
    assert_int_equal(count_boxes(h), 1);
    infer_set(h, "labels", "");
    assert_int_equal(count_boxes(h), 2);
    infer_set(h, "labels", " , ");
    assert_int_equal(count_boxes(h), 2);
    infer_set(h, "max-detections", "1");
    assert_int_equal(count_boxes(h), 1);
    assert_false(fake_get().agnostic_nms || fake_get().part);
    infer_set(h, "agnostic-nms", "true");
    assert_int_equal(count_boxes(h), 1);
    assert_true(fake_get().agnostic_nms && !fake_get().part);
    gst_harness_teardown(h);
}

// A label the model does not know: refused at start, named once and ignored while playing.
static void test_unknown_label(void **state)
{
    (void)state;
    GstHarness *h = infer_open("");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    infer_set(h, "labels", "dog,person");
    assert_int_equal(count_boxes(h), 1);
    assert_int_equal(count_boxes(h), 1);
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    assert_non_null(m);
    g_autoptr(GError) error = NULL;
    gst_message_parse_warning(m, &error, NULL);
    assert_non_null(strstr(error->message, "dog"));
    assert_non_null(strstr(error->message, "person, car"));
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

static void test_stats(void **state)
{
    (void)state;
    GstHarness *h = infer_open("");
    fake_slow(5);
    for (int i = 0; i < 3; i++)
        gst_buffer_unref(infer_push(h, i));
    g_autoptr(GstBuffer) out = infer_push(h, 3);
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_autoptr(GstStructure) s = NULL;
    g_object_get(e, "stats", &s, NULL);
    double min, average, max, last, fps;
    int w, hgt;
    gboolean async;
    assert_true(gst_structure_get(s, "infer-ms-min", G_TYPE_DOUBLE, &min, "infer-ms-average",
                                  G_TYPE_DOUBLE, &average, "infer-ms-max", G_TYPE_DOUBLE, &max,
                                  "infer-ms-last", G_TYPE_DOUBLE, &last, "fps", G_TYPE_DOUBLE, &fps,
                                  "input-width", G_TYPE_INT, &w, "input-height", G_TYPE_INT, &hgt,
                                  "async", G_TYPE_BOOLEAN, &async, NULL));
    assert_true(5 <= min && min <= average && average <= max && min <= last && last <= max);
    assert_float_equal(nero_meta_get(out)->result.infer_ms, last, 1e-4 * last); // one figure
    assert_true(fps > 0 && fps <= 200);
    assert_int_equal(w, 128);
    assert_int_equal(hgt, 96);
    assert_false(async);
    assert_string_equal(gst_structure_get_string(s, "model"), "street");
    assert_string_equal(gst_structure_get_string(s, "precision"), "float32");
    // Back to READY: everything begins again.
    gst_element_set_state(h->element, GST_STATE_READY);
    assert_int_equal(infer_stat(h, "frames"), 0);
    assert_int_equal(infer_stat(h, "inferred"), 0);
    gst_harness_teardown(h);
}

// The property takes a boolean from C, as its name promises.
static void test_async_is_boolean_too(void **state)
{
    (void)state;
    g_autoptr(GstElement) e = gst_object_ref_sink(gst_element_factory_make("neroinfer", NULL));
    int value;
    g_object_get(e, "async", &value, NULL);
    assert_int_equal(value, NERO_ASYNC_AUTO);
    g_object_set(e, "async", TRUE, NULL);
    g_object_get(e, "async", &value, NULL);
    assert_int_equal(value, NERO_ASYNC_TRUE);
}

// A missing model: PAUSED fails, with one error that names the model and the reason.
static void expect_start_error(const char *settings, int code, const char *one, const char *two)
{
    g_autofree char *text = g_strdup_printf("neroinfer %s", settings);
    GstElement *e = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(e, bus);
    for (int i = 0; i < 2; i++) { // the second try fails in the same way
        assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        assert_non_null(m);
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(m, &error, NULL);
        assert_true(g_error_matches(error, GST_RESOURCE_ERROR, code));
        assert_non_null(strstr(error->message, one));
        assert_non_null(strstr(error->message, two));
        assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
        gst_element_set_state(e, GST_STATE_NULL);
    }
    gst_element_set_bus(e, NULL);
    gst_object_unref(e);
}

static void test_start_errors(void **state)
{
    (void)state;
    expect_start_error("model=missing", GST_RESOURCE_ERROR_NOT_FOUND, "\"missing\"",
                       "no model in /models/missing.safetensors");
    expect_start_error("model=damaged", GST_RESOURCE_ERROR_SETTINGS, "\"damaged\"",
                       "/models/damaged.safetensors: header ends early");
    expect_start_error("model=street labels=dog", GST_RESOURCE_ERROR_SETTINGS, "\"dog\"",
                       "person, car");
    expect_start_error("model=street device=GPU.1", GST_RESOURCE_ERROR_SETTINGS, "\"GPU.1\"",
                       "device=CPU");
}

// Head and names reach the detector; a guessed head is reported once.
static void test_head(void **state)
{
    (void)state;
    for (int guessed = 0; guessed < 2; guessed++) {
        fake_reset();
        g_autoptr(GstElement) e = gst_element_factory_make("neroinfer", NULL);
        g_autoptr(GstBus) bus = gst_bus_new();
        gst_object_ref_sink(e);
        gst_element_set_bus(e, bus);
        g_object_set(e, "model", guessed ? "guessed" : "street", NULL);
        if (!guessed)
            g_object_set(e, "head", "yolox", "labels-file", "/tmp/names", NULL);
        assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
        assert_string_equal(fake_get().head, guessed ? "" : "yolox");
        assert_string_equal(fake_get().labels, guessed ? "" : "/tmp/names");
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_INFO);
        assert_int_equal(m != NULL, guessed);
        if (m) {
            g_autoptr(GError) error = NULL;
            gst_message_parse_info(m, &error, NULL);
            assert_non_null(strstr(error->message, "guessed.safetensors"));
            assert_non_null(strstr(error->message, "'yolov8' with 2 classes"));
        }
        gst_element_set_state(e, GST_STATE_NULL);
        gst_element_set_bus(e, NULL);
    }
}

static void test_run_error(void **state)
{
    (void)state;
    for (int async = 0; async < 2; async++) {
        fake_reset();
        g_autofree char *text =
            g_strdup_printf("neroinfer model=broken async=%s", async ? "true" : "false");
        GstHarness *h = gst_harness_new_parse(text);
        g_autoptr(GstBus) bus = gst_bus_new();
        gst_element_set_bus(h->element, bus);
        frame_caps(h, "GRAY8", W, H, "");
        GstFlowReturn flow = GST_FLOW_OK;
        for (int i = 0; i < 200 && flow == GST_FLOW_OK; i++) {
            flow = gst_harness_push(h, frame_new("GRAY8", W, H, i));
            g_usleep(async ? 5000 : 0);
        }
        assert_int_equal(flow, GST_FLOW_ERROR);
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        assert_non_null(m);
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(m, &error, NULL);
        assert_non_null(strstr(error->message, "the fake is broken"));
        assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
        gst_element_set_bus(h->element, NULL);
        gst_harness_teardown(h);
    }
}

// A tracker asks for boxes below the threshold: they are kept apart, and other elements do not see
// them.
static void test_faint(void **state)
{
    (void)state;
    GstHarness *h = infer_open("threshold=0.5");
    GstBuffer *out = infer_push(h, 0);
    assert_int_equal(nero_meta_get(out)->faint.count, 0);
    gst_buffer_unref(out);
    gst_harness_push_upstream_event(
        h,
        gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, gst_structure_new_empty(NERO_WANTS_FAINT)));
    for (GstEvent *e; (e = gst_harness_try_pull_upstream_event(h)); gst_event_unref(e))
        assert_false(gst_event_has_name(e, NERO_WANTS_FAINT));
    for (int carried = 0; carried < 2; carried++) {
        if (carried)
            infer_set(h, "inference-interval", "100");
        out = infer_push(h, 1 + (GstClockTime)carried);
        NeroMeta *m = nero_meta_get(out);
        assert_int_equal(m->result.count, 1);
        assert_int_equal(m->faint.count, 1);
        assert_true(m->faint.boxes[0].score < m->threshold && m->threshold == 0.5f);
        gpointer at = NULL;
        int regions = 0;
        while (
            gst_buffer_iterate_meta_filtered(out, &at, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))
            regions++;
        assert_int_equal(regions, 1);
        gst_buffer_unref(out);
    }
    assert_int_equal(infer_stat(h, "detections"), 2);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_properties),   cmocka_unit_test(test_unknown_label),
        cmocka_unit_test(test_stats),        cmocka_unit_test(test_async_is_boolean_too),
        cmocka_unit_test(test_start_errors), cmocka_unit_test(test_run_error),
        cmocka_unit_test(test_head),         cmocka_unit_test(test_faint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
