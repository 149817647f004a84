// SPDX-License-Identifier: MIT
// Closing the window: the stream ends with all that hangs on it, or what on-close says.
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <SDL.h>
#include <gst/check/gstharness.h>
#include <gst/video/videooverlay.h>

static void push_close(void)
{
    SDL_Event close = {.window = {.type = SDL_WINDOWEVENT, .windowID = 1}};
    close.window.event = SDL_WINDOWEVENT_CLOSE;
    assert_int_equal(SDL_PushEvent(&close), 1);
}

static void push_key(SDL_Keycode key)
{
    SDL_Event e = {.key = {.type = SDL_KEYDOWN, .windowID = 1}};
    e.key.keysym.sym = key;
    assert_int_equal(SDL_PushEvent(&e), 1);
}

static GstMessage *wait_for(GstBus *bus, GstMessageType types)
{
    GstMessage *m = gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, types);
    assert_non_null(m);
    if (!gst_is_video_overlay_prepare_window_handle_message(m))
        return m;
    gst_message_unref(m);
    return wait_for(bus, types);
}

static void expect_request(GstBus *bus)
{
    GstMessage *m = wait_for(bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    assert_true(gst_message_has_name(m, "window-request"));
    assert_string_equal(gst_structure_get_string(gst_message_get_structure(m), "action"), "close");
    gst_message_unref(m);
}

static void expect_error(GstBus *bus)
{
    g_autoptr(GError) error = NULL;
    GstMessage *m = wait_for(bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_ERROR);
    gst_message_parse_error(m, &error, NULL);
    assert_true(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
    assert_string_equal(error->message, "Output window was closed");
    gst_message_unref(m);
}

// Closes a window, and returns what further frames are answered.
static GstFlowReturn close_one(const char *on_close)
{
    g_autofree char *text =
        g_strdup_printf("nerosink offscreen=no sync=false on-close=%s", on_close);
    GstHarness *h = gst_harness_new_parse(text);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    frame_caps(h, "GRAY8", 64, 48, "");
    assert_int_equal(gst_harness_push(h, frame_new("GRAY8", 64, 48, 0)), GST_FLOW_OK);
    push_key(SDLK_f); // full screen, figures, and then the window is closed
    push_key(SDLK_h);
    push_close();
    push_close(); // once is enough
    if (strcmp(on_close, "error") == 0)
        expect_error(bus);
    else
        expect_request(bus);
    const GstFlowReturn flow = gst_harness_push(h, frame_new("GRAY8", 64, 48, 1));
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR));
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
    return flow;
}

static void the_stream_ends_as_the_property_says(void **state)
{
    (void)state;
    assert_int_equal(close_one("eos"), GST_FLOW_EOS);
    assert_int_equal(close_one("message"), GST_FLOW_OK);
    assert_int_equal(close_one("error"), GST_FLOW_OK);
    assert_int_equal(close_one("eos"), GST_FLOW_EOS); // another run opens another window
}

// A live camera that is shown and recorded, and a microphone: all of it ends, whole.
static void live_sources_and_recordings_end(void **state)
{
    (void)state;
    test_path path = test_temp("recorded.raw");
    for (int paused = 0; paused < 2; paused++) {
        g_autofree char *text =
            g_strdup_printf("videotestsrc is-live=true ! video/x-raw,width=32,height=24 ! "
                            "tee name=t ! queue ! nerosink offscreen=no name=s "
                            "t. ! queue ! filesink location=\"%s\" async=false "
                            "audiotestsrc is-live=true ! fakesink async=false",
                            path.text);
        g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
        g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
        gst_element_set_state(pipeline, GST_STATE_PLAYING);
        gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND);
        if (paused) {
            gst_element_set_state(pipeline, GST_STATE_PAUSED);
            gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND);
        }
        push_close();
        expect_request(bus);
        if (paused) { // it asks to go on, so that the end comes through
            GstState wanted;
            GstMessage *m = wait_for(bus, GST_MESSAGE_REQUEST_STATE);
            gst_message_parse_request_state(m, &wanted);
            assert_int_equal(wanted, GST_STATE_PLAYING);
            gst_element_set_state(pipeline, wanted);
            gst_message_unref(m);
        }
        GstMessage *end = wait_for(bus, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        assert_int_equal(GST_MESSAGE_TYPE(end), GST_MESSAGE_EOS);
        gst_message_unref(end);
        gst_element_set_state(pipeline, GST_STATE_NULL);
    }
}

// A file whose last frames have left the source: they are not shown to nobody until they are over.
static void waiting_frames_are_given_up(void **state)
{
    (void)state;
    g_autoptr(GstElement) pipeline =
        gst_parse_launch("videotestsrc num-buffers=100 ! video/x-raw,width=32,height=24,"
                         "framerate=2/1 ! queue max-size-time=0 max-size-buffers=100 ! nerosink "
                         "offscreen=no",
                         NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND);
    push_close();
    expect_request(bus);
    GstMessage *end = wait_for(bus, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_int_equal(GST_MESSAGE_TYPE(end), GST_MESSAGE_EOS);
    gst_message_unref(end);
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

// Where the application does not follow the request to play at once, or not at all, no thread keeps
// the pipeline from its other states. The source has no thread of its own beside the sink's.
static void a_stream_that_stands_still_ends_when_it_plays(void **state)
{
    (void)state;
    for (int plays = 0; plays < 2; plays++) {
        g_autoptr(GstElement) pipeline = gst_parse_launch(
            "videotestsrc ! video/x-raw,width=32,height=24 ! nerosink offscreen=no", NULL);
        g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
        gst_element_set_state(pipeline, GST_STATE_PAUSED);
        gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND);
        push_close();
        expect_request(bus);
        gst_message_unref(wait_for(bus, GST_MESSAGE_REQUEST_STATE));
        g_usleep(50000); // the thread that ends the sources would wait by now
        if (plays) {
            gst_element_set_state(pipeline, GST_STATE_PLAYING);
            gst_message_unref(wait_for(bus, GST_MESSAGE_EOS));
        }
        assert_int_equal(gst_element_set_state(pipeline, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    }
}

// A message opens a window in READY: it goes with the element, which can begin again.
static void a_window_without_a_stream_goes_with_the_element(void **state)
{
    (void)state;
    g_autoptr(GstElement) sink = gst_element_factory_make("nerosink", NULL);
    gst_object_ref_sink(sink);
    g_object_set(sink, "message", "waiting", NULL);
    for (int i = 0; i < 3; i++) {
        gboolean ok = FALSE;
        test_path path = test_temp("waiting.png");
        gst_util_set_object_arg(G_OBJECT(sink), "offscreen", "no");
        assert_int_equal(gst_element_set_state(sink, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
        g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
        assert_true(ok); // there is a window, and its display
        assert_int_equal(gst_element_set_state(sink, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
        g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
        assert_false(ok);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stream_ends_as_the_property_says),
        cmocka_unit_test(live_sources_and_recordings_end),
        cmocka_unit_test(waiting_frames_are_given_up),
        cmocka_unit_test(a_stream_that_stands_still_ends_when_it_plays),
        cmocka_unit_test(a_window_without_a_stream_goes_with_the_element),
    };
    g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
