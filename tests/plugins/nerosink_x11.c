// SPDX-License-Identifier: MIT
// nerosink on a real X server (Xvfb): windows destroyed by others, disconnected clients, servers
// that go away. The process survives and ends as it should.
#include "tests/plugins/x_server.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <X11/Xlib.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 120 }; // seconds: a busy machine opens few windows in a minute

// The window of nerosink; 0: none. The display is closed again.
static Window find_window(Display *d)
{
    Window root, parent, *list = NULL, found = 0;
    unsigned count = 0;
    XQueryTree(d, DefaultRootWindow(d), &root, &parent, &list, &count);
    for (unsigned i = 0; i < count; i++) {
        XWindowAttributes a;
        if (XGetWindowAttributes(d, list[i], &a) && a.map_state == IsViewable && a.width >= 320)
            found = list[i];
    }
    if (list)
        XFree(list);
    return found;
}

typedef enum Deed { CLOSE, DESTROY, DESTROY_FULL, KILL_CLIENT, KILL_SERVER } Deed;

// In the screen, or all over it.
static int is_in_place(Display *d, Window w, Deed deed)
{
    XWindowAttributes a;
    const int width = DisplayWidth(d, DefaultScreen(d)),
              height = DisplayHeight(d, DefaultScreen(d));
    if (!XGetWindowAttributes(d, w, &a))
        return 0;
    if (deed == DESTROY_FULL)
        return a.x == 0 && a.y == 0 && a.width == width && a.height == height;
    return a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height;
}

// Windows come and go while we look.
static int go_on(Display *d, XErrorEvent *event)
{
    (void)d;
    (void)event;
    return 0;
}

// As a window manager does when its button is clicked.
static void ask_to_close(Display *d, Window w)
{
    XEvent e = {.xclient = {.type = ClientMessage, .window = w, .format = 32}};
    e.xclient.message_type = XInternAtom(d, "WM_PROTOCOLS", False);
    e.xclient.data.l[0] = (long)XInternAtom(d, "WM_DELETE_WINDOW", False);
    XSendEvent(d, w, False, NoEventMask, &e);
}

// Runs in a child process, because Xlib may end the process.
static void do_it(Deed deed)
{
    Display *d = XOpenDisplay(NULL);
    Window w = 0;
    XSetErrorHandler(go_on);
    for (int i = 0; d && !w && i < 3000; i++) {
        w = find_window(d);
        usleep(20000);
    }
    if (!w)
        _exit(1);
    if (!is_in_place(d, w, deed))
        _exit(2);
    if (deed == CLOSE)
        ask_to_close(d, w);
    else if (deed == DESTROY || deed == DESTROY_FULL)
        XDestroyWindow(d, w);
    else if (deed == KILL_CLIENT)
        XKillClient(d, w);
    XSync(d, False);
    _exit(0);
}

// Its window waits in the shape of most videos, and takes that of this one, which is higher.
static int play(const char *renderer, gboolean full)
{
    g_autoptr(GError) error = NULL;
    setenv("SDL_RENDER_DRIVER", renderer, 1);
    gst_init(NULL, NULL);
    GstElement *pipeline =
        gst_parse_launch("videotestsrc ! video/x-raw,width=320,height=240,framerate=30/1"
                         " ! nerosink name=sink message=waiting",
                         NULL);
    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    gst_element_set_state(sink, GST_STATE_PAUSED);
    g_object_set(sink, "message", NULL, "fullscreen", full, NULL);
    gst_object_unref(sink);
    GstBus *bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    // The first frame is shown: what happens while Mesa opens its window is Mesa's.
    if (gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND) != GST_STATE_CHANGE_SUCCESS)
        return 3;
    puts("shown");
    fflush(stdout);
    GstMessage *m = gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_ERROR);
    if (!m)
        return 2;
    gst_message_parse_error(m, &error, NULL);
    puts(error->message);
    fflush(stdout);
    g_usleep(300000); // frames that still come are swallowed
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_message_unref(m);
    gst_object_unref(bus);
    gst_object_unref(pipeline);
    return 0;
}

