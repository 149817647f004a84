// SPDX-License-Identifier: MIT
// How large a window is.
#include "plugins/sink/sink_window_internal.h"

#include "plugins/sink/sink_display.h"
#include "plugins/sink/sink_draw.h"

void nero_window_display_aspect(const GstVideoInfo *info, int *w, int *h)
{
    gint dar_n = 0, dar_d = 0;
    if (!gst_util_fraction_multiply(info->width, info->height, MAX(info->par_n, 1),
                                    MAX(info->par_d, 1), &dar_n, &dar_d)) {
        dar_n = info->width;
        dar_d = info->height;
    }
    *w = dar_n;
    *h = dar_d;
}

void nero_window_wanted_size(const NeroWindowOptions *options, const GstVideoInfo *info, int *w,
                             int *h)
{
    int dar_w, dar_h;
    nero_window_display_aspect(info, &dar_w, &dar_h);
    *h = options->height > 0 ? options->height : info->height;
    *w = (int)gst_util_uint64_scale_int_round((guint64)*h, dar_w, dar_h);
    if (options->width > 0) {
        *w = options->width;
        if (options->height <= 0)
            *h = (int)gst_util_uint64_scale_int_round((guint64)*w, dar_h, dar_w);
    }
    *w = CLAMP(*w, 1, 16384);
    *h = CLAMP(*h, 1, 16384);
}

// At most nine tenths of the screen, with the same shape.
static void limit_to_screen(int *width, int *height)
{
    SDL_Rect screen;
    if (SDL_GetDisplayUsableBounds(0, &screen) != 0 || screen.w < 1 || screen.h < 1)
        return;
    SDL_Rect fit = nero_draw_fit(screen.w * 9 / 10, screen.h * 9 / 10, *width, *height, TRUE);
    if (*width > fit.w || *height > fit.h) {
        *width = fit.w;
        *height = fit.h;
    }
}

// The longer side has at least LEAST pixels, and two fifths of the screen: a small clip is to be
// seen, too, and its labels must not bury it.
static void enlarge(int *width, int *height)
{
    enum { LEAST = 640 };
    SDL_Rect screen = {0};
    if (SDL_GetDisplayUsableBounds(0, &screen) != 0)
        screen = (SDL_Rect){0};
    const gboolean wide = *width >= *height;
    const int least = MAX(LEAST, (wide ? screen.w : screen.h) * 2 / 5);
    const int side = wide ? *width : *height;
    if (side >= least || side < 1)
        return;
    *width = MAX((int)gst_util_uint64_scale_int_round((guint64)*width, least, side), 1);
    *height = MAX((int)gst_util_uint64_scale_int_round((guint64)*height, least, side), 1);
}

// For a window whose size nobody has asked for.
void nero_window_usual_size(int *width, int *height)
{
    enlarge(width, height);
    limit_to_screen(width, height);
}

// SDL leaves full screen to the window manager, and waits for ever where there is none.
static void fill_screen(NeroWindow *w, gboolean on)
{
    SDL_Rect to = w->small;
    if (on) {
        SDL_GetWindowPosition(w->window, &w->small.x, &w->small.y);
        SDL_GetWindowSize(w->window, &w->small.w, &w->small.h);
        if (SDL_GetDisplayBounds(MAX(SDL_GetWindowDisplayIndex(w->window), 0), &to) != 0)
            return;
    }
    SDL_SetWindowSize(w->window, to.w, to.h);
    SDL_SetWindowPosition(w->window, to.x, to.y);
}

void nero_window_apply_fullscreen(NeroWindow *w)
{
    const gboolean on = w->options.fullscreen;
    if (!w->window || w->embed || w->gone)
        return;
    if (nero_display_is_managed())
        SDL_SetWindowFullscreen(w->window, on ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    else if (on || w->small.w > 0)
        fill_screen(w, on);
}

// Gives the window another size around the same middle, and keeps it on its screen.
static void resize(NeroWindow *w, int width, int height)
{
    int x, y, before_w, before_h;
    SDL_Rect screen;
    SDL_GetWindowSize(w->window, &before_w, &before_h);
    if (width == before_w && height == before_h)
        return;
    SDL_GetWindowPosition(w->window, &x, &y);
    const int at = SDL_GetWindowDisplayIndex(w->window);
    SDL_SetWindowSize(w->window, width, height);
    if (SDL_GetDisplayUsableBounds(MAX(at, 0), &screen) != 0)
        return;
    x += (before_w - width) / 2;
    y += (before_h - height) / 2;
    SDL_SetWindowPosition(w->window, MAX(MIN(x, screen.x + screen.w - width), screen.x),
                          MAX(MIN(y, screen.y + screen.h - height), screen.y));
}

void nero_window_follow_size(NeroWindow *w, const GstVideoInfo *info)
{
    int width, height;
    if (!w->window || w->embed || w->statistics.frames > 0 || w->options.fullscreen)
        return;
    nero_window_wanted_size(&w->options, info, &width, &height);
    if (w->options.width <= 0 && w->options.height <= 0)
        nero_window_usual_size(&width, &height);
    resize(w, width, height);
}

void nero_window_make_room(NeroWindow *w, gboolean on)
{
    int width, height;
    SDL_Rect screen;
    const Uint32 fixed = SDL_WINDOW_FULLSCREEN_DESKTOP | SDL_WINDOW_MAXIMIZED;
    if (!w->window || w->embed || w->gone || w->options.fullscreen ||
        (SDL_GetWindowFlags(w->window) & fixed))
        return;
    SDL_GetWindowSize(w->window, &width, &height);
    if (!on) {
        if (width == w->wide_w && height == w->wide_h)
            SDL_SetWindowSize(w->window, w->plain_w, w->plain_h);
        return;
    }
    const int at = SDL_GetWindowDisplayIndex(w->window);
    if (SDL_GetDisplayUsableBounds(MAX(at, 0), &screen) != 0)
        return;
    const gboolean beside = 2 * width <= screen.w;
    if (!beside && 2 * height > screen.h)
        return; // they share the room there is
    w->plain_w = width;
    w->plain_h = height;
    w->wide_w = beside ? 2 * width : width;
    w->wide_h = beside ? height : 2 * height;
    SDL_SetWindowSize(w->window, w->wide_w, w->wide_h);
    int x, y;
    SDL_GetWindowPosition(w->window, &x, &y);
    const int most_x = screen.x + screen.w - w->wide_w, most_y = screen.y + screen.h - w->wide_h;
    if (x > most_x || y > most_y)
        SDL_SetWindowPosition(w->window, MIN(x, most_x), MIN(y, most_y));
}
