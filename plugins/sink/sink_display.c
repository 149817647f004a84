// SPDX-License-Identifier: MIT
// Opens SDL's video, and keeps errors of Xlib from ending the process.
#include "plugins/sink/sink_display.h"

#include <string.h>

#ifdef NERO_HAVE_X11
#include <SDL_syswm.h>
#include <X11/Xlib.h>
#endif

static struct {
    gboolean open;
    gboolean lost;
} screen;

#ifdef NERO_HAVE_X11
static struct {
    Display *display; // NULL: SDL uses no X11
    XErrorHandler other_errors;
    XIOErrorHandler other_io_errors;
    int locks; // locks that Xlib holds when it finds the connection broken
} x11;

// Ignores errors about our windows: another program destroyed them, and an event reports that.
static int forgive(Display *display, XErrorEvent *event)
{
    if (display != x11.display && x11.other_errors)
        return x11.other_errors(display, event);
    return 0;
}

static int note_loss(Display *display)
{
    if (display != x11.display)
        return x11.other_io_errors ? x11.other_io_errors(display) : 0;
    screen.lost = TRUE;
    x11.locks++;
    return 0;
}

static void stay_alive(Display *display, void *unused)
{
    (void)display;
    (void)unused;
}

void nero_display_guard(SDL_Window *window)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (x11.display || !SDL_GetWindowWMInfo(window, &info) || info.subsystem != SDL_SYSWM_X11)
        return;
    x11.display = info.info.x11.display;
    x11.other_errors = XSetErrorHandler(forgive);
    x11.other_io_errors = XSetIOErrorHandler(note_loss);
    XSetIOErrorExitHandler(x11.display, stay_alive, NULL);
    SDL_EventState(SDL_SYSWMEVENT, SDL_ENABLE);
}

// Waits for the errors of our last requests, such as those on a window that another program has
// destroyed: SDL restores the former error handler before it closes the connection, and Xlib's own
// ends the process.
static void take_errors(void)
{
    if (x11.display)
        XSync(x11.display, False);
}

static void unguard(void)
{
    if (!x11.display)
        return;
    XIOErrorHandler ours = XSetIOErrorHandler(x11.other_io_errors);
    if (ours != note_loss) // another library has set its own handler
        XSetIOErrorHandler(ours);
    x11.display = NULL;
}

static void give_up(void)
{
    for (; x11.locks > 0; x11.locks--)
        XUnlockDisplay(x11.display);
}

gboolean nero_display_answers(void)
{
    Display *other = x11.display ? XOpenDisplay(NULL) : NULL;
    if (other)
        XCloseDisplay(other);
    return other != NULL;
}

// Extended Window Manager Hints, "_NET_SUPPORTING_WM_CHECK".
gboolean nero_display_is_managed(void)
{
    Atom type = None;
    int bits;
    unsigned long count, left;
    unsigned char *data = NULL;
    if (!x11.display)
        return TRUE;
    const Atom check = XInternAtom(x11.display, "_NET_SUPPORTING_WM_CHECK", False);
    const int got =
        XGetWindowProperty(x11.display, DefaultRootWindow(x11.display), check, 0, 1, False,
                           AnyPropertyType, &type, &bits, &count, &left, &data);
    if (data)
        XFree(data);
    return got == Success && type != None;
}

gboolean nero_display_destroyed(const SDL_Event *event, SDL_Window *window)
{
    SDL_SysWMinfo info;
    if (event->type != SDL_SYSWMEVENT || event->syswm.msg->subsystem != SDL_SYSWM_X11)
        return FALSE;
    const XEvent *x = &event->syswm.msg->msg.x11.event;
    SDL_VERSION(&info.version);
    return x->type == DestroyNotify && SDL_GetWindowWMInfo(window, &info) &&
           x->xdestroywindow.window == info.info.x11.window;
}
#else
void nero_display_guard(SDL_Window *window)
{
    (void)window;
}

static void take_errors(void)
{
}

static void unguard(void)
{
}

static void give_up(void)
{
}

gboolean nero_display_answers(void)
{
    return FALSE;
}

gboolean nero_display_is_managed(void)
{
    return TRUE;
}

gboolean nero_display_destroyed(const SDL_Event *event, SDL_Window *window)
{
    (void)event;
    (void)window;
    return FALSE;
}
#endif

// SDL falls back to drivers without visible output and reports success.
static gboolean is_visible(void)
{
    static const char *const blind[] = {"offscreen", "dummy", "evdev", NULL};
    const char *driver = SDL_GetCurrentVideoDriver();
    const char *asked = g_getenv("SDL_VIDEODRIVER");
    if (!driver || !g_strv_contains(blind, driver))
        return TRUE;
    return asked && strstr(asked, driver) != NULL;
}

static void say_why(void)
{
    const char *x = g_getenv("DISPLAY"), *wayland = g_getenv("WAYLAND_DISPLAY");
    if (x && *x)
        SDL_SetError("no display: DISPLAY is '%s', and no server answers there", x);
    else if (wayland && *wayland)
        SDL_SetError("no display: WAYLAND_DISPLAY is '%s', and nobody answers there", wayland);
    else
        SDL_SetError("no display: neither DISPLAY nor WAYLAND_DISPLAY is set");
}

gboolean nero_display_open(void)
{
    if (screen.lost) {
        SDL_SetError("the display was lost");
        return FALSE;
    }
    if (screen.open)
        return TRUE;
    // Ctrl-C belongs to the application, the screen saver to the user.
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_APP_NAME, "NeroScale");
    if (g_getenv("DISPLAY") && !g_getenv("WAYLAND_DISPLAY"))
        SDL_SetHint(SDL_HINT_VIDEODRIVER, "x11"); // other drivers would only print errors
    const gboolean up = SDL_InitSubSystem(SDL_INIT_VIDEO) == 0;
    screen.open = up && is_visible();
    if (up && !screen.open)
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
    if (!screen.open && (up || !g_getenv("SDL_VIDEODRIVER")))
        say_why();
    return screen.open;
}

// Windows of a lost display are leaked: SDL would wait for events that never come.
void nero_display_close(void)
{
    if (screen.open && !screen.lost)
        take_errors();
    if (screen.lost) {
        give_up();
    } else if (screen.open) {
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
        unguard();
    }
    screen.open = FALSE;
}

gboolean nero_display_is_lost(void)
{
    return screen.lost;
}
