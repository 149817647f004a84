// SPDX-License-Identifier: MIT
// Screens of high density, where a window has more pixels than its size says. SDL's driver without
// a screen knows none, so its answer is replaced here.
#include "nn/io/image/image.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <SDL.h>
#include <gst/video/navigation.h>

enum { WIDTH = 640, HEIGHT = 360, GREY = 96 }; // of frames and windows, in pixels

static gint density = 1; // atomic

// In the place of SDL's own, for the elements.
void SDL_GetWindowSize(SDL_Window *window, int *w, int *h)
{
    int width = 0, height = 0;
    SDL_GetWindowSizeInPixels(window, &width, &height);
    *w = width / g_atomic_int_get(&density);
    *h = height / g_atomic_int_get(&density);
}

static GstHarness *open_sink(void)
{
    static const nn_box box = {.x0 = 200, .y0 = 100, .x1 = 400, .y1 = 300, .score = 0.9f};
    GstHarness *h = gst_harness_new_parse("nerosink offscreen=no sync=false hud=false "
                                          "window-width=640");
    frame_caps(h, "GRAY8", WIDTH, HEIGHT, "");
    GstBuffer *b = frame_new("GRAY8", WIDTH, HEIGHT, 0);
    gst_buffer_memset(b, 0, GREY, gst_buffer_get_size(b));
    frame_add_boxes(b, &box, 1, WIDTH, HEIGHT, 0);
    assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
    return h;
}

// How many pixels thick the left side of the box is.
static int thickness(void)
{
    nn_image image = {0};
    nn_error err = {0};
    gboolean ok = FALSE;
    int thick = 0;
    const test_path path = test_temp("dense.png");
    GstHarness *h = open_sink();
    g_autoptr(GstElement) sink = gst_harness_find_element(h, "nerosink");
    g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
    assert_true(ok);
    assert_int_equal(nn_image_load(&image, path.text, &err), NN_OK);
    assert_int_equal(image.width, WIDTH); // all pixels are used
    for (int x = 180; x < 220; x++)
        thick += abs(image.rgb[3 * (200 * WIDTH + x)] - GREY) > 10;
    nn_image_release(&image);
    gst_harness_teardown(h);
    return thick;
}

static void lines_look_as_thick_as_elsewhere(void **state)
{
    (void)state;
    g_atomic_int_set(&density, 1);
    const int usual = thickness();
    g_atomic_int_set(&density, 2);
    assert_in_range(usual, 1, 3);
    assert_int_equal(thickness(), 2 * usual);
}

static GstPadProbeReturn hear(GstPad *pad, GstPadProbeInfo *info, gpointer at)
{
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    double x, y;
    (void)pad;
    if (gst_navigation_event_get_type(event) == GST_NAVIGATION_EVENT_MOUSE_MOVE &&
        gst_navigation_event_parse_mouse_move_event(event, &x, &y))
        g_atomic_int_set((gint *)at, (gint)x * 1000 + (gint)y);
    return GST_PAD_PROBE_OK;
}

static void the_mouse_is_told_in_pixels_of_the_video(void **state)
{
    (void)state;
    gint at = 0;
    g_atomic_int_set(&density, 2);
    GstHarness *h = open_sink();
    gst_pad_add_probe(h->srcpad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, hear, &at, NULL);
    SDL_Event e = {.motion = {.type = SDL_MOUSEMOTION, .windowID = 1, .x = 150, .y = 100}};
    assert_int_equal(SDL_PushEvent(&e), 1);
    for (int i = 0; i < 6000 && g_atomic_int_get(&at) == 0; i++)
        g_usleep(10000);
    assert_int_equal(g_atomic_int_get(&at), 300200);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_look_as_thick_as_elsewhere),
        cmocka_unit_test(the_mouse_is_told_in_pixels_of_the_video),
    };
    g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
