// SPDX-License-Identifier: MIT
// The SDL window of the editor, or a surface in memory; passes events to the editor.
#include "app/annotate/editor_window.h"

#include "app/annotate/view.h"
#include "nn/base/memory.h"

#include <string.h>

enum { PUMP_MS = 40 }; // longest wait for an event before the time is advanced

nn_late late_sdl = {.folder = "app", .word = "sdl", .list = LATE_SDL_LIST};

struct ui_window {
    ui_editor *editor;
    SDL_Window *window;   // NULL in memory
    SDL_Surface *surface; // in memory only
    SDL_Renderer *renderer;
    ui_view *view;
    bool dirty, full;
    double scale_x, scale_y; // output pixels for each pixel of mouse coordinates
};

// Whether the video driver is invisible. SDL takes such a driver without a display; only scripts
// use it.
static bool nobody_sees(void)
{
    const bool seen =
        g_getenv("DISPLAY") || g_getenv("WAYLAND_DISPLAY") || g_getenv("SDL_VIDEODRIVER");
    return !seen && SDL_SetError("no display was found") != 0;
}

static nn_status fail(nn_error *err)
{
    return nn_fail(err, NN_EIO, "cannot open a window: %s (--script works without one)",
                   SDL_GetError());
}

static bool open_surface(ui_window *w, int width, int height)
{
    w->surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_RGBA32);
    w->renderer = w->surface ? SDL_CreateSoftwareRenderer(w->surface) : NULL;
    return w->renderer != NULL;
}

static bool open_window(ui_window *w, const char *title, int width, int height)
{
    SDL_Rect screen;
    if (SDL_GetDisplayUsableBounds(0, &screen) == 0 && screen.w > 0) {
        width = MIN(width, screen.w * 9 / 10);
        height = MIN(height, screen.h * 9 / 10);
    }
    w->window = SDL_CreateWindow(title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, width,
                                 height, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!w->window)
        return false;
    SDL_SetWindowMinimumSize(w->window, 240, 160);
    w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_ACCELERATED);
    if (!w->renderer)
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    return w->renderer != NULL;
}

nn_status ui_window_open(ui_window **out, ui_editor *editor, const char *title, int width,
                         int height, bool offscreen, nn_error *err)
{
    *out = NULL;
    const nn_status loaded = nn_late_open(&late_sdl, err);
    if (loaded != NN_OK)
        return loaded;
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_APP_NAME, "NeroScale");
    if ((!offscreen && nobody_sees()) ||
        SDL_Init(offscreen ? SDL_INIT_EVENTS : SDL_INIT_VIDEO) != 0)
        return fail(err);
    ui_window *w = g_new0(ui_window, 1);
    w->editor = editor;
    w->scale_x = w->scale_y = 1;
    w->dirty = true;
    if (!(offscreen ? open_surface(w, width, height) : open_window(w, title, width, height))) {
        const nn_status status = fail(err);
        ui_window_close(w);
        return status;
    }
    w->view = ui_view_new(w->renderer);
    if (!ui_view_has_font(w->view)) {
        const nn_status status =
            nn_fail(err, NN_ENOTFOUND, "cannot draw text in the window: %s", SDL_GetError());
        ui_window_close(w);
        return status;
    }
    SDL_StopTextInput();
    *out = w;
    return NN_OK;
}

void ui_window_close(ui_window *w)
{
    if (!w)
        return;
    ui_view_free(w->view);
    if (w->renderer)
        SDL_DestroyRenderer(w->renderer);
    if (w->surface)
        SDL_FreeSurface(w->surface);
    if (w->window)
        SDL_DestroyWindow(w->window);
    g_free(w);
    SDL_Quit();
}

// Writes a name such as "Ctrl+Shift+Z", as in the table of actions.
static void name_key(const SDL_Keysym *key, char *out, size_t size)
{
    const char *name = SDL_GetKeyName(key->sym);
    // of a keyboard layout without Latin letters
    if (key->sym > 127 && !(key->sym & SDLK_SCANCODE_MASK))
        name = SDL_GetScancodeName(key->scancode);
    if (key->sym == SDLK_KP_ENTER)
        name = "Return";
    else if (strncmp(name, "Keypad ", 7) == 0)
        name += 7;
    g_snprintf(out, size, "%s%s%s%s", key->mod & (KMOD_CTRL | KMOD_GUI) ? "Ctrl+" : "",
               key->mod & KMOD_ALT ? "Alt+" : "", key->mod & KMOD_SHIFT ? "Shift+" : "", name);
}

