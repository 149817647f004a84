// SPDX-License-Identifier: MIT
// nerosink in the window of an application (GstVideoOverlay), on a real X server (Xvfb).
#include "tests/plugins/frames.h"
#include "tests/plugins/x_server.h"
#include "tests/support/test.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/keysym.h>
#include <gst/video/navigation.h>
#include <gst/video/videooverlay.h>
#include <stdio.h>

enum { WIDTH = 300, HEIGHT = 200, GROUND = 0xcc2211, GREY = 0x606060 };

// The application: a red window, and a sink that is shown in it.
typedef struct Application {
    Display *display;
    Window window;
    GstHarness *h;
    GstBus *bus;
    int asked; // how often it was asked for a handle
} Application;

static Window open_window(Display *d, int x)
{
    Window w = XCreateSimpleWindow(d, DefaultRootWindow(d), x, 10, WIDTH, HEIGHT, 0, 0, GROUND);
    XSelectInput(d, w, PointerMotionMask | StructureNotifyMask);
    XMapWindow(d, w);
    XSync(d, False);
    return w;
}

static GstBusSyncReply give_handle(GstBus *bus, GstMessage *message, gpointer data)
{
    Application *a = data;
    (void)bus;
    if (!gst_is_video_overlay_prepare_window_handle_message(message))
        return GST_BUS_PASS;
    a->asked++;
    gst_video_overlay_set_window_handle(GST_VIDEO_OVERLAY(GST_MESSAGE_SRC(message)), a->window);
    return GST_BUS_PASS;
}

static void push_grey(Application *a)
{
    GstBuffer *b = frame_new("RGB", WIDTH, HEIGHT, 0);
    gst_buffer_memset(b, 0, GREY & 255, gst_buffer_get_size(b));
    assert_int_equal(gst_harness_push(a->h, b), GST_FLOW_OK);
}

static GstVideoOverlay *overlay(const Application *a)
{
    return GST_VIDEO_OVERLAY(a->h->element);
}

static void start(Application *a)
{
    x_server_start();
    *a = (Application){.display = XOpenDisplay(NULL), .bus = gst_bus_new()};
    assert_non_null(a->display);
    a->window = open_window(a->display, 10);
    a->h = gst_harness_new("nerosink");
    g_object_set(a->h->element, "sync", FALSE, "hud", FALSE, NULL);
    assert_true(GST_IS_VIDEO_OVERLAY(a->h->element));
    gst_element_set_bus(a->h->element, a->bus);
    gst_bus_set_sync_handler(a->bus, give_handle, a, NULL);
    frame_caps(a->h, "RGB", WIDTH, HEIGHT, "");
    push_grey(a);
}

static unsigned children(const Application *a, Window w)
{
    Window root, parent, *list = NULL;
    unsigned count = 0;
    XQueryTree(a->display, w, &root, &parent, &list, &count);
    if (list)
        XFree(list);
    return count;
}

static void finish(Application *a)
{
    gst_element_set_bus(a->h->element, NULL);
    gst_bus_set_flushing(a->bus, TRUE);
    gst_object_unref(a->bus);
    gst_harness_teardown(a->h);
    assert_int_equal(children(a, a->window), 0);
    XCloseDisplay(a->display);
    x_server_stop(NULL);
}

static unsigned long pixel(const Application *a, Window w, int x, int y)
{
    XImage *i = XGetImage(a->display, w, x, y, 1, 1, AllPlanes, ZPixmap);
    assert_non_null(i);
    const unsigned long rgb = XGetPixel(i, 0, 0) & 0xffffff;
    XDestroyImage(i);
    return rgb;
}

// The X server and two connections to it take their time.
static void expect(const Application *a, Window w, int x, int y, unsigned long rgb)
{
    for (int i = 0; i < 6000 && pixel(a, w, x, y) != rgb; i++)
        g_usleep(10000);
    const unsigned long got = pixel(a, w, x, y);
    if (got != rgb)
        fail_msg("%06lx instead of %06lx at %d,%d", got, rgb, x, y);
}

static void draws_into_the_window_of_an_application(void **state)
{
    Application a;
    (void)state;
    start(&a);
    assert_int_equal(a.asked, 1);
    expect(&a, a.window, 5, 5, GREY);
    expect(&a, a.window, WIDTH - 5, HEIGHT - 5, GREY);
    gst_video_overlay_set_render_rectangle(overlay(&a), 100, 50, 60, 40);
    expect(&a, a.window, 5, 5, GROUND);
    expect(&a, a.window, 130, 70, GREY);
    expect(&a, a.window, 165, 70, GROUND);
    gst_video_overlay_set_render_rectangle(overlay(&a), -1, -1, -1, -1); // all of it again
    expect(&a, a.window, 5, 5, GREY);
    XResizeWindow(a.display, a.window, WIDTH, HEIGHT + 100); // black above and below
    XSync(a.display, False);
    expect(&a, a.window, 5, 5, 0);
    expect(&a, a.window, 5, 60, GREY);
    expect(&a, a.window, WIDTH - 5, HEIGHT + 40, GREY);
    finish(&a);
}

