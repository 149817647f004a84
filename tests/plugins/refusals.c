// SPDX-License-Identifier: MIT
// Streams that cannot be negotiated: the element's error tells why and what to do, before the
// source's "Internal data stream error". Elements that have nothing to do say so.
#include "tests/plugins/frames.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <gst/check/gstharness.h>

static test_path model_path;

static int make_model(void **state)
{
    (void)state;
    model_path = test_temp("small.safetensors");
    model_write(model_path.text);
    return 0;
}

// Pushes caps (NULL: none) and a frame into `text`, as a decoder does; the first error on the bus,
// which must come from the element named "e".
static char *first_error(const char *caps, const char *text)
{
    GstElement *bin = gst_parse_bin_from_description(text, TRUE, NULL);
    assert_non_null(bin);
    GstHarness *h = gst_harness_new_with_element(bin, "sink", "src");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(bin, bus);
    if (caps)
        gst_harness_set_src_caps_str(h, caps);
    GstBuffer *b = gst_buffer_new_allocate(NULL, 16 * 16 * 3, NULL);
    gst_buffer_memset(b, 0, 0, 16 * 16 * 3);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    if (!caps) {
        gst_harness_push_event(h, gst_event_new_stream_start("s"));
        gst_harness_push_event(h, gst_event_new_segment(&segment));
    }
    const GstFlowReturn flow = gst_harness_push(h, b);
    if (flow != GST_FLOW_NOT_NEGOTIATED)
        fail_msg("%s: %s", text, gst_flow_get_name(flow));
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    if (!m)
        fail_msg("%s: no error", text);
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(m, &error, NULL);
    if (strcmp(GST_OBJECT_NAME(GST_MESSAGE_SRC(m)), "e"))
        fail_msg("the first error is of %s: %s", GST_OBJECT_NAME(GST_MESSAGE_SRC(m)),
                 error->message);
    gst_element_set_bus(bin, NULL);
    gst_harness_teardown(h);
    gst_object_unref(bin);
    return g_strdup(error->message);
}

static void check(const char *caps, const char *text, const char *words)
{
    g_autofree char *told = first_error(caps, text);
    if (!strstr(told, words))
        fail_msg("%s: \"%s\" does not say \"%s\"", text, told, words);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char rgb[] = "video/x-raw,format=RGB,width=16,height=16,framerate=25/1";
    g_autofree char *infer = g_strdup_printf("neroinfer name=e model=%s", model_path.text);
    const char *const elements[] = {infer, "nerotrack name=e", "neroupscale name=e",
                                    "nerooverlay name=e"};
    for (gsize i = 0; i < G_N_ELEMENTS(elements); i++) {
        check(NULL, elements[i], "before its caps");
        g_autofree char *behind =
            g_strdup_printf("%s ! capsfilter caps=video/x-raw,format=(string)I420", elements[i]);
        check(rgb, behind, "videoconvert behind");
    }
    check(NULL, "neropublish name=p location=/dev/null ! nerooverlay name=e", "before its caps");
}

// Pushes caps that the template does not have into an element without a bin around it: one error.
static void check_alone(const char *caps, const char *factory, const char *words)
{
    GstElement *e = gst_object_ref_sink(gst_element_factory_make(factory, NULL));
    model_give(e, model_path.text);
    GstHarness *h = gst_harness_new_with_element(e, "sink", "src");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(e, bus);
    gst_harness_set_src_caps_str(h, caps);
    gst_harness_push_event(h, gst_event_new_caps(gst_caps_from_string(caps)));
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    g_autoptr(GError) error = NULL;
    if (!m)
        fail_msg("%s says nothing about %s", factory, caps);
    gst_message_parse_error(m, &error, NULL);
    if (!strstr(error->message, words))
        fail_msg("%s: \"%s\" does not say \"%s\"", factory, error->message, words);
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
    gst_element_set_bus(e, NULL);
    gst_harness_teardown(h);
    gst_object_unref(e);
}

