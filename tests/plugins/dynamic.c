// SPDX-License-Identifier: MIT
// Every registered element is added to a running pipeline, linked, removed and added again, in the
// orders that applications use; the rest of the pipeline plays on.
#include "tests/plugins/frames.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <gst/gst.h>

enum { ROUNDS = 6, PATIENCE_MS = 60000 };

static test_path model_path;
static GstElement *pipeline, *tee;
static GstPad *branch;                  // of the tee, to the element
static gint main_frames, branch_frames; // atomic

static int make_model(void **state)
{
    (void)state;
    model_path = test_temp("small.safetensors");
    model_write(model_path.text);
    return 0;
}

static GstPadProbeReturn count(GstPad *pad, GstPadProbeInfo *info, gpointer counter)
{
    (void)pad;
    (void)info;
    g_atomic_int_inc((gint *)counter);
    return GST_PAD_PROBE_OK;
}

static void count_on(GstElement *e, const char *pad_name, gint *counter)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(e, pad_name);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, counter, NULL);
}

static void await_more(gint *counter, const char *what)
{
    const int before = g_atomic_int_get(counter);
    for (int waited = 0; g_atomic_int_get(counter) < before + 3; waited += 5) {
        if (waited > PATIENCE_MS)
            fail_msg("no frames %s", what);
        g_usleep(5000);
    }
}

// An error on the bus fails the test; late frames and the like do not.
static void check_bus(void)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    if (m) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(m, &error, NULL);
        fail_msg("%s", error->message);
    }
}

static void open_pipeline(void)
{
    pipeline = gst_parse_launch(
        "videotestsrc is-live=true ! video/x-raw,format=RGB,width=160,height=120,framerate=200/1 ! "
        "tee name=t allow-not-linked=true t. ! queue ! fakesink name=s sync=false async=false",
        NULL);
    tee = gst_bin_get_by_name(GST_BIN(pipeline), "t");
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
    count_on(sink, "sink", &main_frames);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    await_more(&main_frames, "before anything is added");
}

static void close_pipeline(void)
{
    gst_element_set_state(pipeline, GST_STATE_NULL);
    g_clear_object(&tee);
    g_clear_object(&pipeline);
}

static void set_if_there(GstElement *e, const char *name, const char *value)
{
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(e), name))
        gst_util_set_object_arg(G_OBJECT(e), name, value);
}

static GstElement *make_element(const char *factory)
{
    GstElement *e = gst_object_ref_sink(gst_element_factory_make(factory, NULL));
    model_give(e, model_path.text);
    set_if_there(e, "threads", "1");
    set_if_there(e, "location", "/dev/null");
    set_if_there(e, "offscreen", "yes");
    set_if_there(e, "async", "false");
    count_on(e, "sink", &branch_frames);
    return e;
}

static void link_branch(GstElement *e)
{
    g_autoptr(GstPad) sink = gst_element_get_static_pad(e, "sink");
    branch = gst_element_request_pad_simple(tee, "src_%u");
    assert_int_equal(gst_pad_link(branch, sink), GST_PAD_LINK_OK);
}

// The element after this one; NULL for a sink.
static GstElement *add_end(GstElement *e)
{
    g_autoptr(GstPad) src = gst_element_get_static_pad(e, "src");
    gst_bin_add(GST_BIN(pipeline), gst_object_ref(e));
    if (!src)
        return NULL;
    GstElement *end = gst_element_factory_make("fakesink", NULL);
    g_object_set(end, "async", FALSE, "sync", FALSE, NULL);
    gst_bin_add(GST_BIN(pipeline), end);
    assert_true(gst_element_link(e, end));
    gst_element_sync_state_with_parent(end);
    return end;
}

static GstPadProbeReturn block(GstPad *pad, GstPadProbeInfo *info, gpointer blocked)
{
    (void)pad;
    (void)info;
    g_atomic_int_set((gint *)blocked, 1);
    return GST_PAD_PROBE_OK;
}

static void take_out(GstElement *e, GstElement *end, gboolean gently)
{
    gint blocked = 0;
    gulong probe = 0;
    g_autoptr(GstPad) sink = gst_element_get_static_pad(e, "sink");
    if (gently) {
        probe =
            gst_pad_add_probe(branch, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, block, &blocked, NULL);
        while (!g_atomic_int_get(&blocked))
            g_usleep(1000);
    }
    gst_pad_unlink(branch, sink);
    if (probe)
        gst_pad_remove_probe(branch, probe);
    gst_element_release_request_pad(tee, branch);
    g_clear_object(&branch);
    GstElement *const both[] = {e, end};
    for (gsize i = 0; i < G_N_ELEMENTS(both) && both[i]; i++) {
        gst_element_set_state(both[i], GST_STATE_NULL);
        gst_bin_remove(GST_BIN(pipeline), both[i]);
    }
}

// The state first, then the link: frames come through each time, the same element again or not.
static void test_readded(void **state)
{
    (void)state;
    GList *features = frame_elements();
    assert_true(g_list_length(features) >= 4);
    open_pipeline();
    for (GList *f = features; f; f = f->next) {
        const char *name = gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(f->data));
        GstElement *e = make_element(name);
        for (int round = 0; round < ROUNDS; round++) {
            GstElement *end = add_end(e);
            gst_element_sync_state_with_parent(e);
            link_branch(e);
            await_more(&branch_frames, name);
            take_out(e, end, round % 2);
            await_more(&main_frames, "after a removal");
            check_bus();
            if (round % 3 == 2) { // another one
                gst_object_unref(e);
                e = make_element(name);
            }
        }
        gst_object_unref(e);
    }
    close_pipeline();
    gst_plugin_feature_list_free(features);
}

// The link first, then the state: the tee may find the branch closed and end the stream, as with
// every element, but nothing breaks.
static void test_linked_first(void **state)
{
    (void)state;
    GList *features = frame_elements();
    for (GList *f = features; f; f = f->next) {
        const char *name = gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(f->data));
        for (int round = 0; round < ROUNDS; round++) {
            open_pipeline();
            GstElement *e = make_element(name);
            GstElement *end = add_end(e);
            link_branch(e);
            assert_true(gst_element_sync_state_with_parent(e));
            g_usleep(30000);
            take_out(e, end, FALSE);
            gst_object_unref(e);
            close_pipeline();
        }
    }
    gst_plugin_feature_list_free(features);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readded),
        cmocka_unit_test(test_linked_first),
    };
    return cmocka_run_group_tests(tests, make_model, NULL);
}
