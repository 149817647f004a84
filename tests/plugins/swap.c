// SPDX-License-Identifier: MIT
// neroinfer with the real engine changes its model a hundred times in a live stream: from one file
// to another, and to a rewritten file. No frame is lost and nothing leaks.
#include "tests/plugins/frames.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

enum { CHANGES = 100, PATIENCE_S = 60 };

static GstElement *pipeline, *infer, *sink;
static test_path paths[2];

static void open_pipeline(const char *settings)
{
    g_autofree char *text = g_strdup_printf(
        "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=160,height=120,"
        "framerate=30/1 ! neroinfer name=i threads=1 model=%s %s ! queue ! "
        "fakesink name=s sync=true",
        paths[0].text, settings);
    GError *error = NULL;
    pipeline = gst_parse_launch(text, &error);
    if (error)
        fail_msg("%s", error->message);
    infer = gst_bin_get_by_name(GST_BIN(pipeline), "i");
    sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
}

static void close_pipeline(void)
{
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(infer);
    gst_object_unref(sink);
    gst_object_unref(pipeline);
}

static void fail_warning(GstMessage *m)
{
    GError *error = NULL;
    gst_message_parse_warning(m, &error, NULL);
    fail_msg("%s", error->message);
}

// Waits for the message; other changes of the stream are looked after.
static void await_change(GstBus *bus)
{
    for (;;) {
        g_autoptr(GstMessage) m = gst_bus_timed_pop(bus, PATIENCE_S * GST_SECOND);
        assert_non_null(m);
        assert_int_not_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_ERROR);
        if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_WARNING)
            fail_warning(m);
        if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_LATENCY)
            gst_bin_recalculate_latency(GST_BIN(pipeline));
        if (gst_message_has_name(m, "model-changed"))
            return;
    }
}

// Every frame goes through the element and arrives.
static void check_counts(GstBus *bus)
{
    guint64 frames = 0, shown = 0;
    g_autoptr(GstStructure) stats = NULL, rendered = NULL;
    gst_element_send_event(pipeline, gst_event_new_eos());
    g_autoptr(GstMessage) end = gst_bus_timed_pop_filtered(bus, PATIENCE_S * GST_SECOND,
                                                           GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_non_null(end);
    assert_int_equal(GST_MESSAGE_TYPE(end), GST_MESSAGE_EOS);
    g_object_get(infer, "stats", &stats, NULL);
    g_object_get(sink, "stats", &rendered, NULL);
    assert_true(gst_structure_get_uint64(stats, "frames", &frames));
    assert_true(gst_structure_get_uint64(rendered, "rendered", &shown));
    assert_true(frames >= CHANGES); // two changes need at least two frames
    assert_int_equal(shown, frames);
}

static void change_often(const char *settings)
{
    open_pipeline(settings);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    for (int i = 1; i <= CHANGES; i++) {
        const char *path = paths[i / 2 % 2].text; // each twice: the second time it is a new file
        if (i % 2)
            model_write(path);
        g_object_set(infer, "model", path, NULL);
        await_change(bus);
    }
    check_counts(bus);
    close_pipeline();
}

static void changes_in_a_live_stream(void **state)
{
    (void)state;
    change_often("async=true");
    change_often("async=false");
}

static void seek(gint64 to)
{
    gst_element_seek_simple(pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, to);
}

// Seeks and pauses while models are loaded.
static void changes_while_seeking(void **state)
{
    (void)state;
    g_autofree char *text = g_strdup_printf(
        "videotestsrc ! video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! "
        "neroinfer name=i threads=1 model=%s ! fakesink name=s sync=true",
        paths[0].text);
    pipeline = gst_parse_launch(text, NULL);
    infer = gst_bin_get_by_name(GST_BIN(pipeline), "i");
    sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    for (int i = 0; i < 20; i++) {
        g_object_set(infer, "model", paths[i % 2].text, NULL);
        if (i % 3 == 0)
            gst_element_set_state(pipeline, GST_STATE_PAUSED);
        seek(i * GST_SECOND);
        g_usleep(1000 * (gulong)i);
        gst_element_set_state(pipeline, GST_STATE_PLAYING);
        if (i % 4 == 0)
            await_change(bus);
        if (i % 7 == 0) {
            gst_element_set_state(pipeline, GST_STATE_READY);
            gst_element_set_state(pipeline, GST_STATE_PLAYING);
        }
    }
    g_autofree char *model = NULL;
    g_object_get(infer, "model", &model, NULL);
    assert_string_equal(model, paths[1].text);
    close_pipeline();
}

static int make_models(void **state)
{
    (void)state;
    paths[0] = test_temp("one.safetensors");
    paths[1] = test_temp("two.safetensors");
    model_write(paths[0].text);
    model_write(paths[1].text);
    return 0;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_in_a_live_stream),
        cmocka_unit_test(changes_while_seeking),
    };
    return cmocka_run_group_tests(tests, make_models, NULL);
}
