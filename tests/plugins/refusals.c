// SPDX-License-Identifier: MIT
// Streams that cannot be negotiated: the element's error says why and what helps, before the
// source's "Internal data stream error".
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
    assert_int_equal(gst_harness_push(h, b), GST_FLOW_NOT_NEGOTIATED);
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
    const char *const elements[] = {infer, "nerooverlay name=e"};
    for (gsize i = 0; i < G_N_ELEMENTS(elements); i++) {
        check(NULL, elements[i], "before its caps");
        g_autofree char *behind =
            g_strdup_printf("%s ! capsfilter caps=video/x-raw,format=(string)I420", elements[i]);
        check(rgb, behind, "videoconvert behind");
    }
    check(NULL, "neropublish name=p location=/dev/null ! nerooverlay name=e", "before its caps");
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, make_model, NULL);
}