static void toggle_full(ui_window *w)
{
    w->full = !w->full;
    if (w->window)
        SDL_SetWindowFullscreen(w->window, w->full ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
}

// Accepts text only while a list is open, so that the key that opens the list is not typed into it.
static void follow_list(ui_window *w, bool was)
{
    const bool is = w->editor->list.title != NULL;
    if (is != was && w->window)
        is ? SDL_StartTextInput() : SDL_StopTextInput();
}

static void handle_key(ui_window *w, const SDL_KeyboardEvent *key)
{
    char name[64];
    const bool list = w->editor->list.title != NULL;
    if (key->keysym.sym == SDLK_SPACE) {
        ui_editor_space(w->editor, true);
        return;
    }
    name_key(&key->keysym, name, sizeof name);
    if (strcmp(name, "F11") == 0 && !key->repeat)
        toggle_full(w);
    else
        ui_editor_key(w->editor, name);
    follow_list(w, list);
}

static void handle_mouse(ui_window *w, const SDL_Event *event)
{
    ui_editor *e = w->editor;
    const bool list = e->list.title != NULL;
    int x, y;
    switch (event->type) {
    case SDL_MOUSEMOTION:
        ui_editor_move(e, event->motion.x * w->scale_x, event->motion.y * w->scale_y);
        break;
    case SDL_MOUSEBUTTONDOWN:
        ui_editor_press(e, event->button.x * w->scale_x, event->button.y * w->scale_y,
                        event->button.button, SDL_GetModState() & KMOD_SHIFT);
        break;
    case SDL_MOUSEBUTTONUP:
        ui_editor_release(e, event->button.x * w->scale_x, event->button.y * w->scale_y,
                          event->button.button);
        break;
    case SDL_MOUSEWHEEL:
        x = (int)e->pointer.x;
        y = (int)e->pointer.y;
        ui_editor_wheel(e, x, y, (double)event->wheel.preciseY);
        break;
    default:
        break;
    }
    follow_list(w, list);
}

static void handle_event(ui_window *w, const SDL_Event *event)
{
    w->dirty = true;
    switch (event->type) {
    case SDL_QUIT:
        ui_editor_key(w->editor, "Escape"); // closes the list, which would take the letter
        ui_editor_key(w->editor, "q");
        break;
    case SDL_KEYDOWN:
        handle_key(w, &event->key);
        break;
    case SDL_KEYUP:
        if (event->key.keysym.sym == SDLK_SPACE)
            ui_editor_space(w->editor, false);
        break;
    case SDL_TEXTINPUT:
        ui_editor_text(w->editor, event->text.text);
        break;
    case SDL_WINDOWEVENT:
        if (event->window.event == SDL_WINDOWEVENT_LEAVE)
            w->editor->pointer.inside = false;
        break;
    default:
        handle_mouse(w, event);
        break;
    }
}

static const char *cursor_of(const ui_editor *e)
{
    const int edges = e->list.title || !e->image ? 0
                      : e->pointer.drag == UI_RESIZING
                          ? e->pointer.edges
                          : ui_editor_handle(e, e->pointer.x, e->pointer.y);
    if (e->pointer.drag == UI_PANNING || e->pointer.space || e->pointer.drag == UI_MOVING)
        return "move";
    if (edges == (UI_LEFT | UI_TOP) || edges == (UI_RIGHT | UI_BOTTOM))
        return "nwse";
    if (edges == (UI_RIGHT | UI_TOP) || edges == (UI_LEFT | UI_BOTTOM))
        return "nesw";
    return edges & (UI_LEFT | UI_RIGHT) ? "we" : edges ? "ns" : e->pointer.draw ? "cross" : "arrow";
}

static void set_cursor(const ui_editor *e)
{
    static const struct {
        const char *name;
        SDL_SystemCursor cursor;
    } table[] = {{"arrow", SDL_SYSTEM_CURSOR_ARROW},   {"cross", SDL_SYSTEM_CURSOR_CROSSHAIR},
                 {"move", SDL_SYSTEM_CURSOR_SIZEALL},  {"nwse", SDL_SYSTEM_CURSOR_SIZENWSE},
                 {"nesw", SDL_SYSTEM_CURSOR_SIZENESW}, {"we", SDL_SYSTEM_CURSOR_SIZEWE},
                 {"ns", SDL_SYSTEM_CURSOR_SIZENS}};
    static SDL_Cursor *made[G_N_ELEMENTS(table)]; // SDL_Quit frees them
    static int shown = -1;
    const char *wanted = cursor_of(e);
    for (int i = 0; i < (int)G_N_ELEMENTS(table); i++) {
        if (strcmp(table[i].name, wanted) != 0 || i == shown)
            continue;
        if (!made[i])
            made[i] = SDL_CreateSystemCursor(table[i].cursor);
        if (made[i])
            SDL_SetCursor(made[i]);
        shown = i;
    }
}

static void draw(ui_window *w)
{
    int width = 1, height = 1, out_w = 1, out_h = 1;
    if (w->window) {
        SDL_GetWindowSize(w->window, &width, &height);
        SDL_GetRendererOutputSize(w->renderer, &out_w, &out_h);
        w->scale_x = (double)out_w / MAX(width, 1);
        w->scale_y = (double)out_h / MAX(height, 1);
        set_cursor(w->editor);
    }
    ui_view_draw(w->view, w->editor);
    SDL_RenderPresent(w->renderer);
    w->dirty = false;
}

static void tick(ui_window *w, gint64 milliseconds)
{
    const ui_editor *e = w->editor;
    const int pages = ui_document_project(e->doc)->count;
    const gint64 message = e->message_until, save = e->save_at;
    ui_editor_tick(w->editor, milliseconds);
    w->dirty = w->dirty || pages != ui_document_project(e->doc)->count ||
               message != e->message_until || save != e->save_at;
}

void ui_window_run(ui_window *w, const volatile sig_atomic_t *stop)
{
    while (!w->editor->quit && !*stop) {
        SDL_Event event;
        tick(w, g_get_monotonic_time() / 1000);
        if (w->dirty)
            draw(w);
        if (SDL_WaitEventTimeout(&event, PUMP_MS))
            do
                handle_event(w, &event);
            while (!w->editor->quit && SDL_PollEvent(&event));
    }
}

void ui_window_step(ui_window *w, gint64 milliseconds)
{
    SDL_Event event;
    tick(w, milliseconds);
    while (SDL_PollEvent(&event))
        handle_event(w, &event);
    draw(w);
}

nn_status ui_window_resize(ui_window *w, int width, int height, nn_error *err)
{
    if (w->window) {
        SDL_SetWindowSize(w->window, width, height);
        return NN_OK;
    }
    ui_view_free(w->view);
    SDL_DestroyRenderer(w->renderer);
    SDL_FreeSurface(w->surface);
    w->view = NULL;
    w->renderer = NULL;
    if (!open_surface(w, width, height))
        return fail(err);
    w->view = ui_view_new(w->renderer);
    return NN_OK;
}

nn_status ui_window_shot(ui_window *w, const char *path, nn_error *err)
{
    int width = 0, height = 0;
    ui_view_draw(w->view, w->editor); // the back buffer may have lost its content
    SDL_GetRendererOutputSize(w->renderer, &width, &height);
    nn_image image = {width, height, nn_calloc((size_t)width, (size_t)height * 3)};
    nn_status status = NN_OK;
    if (!image.rgb)
        status = nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", width, height);
    else if (SDL_RenderReadPixels(w->renderer, NULL, SDL_PIXELFORMAT_RGB24, image.rgb, width * 3) !=
             0)
        status = nn_fail(err, NN_EIO, "cannot read the window: %s", SDL_GetError());
    if (status == NN_OK)
        status = nn_image_save_png(&image, path, err);
    nn_image_release(&image);
    return status;
}
