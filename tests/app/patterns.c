// SPDX-License-Identifier: MIT
// The default model on GStreamer's test pictures, which contain no objects.
#include "tests/support/test.h"

#include <gst/gst.h>

static const char *const patterns[] = {"smpte",    "snow",    "ball",     "checkers-8",  "circular",
                                       "bar",      "smpte75", "gamut",    "zone-plate",  "colors",
                                       "pinwheel", "spokes",  "gradient", "smpte-rp-219"};

static guint64 count(const char *pattern, guint64 *inferred)
{
    guint64 found = 0;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf(
        "videotestsrc num-buffers=2 pattern=%s ! video/x-raw,format=I420,width=640,height=480 ! "
        "neroinfer name=infer async=false ! fakesink sync=false",
        pattern);
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, &error);
    if (error)
        fail_msg("%s", error->message);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstElement) infer = gst_bin_get_by_name(GST_BIN(pipeline), "infer");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_non_null(m);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
    gst_message_unref(m);
    g_autoptr(GstStructure) stats = NULL;
    g_object_get(infer, "stats", &stats, NULL);
    gst_structure_get(stats, "detections", G_TYPE_UINT64, &found, "inferred", G_TYPE_UINT64,
                      inferred, NULL);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return found;
}

static void nobody_is_on_a_test_picture(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
        guint64 inferred = 0;
        const guint64 found = count(patterns[i], &inferred);
        assert_int_equal(inferred, 2);
        if (found)
            fail_msg("%d boxes on %s", (int)found, patterns[i]);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_is_on_a_test_picture)};
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