// Without a handle it opens a window of its own, which asks for one: the answer comes while it
// opens.
static void asks_again_when_a_handle_is_taken_away(void **state)
{
    Application a;
    (void)state;
    start(&a);
    for (int i = 2; i < 5; i++) {
        gst_video_overlay_set_window_handle(overlay(&a), 0);
        assert_int_equal(a.asked, i);
        assert_int_equal(children(&a, a.window), 1);
        push_grey(&a);
        expect(&a, a.window, 150, 100, GREY);
    }
    finish(&a);
}

// A paused stream is drawn in a window that comes later.
static void moves_to_another_window(void **state)
{
    Application a;
    (void)state;
    start(&a);
    const Window first = a.window;
    expect(&a, first, 150, 100, GREY);
    a.window = open_window(a.display, 320);
    gst_video_overlay_set_window_handle(overlay(&a), a.window);
    expect(&a, a.window, 150, 100, GREY);
    expect(&a, first, 150, 100, GROUND);
    assert_int_equal(children(&a, first), 0);
    assert_int_equal(a.asked, 1);
    XClearWindow(a.display, a.window);
    gst_video_overlay_expose(overlay(&a));
    push_grey(&a); // the stream goes on
    expect(&a, a.window, 150, 100, GREY);
    finish(&a);
}

static void an_unknown_window_is_an_error(void **state)
{
    Application a;
    (void)state;
    g_autoptr(GError) error = NULL;
    start(&a);
    gst_video_overlay_set_window_handle(overlay(&a), 0x7654321);
    GstMessage *m = gst_bus_timed_pop_filtered(a.bus, 60 * GST_SECOND, GST_MESSAGE_ERROR);
    assert_non_null(m);
    gst_message_parse_error(m, &error, NULL);
    assert_non_null(strstr(error->message, "no X11 window 0x7654321"));
    gst_message_unref(m);
    finish(&a);
}

static GstPadProbeReturn hear(GstPad *pad, GstPadProbeInfo *info, gpointer heard)
{
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    const char *key = NULL;
    double x, y;
    (void)pad;
    if (gst_navigation_event_get_type(event) == GST_NAVIGATION_EVENT_KEY_PRESS &&
        gst_navigation_event_parse_key_event(event, &key) && strcmp(key, "q") == 0)
        g_atomic_int_set((gint *)heard, 'q');
    if (gst_navigation_event_get_type(event) == GST_NAVIGATION_EVENT_MOUSE_MOVE &&
        gst_navigation_event_parse_mouse_move_event(event, &x, &y))
        g_atomic_int_set((gint *)heard, (gint)x * 1000 + (gint)y);
    return GST_PAD_PROBE_OK;
}

static void move_pointer(const Application *a, int x, int y)
{
    XWarpPointer(a->display, None, a->window, 0, 0, 0, 0, x, y);
    XSync(a->display, False);
}

static void wait_for(const gint *heard, gint what)
{
    for (int i = 0; i < 6000 && g_atomic_int_get(heard) != what; i++)
        g_usleep(10000);
    assert_int_equal(g_atomic_int_get(heard), what);
}

// As the server does for the window under the pointer.
static void press(const Application *a, KeySym key)
{
    Window root, parent, *list = NULL;
    unsigned count = 0;
    XQueryTree(a->display, a->window, &root, &parent, &list, &count);
    assert_int_equal(count, 1);
    XEvent e = {.xkey = {.type = KeyPress, .window = list[0], .root = root, .same_screen = True}};
    e.xkey.keycode = XKeysymToKeycode(a->display, key);
    XSendEvent(a->display, list[0], False, KeyPressMask, &e);
    XSync(a->display, False);
    XFree(list);
}

// Keys and mouse are ours, in pixels of the video, until the application wants it for itself.
static void hears_keys_and_mouse_when_it_is_to(void **state)
{
    Application a;
    XEvent event;
    gint heard = -1;
    (void)state;
    start(&a);
    gst_pad_add_probe(a.h->srcpad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, hear, &heard, NULL);
    gst_video_overlay_set_render_rectangle(overlay(&a), 0, 0, WIDTH / 2, HEIGHT / 2);
    expect(&a, a.window, WIDTH - 5, 5, GROUND);
    move_pointer(&a, 50, 25);
    wait_for(&heard, 100050);
    press(&a, XK_q); // it closes no window of another, and is passed on
    wait_for(&heard, 'q');
    gst_video_overlay_handle_events(overlay(&a), FALSE);
    while (XPending(a.display))
        XNextEvent(a.display, &event);
    move_pointer(&a, 40, 20);
    XWindowEvent(a.display, a.window, PointerMotionMask, &event); // the parent's
    assert_int_equal(event.xmotion.x, 40);
    assert_int_equal(g_atomic_int_get(&heard), 'q');
    assert_null(gst_bus_pop_filtered(a.bus, GST_MESSAGE_ERROR));
    finish(&a);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(draws_into_the_window_of_an_application, x_server_stop),
        cmocka_unit_test_teardown(asks_again_when_a_handle_is_taken_away, x_server_stop),
        cmocka_unit_test_teardown(moves_to_another_window, x_server_stop),
        cmocka_unit_test_teardown(an_unknown_window_is_an_error, x_server_stop),
        cmocka_unit_test_teardown(hears_keys_and_mouse_when_it_is_to, x_server_stop),
    };
    g_autofree char *xvfb = g_find_program_in_path("Xvfb");
    if (!xvfb) {
        puts("skipped: Xvfb is not installed");
        return 77;
    }
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
