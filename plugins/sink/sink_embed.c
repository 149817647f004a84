// SPDX-License-Identifier: MIT
// Makes a child of a foreign X11 window, and keeps it where it belongs.
#include "plugins/sink/sink_embed.h"

#include "plugins/sink/sink_display.h"

#ifdef NERO_HAVE_X11
#include <SDL_syswm.h>
#include <X11/Xlib.h>

struct NeroEmbed {
    Display *display;
    Window parent, child;
    SDL_Window *window; // SDL's view of the child
    SDL_Rect place;
};

// SDL tells its display by a window only. From then on errors of Xlib do not end the process.
static Display *find_display(void)
{
    SDL_SysWMinfo info;
    Display *display = NULL;
    SDL_Window *probe = SDL_CreateWindow("NeroScale", 0, 0, 1, 1, SDL_WINDOW_HIDDEN);
    SDL_VERSION(&info.version);
    if (probe && SDL_GetWindowWMInfo(probe, &info) && info.subsystem == SDL_SYSWM_X11) {
        display = info.info.x11.display;
        nero_display_guard(probe);
    }
    if (probe)
        SDL_DestroyWindow(probe);
    if (!display)
        SDL_SetError("a window handle is one of X11, and SDL shows '%s'",
                     SDL_GetCurrentVideoDriver());
    return display;
}

static SDL_Rect find_place(const NeroEmbed *e)
{
    XWindowAttributes a = {0};
    if (e->place.w > 0 && e->place.h > 0)
        return e->place;
    if (!XGetWindowAttributes(e->display, e->parent, &a))
        return (SDL_Rect){0};
    return (SDL_Rect){0, 0, MAX(a.width, 1), MAX(a.height, 1)};
}

// Adds to the events of the parent that this connection gets; other clients keep theirs.
static void watch_parent(const NeroEmbed *e)
{
    XWindowAttributes a = {0};
    if (XGetWindowAttributes(e->display, e->parent, &a))
        XSelectInput(e->display, e->parent, a.your_event_mask | StructureNotifyMask);
}

void nero_embed_take_input(NeroEmbed *e, gboolean input)
{
    const long always = ExposureMask | StructureNotifyMask | FocusChangeMask;
    const long wanted = KeyPressMask | KeyReleaseMask | ButtonPressMask | ButtonReleaseMask |
                        PointerMotionMask | EnterWindowMask | LeaveWindowMask | KeymapStateMask;
    XSelectInput(e->display, e->child, always | (input ? wanted : 0));
}

static gboolean open_child(NeroEmbed *e, gboolean input)
{
    const SDL_Rect r = find_place(e);
    if (r.w < 1) {
        SDL_SetError("there is no X11 window 0x%lx", e->parent);
        return FALSE;
    }
    e->child =
        XCreateSimpleWindow(e->display, e->parent, r.x, r.y, (unsigned)r.w, (unsigned)r.h, 0, 0, 0);
    nero_embed_take_input(e, input);
    watch_parent(e);
    XMapWindow(e->display, e->child);
    XSync(e->display, False);
    e->window = SDL_CreateWindowFrom((void *)e->child); // NOLINT: SDL takes the number so
    return e->window != NULL;
}

NeroEmbed *nero_embed_open(guintptr parent, const SDL_Rect *place, gboolean input)
{
    Display *display = find_display();
    if (!display)
        return NULL;
    NeroEmbed *e = g_new0(NeroEmbed, 1);
    *e = (NeroEmbed){.display = display, .parent = parent, .place = *place};
    if (open_child(e, input))
        return e;
    nero_embed_free(e);
    return NULL;
}

void nero_embed_free(NeroEmbed *e)
{
    if (e && e->child && !nero_display_is_lost())
        XDestroyWindow(e->display, e->child);
    g_free(e);
}

SDL_Window *nero_embed_window(const NeroEmbed *e)
{
    return e->window;
}

guintptr nero_embed_parent(const NeroEmbed *e)
{
    return e->parent;
}

// SDL learns of it by the events of the child.
void nero_embed_fit(NeroEmbed *e)
{
    const SDL_Rect r = find_place(e);
    if (r.w > 0)
        XMoveResizeWindow(e->display, e->child, r.x, r.y, (unsigned)r.w, (unsigned)r.h);
    XFlush(e->display);
}

void nero_embed_place(NeroEmbed *e, const SDL_Rect *place)
{
    e->place = *place;
    nero_embed_fit(e);
}

void nero_embed_hear(NeroEmbed *e, const SDL_Event *event)
{
    if (event->type != SDL_SYSWMEVENT || event->syswm.msg->subsystem != SDL_SYSWM_X11)
        return;
    const XEvent *x = &event->syswm.msg->msg.x11.event;
    if (x->type == ConfigureNotify && x->xconfigure.window == e->parent)
        nero_embed_fit(e);
}
#else
NeroEmbed *nero_embed_open(guintptr parent, const SDL_Rect *place, gboolean input)
{
    (void)parent, (void)place, (void)input;
    SDL_SetError("this build draws into windows of its own only (it lacks X11)");
    return NULL;
}

void nero_embed_free(NeroEmbed *e)
{
    (void)e;
}

SDL_Window *nero_embed_window(const NeroEmbed *e)
{
    (void)e;
    return NULL;
}

guintptr nero_embed_parent(const NeroEmbed *e)
{
    (void)e;
    return 0;
}

void nero_embed_place(NeroEmbed *e, const SDL_Rect *place)
{
    (void)e, (void)place;
}

void nero_embed_take_input(NeroEmbed *e, gboolean input)
{
    (void)e, (void)input;
}

void nero_embed_fit(NeroEmbed *e)
{
    (void)e;
}

void nero_embed_hear(NeroEmbed *e, const SDL_Event *event)
{
    (void)e, (void)event;
}
#endif