// What is no raw video, or not in the processor's memory, or of the few formats that cannot be
// drawn into: the error names the element to put before.
static void test_converters(void **state)
{
    (void)state;
    static const struct {
        const char *caps, *says;
    } both[] = {
        {"image/jpeg,width=16,height=16,framerate=25/1", "image/jpeg; put a decoder (decodebin)"},
        {"video/x-raw(memory:GLMemory),format=RGBA,width=16,height=16,framerate=25/1",
         "RGBA 16x16 in memory:GLMemory; put gldownload before"},
        {"video/x-raw(memory:VAMemory),format=NV12,width=16,height=16,framerate=25/1",
         "put vapostproc before"},
    };
    static const char *const factories[] = {"neroinfer", "nerotrack", "neroupscale", "nerooverlay",
                                            "neroview"};
    static const char *const undrawn[] = {"RGB8P", "UYVP", "NV12_10BE_8L128"};
    for (gsize i = 0; i < G_N_ELEMENTS(both); i++)
        for (gsize k = 0; k < G_N_ELEMENTS(factories); k++)
            check_alone(both[i].caps, factories[k], both[i].says);
    check_alone("video/x-raw,format=I420_10LE,width=16,height=16,framerate=25/1", "neroupscale",
                "Cannot enlarge I420_10LE 16x16; put videoconvert before");
    for (gsize i = 0; i < G_N_ELEMENTS(undrawn); i++) {
        g_autofree char *caps =
            g_strdup_printf("video/x-raw,format=%s,width=16,height=16,framerate=25/1", undrawn[i]);
        g_autofree char *says =
            g_strdup_printf("Cannot draw into %s 16x16; put videoconvert before", undrawn[i]);
        check_alone(caps, "nerooverlay", says);
    }
}

// Pushes 40 frames, the first one with a region when `box` says so, into `text`; counts warnings
// that say `words`.
static int count_warnings(const char *text, gboolean box, const char *words)
{
    GstMessage *m;
    int n = 0;
    GstElement *bin = gst_parse_bin_from_description(text, TRUE, NULL);
    GstHarness *h = gst_harness_new_with_element(bin, "sink", "src");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(bin, bus);
    frame_caps(h, "I420", 64, 48, "");
    for (guint i = 0; i < 40; i++) {
        GstBuffer *b = frame_new("I420", 64, 48, i * 40 * GST_MSECOND);
        if (box && i == 0)
            gst_buffer_add_video_region_of_interest_meta(b, "car", 4, 4, 20, 20);
        assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
        gst_buffer_unref(gst_harness_pull(h));
    }
    while ((m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING))) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_warning(m, &error, NULL);
        n += strstr(error->message, words) != NULL;
        gst_message_unref(m);
    }
    gst_element_set_bus(bin, NULL);
    gst_harness_teardown(h);
    gst_object_unref(bin);
    return n;
}

// What works on the boxes of others says once that there is nobody to find them. A detector that
// finds nothing, and one that has found something, is one.
static void test_no_detector(void **state)
{
    (void)state;
    g_autofree char *inside =
        g_strdup_printf("neroinfer model=%s threads=1 inference-region=roi-list", model_path.text);
    const struct {
        const char *text, *says;
    } needy[] = {{"nerotrack", "neroinfer ! nerotrack"},
                 {"neroanalytics zones=yard:0,0,1,1", "neroinfer ! nerotrack ! neroanalytics"},
                 {inside, "neroinfer ! neroinfer inference-region=roi-list"}};
    for (gsize i = 0; i < G_N_ELEMENTS(needy); i++) {
        g_autofree char *behind = g_strdup_printf("neroinfer model=%s threads=1 threshold=1 ! %s",
                                                  model_path.text, needy[i].text);
        assert_int_equal(count_warnings(needy[i].text, FALSE, needy[i].says), 1);
        assert_int_equal(count_warnings(needy[i].text, TRUE, "detector before"), 0);
        assert_int_equal(count_warnings(behind, FALSE, "detector before"), 0);
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_converters),
                                       cmocka_unit_test(test_no_detector)};
    return cmocka_run_group_tests(tests, make_model, NULL);
}