static void expect(Deed deed, const char *renderer, const char *words)
{
    char said[512] = "";
    int ends[2], status = 0;
    x_server_start();
    assert_int_equal(pipe(ends), 0);
    const pid_t player = fork();
    if (player == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        alarm(PATIENCE);
        exit(play(renderer, deed == DESTROY_FULL)); // with all that runs at the end of a process
    }
    close(ends[1]);
    x_server_read_line(ends[0], said, sizeof said);
    const pid_t other = fork();
    if (other == 0)
        do_it(deed);
    waitpid(other, &status, 0);
    assert_int_equal(status, 0);
    if (deed == KILL_SERVER)
        x_server_stop(NULL);
    x_server_read_line(ends[0], said, sizeof said);
    close(ends[0]);
    waitpid(player, &status, 0);
    x_server_stop(NULL);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !strstr(said, words))
        fail_msg("%s: status %x, said: %s", renderer, (unsigned)status, said);
}

static void a_window_that_is_destroyed_is_closed(void **state)
{
    (void)state;
    expect(DESTROY, "software", "closed by another program");
    expect(DESTROY, "opengl", "closed by another program");
}

// Nobody manages windows here: the sink does it itself.
static void full_screen_fills_the_screen(void **state)
{
    (void)state;
    expect(DESTROY_FULL, "software", "closed by another program");
}

static void a_client_that_is_thrown_out_is_closed(void **state)
{
    (void)state;
    expect(KILL_CLIENT, "software", "closed by another program");
    expect(KILL_CLIENT, "opengl", "closed by another program");
}

static void a_server_that_goes_away_is_an_error(void **state)
{
    (void)state;
    expect(KILL_SERVER, "software", "display of the output window is gone");
    expect(KILL_SERVER, "opengl", "display of the output window is gone");
}

// gst-launch-1.0 -e with a live source: it ends by itself, and without an error.
static void a_window_that_is_closed_ends_gst_launch(void **state)
{
    (void)state;
    int status = 0;
#ifdef __SANITIZE_ADDRESS__
    skip(); // gst-launch-1.0 cannot load what is sanitized
#endif
    test_path path = test_temp("recorded.raw");
    g_autofree char *location = g_strdup_printf("location=%s", path.text);
    x_server_start();
    const pid_t launch = fork();
    if (launch == 0) {
        setenv("SDL_RENDER_DRIVER", "software", 1);
        alarm(PATIENCE);
        execlp("gst-launch-1.0", "gst-launch-1.0", "-e", "-q", "videotestsrc", "is-live=true", "!",
               "video/x-raw,width=320,height=240", "!", "tee", "name=t", "!", "queue", "!",
               "nerosink", "t.", "!", "queue", "!", "filesink", location, "async=false",
               (char *)NULL);
        _exit(127);
    }
    const pid_t other = fork();
    if (other == 0)
        do_it(CLOSE);
    waitpid(other, &status, 0);
    assert_int_equal(status, 0);
    waitpid(launch, &status, 0);
    x_server_stop(NULL);
    assert_int_equal(status, 0);
    assert_true(g_file_test(path.text, G_FILE_TEST_EXISTS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_window_that_is_closed_ends_gst_launch, x_server_stop),
        cmocka_unit_test_teardown(a_window_that_is_destroyed_is_closed, x_server_stop),
        cmocka_unit_test_teardown(full_screen_fills_the_screen, x_server_stop),
        cmocka_unit_test_teardown(a_client_that_is_thrown_out_is_closed, x_server_stop),
        cmocka_unit_test_teardown(a_server_that_goes_away_is_an_error, x_server_stop),
    };
    g_autofree char *xvfb = g_find_program_in_path("Xvfb");
    g_autofree char *launch = g_find_program_in_path("gst-launch-1.0");
    if (!xvfb || !launch) {
        puts("skipped: Xvfb or gst-launch-1.0 is not installed");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
