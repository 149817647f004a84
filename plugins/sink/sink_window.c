// SPDX-License-Identifier: MIT
// SDL window or off-screen surface: textures for the video, letterbox, overlay, keys.
#include "plugins/sink/sink_window.h"

#include "nn/base/memory.h"
#include "plugins/common/label_layout.h"
#include "plugins/common/objects.h"
#include "plugins/sink/sink_details.h"
#include "plugins/sink/sink_display.h"
#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_figures.h"
#include "plugins/sink/sink_input.h"
#include "plugins/sink/sink_lines.h"
#include "plugins/sink/sink_marks.h"
#include "plugins/sink/sink_picture.h"
#include "plugins/sink/sink_thread.h"
#include "plugins/sink/sink_view.h"

enum { NOTE_SECONDS = 4 };

struct NeroWindow {
    NeroWindowOptions options;
    SDL_Window *window;   // NULL off screen
    SDL_Surface *surface; // off screen only
    SDL_Renderer *renderer;
    NeroPicture picture;
    NeroText *text;
    gboolean shown; // the picture has a frame
    gboolean gone;  // destroyed by another program, or its display is lost
    gboolean dirty; // draw again after the waiting events
    nn_result result;
    NeroLabels *labels; // owned reference, NULL without a result
    gboolean painted;   // the boxes are drawn into the picture
    nn_report report;   // owned: zones and lines
    NeroTrails *trails; // owned
    GArray *objects;    // owned: those of the last frame
    GArray *taken;      // owned: places of texts
    NeroPick pick;
    NeroSinkView *view;                   // owned
    GstClockTime pts;                     // of the shown frame
    int plain_w, plain_h, wide_w, wide_h; // the window's size before and after it grew for the view
    char note[160];
    gint64 note_until; // monotonic microseconds
    gint64 times[32];  // microseconds of the last frames
    guint64 frames;
    char line[128]; // the figures as text
    double rate;    // frames per second
    gint64 rate_time;
    guint interval; // of inferences
    guint64 skipped;
};

static void display_aspect(const GstVideoInfo *info, int *w, int *h)
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

// The height of the video and the width by its pixel aspect ratio, unless options say otherwise.
static void wanted_size(const NeroWindowOptions *options, const GstVideoInfo *info, int *w, int *h)
{
    int dar_w, dar_h;
    display_aspect(info, &dar_w, &dar_h);
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

static gboolean open_offscreen(NeroWindow *w, int width, int height)
{
    w->surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_RGBA32);
    w->renderer = w->surface ? SDL_CreateSoftwareRenderer(w->surface) : NULL;
    return w->renderer != NULL;
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

static void handle_event(const SDL_Event *event, gpointer data);

static gboolean open_window(NeroWindow *w, int width, int height)
{
    if (!nero_ui_start_video())
        return FALSE;
    if (w->options.width <= 0 && w->options.height <= 0)
        limit_to_screen(&width, &height);
    Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
    if (w->options.fullscreen)
        flags |= SDL_WINDOW_FULLSCREEN_DESKTOP;
    w->window = SDL_CreateWindow(w->options.title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                 width, height, flags);
    if (!w->window)
        return FALSE;
    nero_display_guard(w->window);
    w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_ACCELERATED);
    if (!w->renderer)
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    if (w->renderer)
        nero_ui_listen(handle_event, w);
    return w->renderer != NULL;
}

static void show_view(NeroWindow *w, gboolean on);

NeroWindow *nero_window_open(const NeroWindowOptions *options, const GstVideoInfo *info)
{
    int width, height;
    NeroWindow *w = g_new0(NeroWindow, 1);
    w->options = *options;
    nn_result_init(&w->result);
    nero_pick_init(&w->pick);
    w->view = nero_sink_view_new();
    w->trails = nero_trails_new();
    w->objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    w->taken = g_array_new(FALSE, FALSE, sizeof(NeroRect));
    wanted_size(options, info, &width, &height);
    gboolean ok =
        options->offscreen ? open_offscreen(w, width, height) : open_window(w, width, height);
    if (!ok || !nero_window_set_info(w, info)) {
        nero_window_free(w);
        return NULL;
    }
    w->text = nero_text_new(w->renderer, options->font);
    if (options->inner_view)
        show_view(w, TRUE);
    return w;
}

static void release_sdl(NeroWindow *w)
{
    nero_sink_view_free(w->view);
    nero_text_free(w->text);
    nero_picture_release(&w->picture);
    if (w->renderer)
        SDL_DestroyRenderer(w->renderer);
    if (w->surface)
        SDL_FreeSurface(w->surface);
    if (w->window)
        SDL_DestroyWindow(w->window);
}

void nero_window_free(NeroWindow *w)
{
    if (!w)
        return;
    if (w->window)
        nero_ui_unlisten(w);
    if (!w->window || !nero_display_is_lost()) // windows of a lost display are leaked
        release_sdl(w);
    nn_result_release(&w->result);
    nn_report_release(&w->report);
    nero_trails_free(w->trails);
    g_array_unref(w->objects);
    g_array_unref(w->taken);
    nero_labels_unref(w->labels);
    nero_pick_release(&w->pick);
    g_free(w);
}

static void apply_fullscreen(NeroWindow *w)
{
    if (w->window && !w->gone)
        SDL_SetWindowFullscreen(w->window,
                                w->options.fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
}

gboolean nero_window_has_font(const NeroWindow *w)
{
    return w->text != NULL;
}

gboolean nero_window_suits(const NeroWindow *w, const GstVideoInfo *info)
{
    int width, height;
    wanted_size(&w->options, info, &width, &height);
    return w->window || w->frames > 0 || (w->surface->w == width && w->surface->h == height);
}

// Until a frame is shown, the window follows the video, whose orientation may come late.
static void follow_size(NeroWindow *w, const GstVideoInfo *info)
{
    int width, height;
    if (!w->window || w->frames > 0 || w->options.fullscreen)
        return;
    wanted_size(&w->options, info, &width, &height);
    if (w->options.width <= 0 && w->options.height <= 0)
        limit_to_screen(&width, &height);
    SDL_SetWindowSize(w->window, width, height);
}

gboolean nero_window_set_info(NeroWindow *w, const GstVideoInfo *info)
{
    w->shown = FALSE;
    follow_size(w, info);
    nero_sink_view_forget(w->view);
    nero_pick_reset(&w->pick);
    nero_trails_forget(w->trails);
    if (w->gone)
        return TRUE;
    return nero_picture_set_info(&w->picture, w->renderer, info);
}

static double frames_per_second(const NeroWindow *w, gint64 now)
{
    guint64 n = MIN(w->frames, G_N_ELEMENTS(w->times));
    if (n < 2)
        return 0;
    gint64 first = w->times[(w->frames - n) % G_N_ELEMENTS(w->times)];
    return now > first ? (double)(n - 1) * 1e6 / (double)(now - first) : 0;
}

// The rate is updated twice a second, so that it can be read.
static void update_figures(NeroWindow *w)
{
    gint64 now = g_get_monotonic_time();
    w->times[w->frames++ % G_N_ELEMENTS(w->times)] = now;
    if (now - w->rate_time > G_USEC_PER_SEC / 2) {
        w->rate_time = now;
        w->rate = frames_per_second(w, now);
    }
    const NeroFigures figures = {.rate = w->rate,
                                 .result = w->labels ? &w->result : NULL,
                                 .interval = w->interval,
                                 .skipped = w->skipped};
    nero_figures_write(&figures, w->line, sizeof w->line);
}

// Where the video is, and the view beside it when `view` is not NULL.
static SDL_Rect find_areas(NeroWindow *w, SDL_Rect *view)
{
    int width = 1, height = 1, dar_w, dar_h;
    SDL_Rect half = {0}, other = {0};
    SDL_GetRendererOutputSize(w->renderer, &width, &height);
    display_aspect(&w->picture.info, &dar_w, &dar_h);
    if (!nero_sink_view_is_shown(w->view))
        return nero_draw_fit(width, height, dar_w, dar_h, w->options.keep_aspect);
    nero_sink_view_divide(width, height, dar_w, dar_h, &half, &other);
    SDL_Rect fit = nero_draw_fit(half.w, half.h, dar_w, dar_h, w->options.keep_aspect);
    if (view)
        *view = (SDL_Rect){other.x + fit.x, other.y + fit.y, fit.w, fit.h};
    return fit;
}

static SDL_Rect picture_area(NeroWindow *w)
{
    return find_areas(w, NULL);
}

// Makes room for the view, where the screen has it, or takes it back unless the user has given the
// window another size.
static void make_room(NeroWindow *w, gboolean on)
{
    int width, height;
    SDL_Rect screen;
    const Uint32 fixed = SDL_WINDOW_FULLSCREEN_DESKTOP | SDL_WINDOW_MAXIMIZED;
    if (!w->window || w->gone || (SDL_GetWindowFlags(w->window) & fixed))
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

static void show_view(NeroWindow *w, gboolean on)
{
    if (on != nero_sink_view_is_shown(w->view))
        make_room(w, on);
    nero_sink_view_show(w->view, on);
    w->dirty = TRUE;
}

gboolean nero_window_wants_look(NeroWindow *w)
{
    return !w->gone && nero_sink_view_wants(w->view);
}

void nero_window_look(NeroWindow *w, const GstVideoFrame *frame, const GstVideoInfo *caps,
                      const char *model)
{
    nero_sink_view_look(w->view, frame, caps, &w->pick, model);
}

// The line in the corner: hints, figures and notes. FALSE when it is empty.
static gboolean write_line(const NeroWindow *w, char *line, size_t size)
{
    if (w->pick.adding && w->labels) {
        nero_input_hint(&w->pick, w->labels, line, size);
        return TRUE;
    }
    const gboolean note = w->note[0] && g_get_monotonic_time() < w->note_until;
    g_snprintf(line, size, "%s%s%s", w->options.figures ? w->line : "",
               note && w->options.figures ? "   " : "", note ? w->note : "");
    return line[0] != '\0';
}

static void draw(NeroWindow *w)
{
    char line[320];
    SDL_Rect view = {0};
    SDL_Rect area = find_areas(w, &view);
    SDL_SetRenderDrawBlendMode(w->renderer, SDL_BLENDMODE_NONE);
    SDL_SetRenderDrawColor(w->renderer, 0, 0, 0, 255);
    SDL_RenderClear(
        w->renderer); // before every frame: the borders flicker on some compositors otherwise
    if (!w->shown)
        return;
    nero_picture_draw(&w->picture, w->renderer, &area);
    const gboolean has_line = write_line(w, line, sizeof line);
    g_array_set_size(w->taken, 0);
    if (w->labels && !w->painted)
        nero_draw_map(w->renderer, &area, &w->result);
    nero_draw_trails(w->renderer, &area, w->picture.info.width, w->picture.info.height, w->trails,
                     w->options.colour_by);
    if (w->options.zones)
        nero_draw_areas(w->renderer, w->text, &area, &w->report, w->taken);
    if (w->labels && !w->painted) {
        nero_draw_masks(w->renderer, &area, &w->result, w->options.colour_by);
        nero_draw_boxes(w->renderer, w->text, &area, &w->result, w->objects, w->options.colour_by,
                        w->taken, has_line ? line : NULL);
        nero_draw_details(w->renderer, &area, &w->result, w->options.colour_by);
        nero_draw_legend(w->renderer, w->text, &area, &w->result, w->labels);
    }
    if (w->options.zones)
        nero_draw_counts(w->renderer, w->text, &area, &w->report);
    if (w->labels)
        nero_draw_marks(w->renderer, w->text, &area, &w->result, w->labels, &w->pick);
    if (has_line)
        nero_draw_figures(w->renderer, w->text, &area, line);
    if (view.w > 0)
        nero_sink_view_draw(w->view, w->renderer, w->text, &view, w->pts);
}

// Takes over a new view.
static void update_view(NeroWindow *w)
{
    g_autofree char *said = NULL;
    if (w->gone)
        return;
    if (nero_sink_view_update(w->view, w->renderer, &said))
        w->dirty = TRUE;
    if (said)
        nero_window_tell(w, said);
}

// Draws the last frame again.
static void redraw(NeroWindow *w)
{
    w->dirty = FALSE;
    if (w->gone)
        return;
    draw(w);
    SDL_RenderPresent(w->renderer);
}

void nero_window_set_options(NeroWindow *w, const NeroWindowOptions *options)
{
    gboolean was_full = w->options.fullscreen;
    w->options.fullscreen = options->fullscreen;
    w->options.keep_aspect = options->keep_aspect;
    w->options.figures = options->figures;
    w->options.keys = options->keys;
    w->options.feedback = options->feedback;
    w->options.colour_by = options->colour_by;
    w->options.trail_length = options->trail_length;
    w->options.zones = options->zones;
    if (was_full != options->fullscreen)
        apply_fullscreen(w);
    if (w->options.inner_view != options->inner_view)
        show_view(w, options->inner_view);
    w->options.inner_view = options->inner_view;
    redraw(w);
}

static gboolean same_classes(const NeroLabels *a, const NeroLabels *b)
{
    gboolean same = a && b && nero_labels_count(a) == nero_labels_count(b);
    for (int i = 0; same && i < nero_labels_count(a); i++)
        same = nero_labels_quark(a, i) == nero_labels_quark(b, i);
    return same;
}

// Takes over the boxes of the uploaded frame; `labels` may be NULL.
static void take_result(NeroWindow *w, const nn_result *result, NeroLabels *labels)
{
    NeroLabels *before = g_steal_pointer(&w->labels);
    if (labels && nn_result_copy(&w->result, result) == NN_OK)
        w->labels = nero_labels_ref(labels);
    if (w->labels && before && !same_classes(before, w->labels))
        nero_pick_reset(&w->pick);
    if (w->labels)
        nero_pick_follow(&w->pick, &w->result);
    nero_labels_unref(before);
}

// Takes over where tracked objects are, and zones and lines. What the picture contains already is
// not drawn again.
static void take_ways(NeroWindow *w, const NeroShown *shown)
{
    g_array_set_size(w->objects, 0);
    if (w->labels && !w->painted)
        g_array_append_vals(w->objects, shown->objects->data, shown->objects->len);
    nero_trails_add(w->trails, w->objects, shown->time,
                    shown->painted ? 0 : w->options.trail_length);
    nn_report_release(&w->report);
    if (shown->report && !shown->painted && nn_report_copy(&w->report, shown->report) != NN_OK)
        w->report = (nn_report){0};
}

void nero_window_forget(NeroWindow *w)
{
    nero_trails_forget(w->trails);
    nero_sink_view_forget(w->view);
}

gboolean nero_window_show(NeroWindow *w, const GstVideoFrame *frame, const NeroShown *shown)
{
    if (w->gone || nero_window_is_held(w))
        return TRUE;
    if (!nero_picture_upload(&w->picture, frame))
        return w->window && nero_display_is_lost(); // the lost display is reported later
    w->shown = TRUE;
    w->pts = shown->pts;
    update_view(w);
    take_result(w, shown->result, shown->labels);
    w->painted = shown->painted;
    take_ways(w, shown);
    update_figures(w);
    redraw(w);
    return TRUE;
}

void nero_window_set_inference(NeroWindow *w, guint interval, guint64 skipped)
{
    w->interval = interval;
    w->skipped = skipped;
}

gboolean nero_window_is_held(const NeroWindow *w)
{
    return w->shown && w->pick.adding;
}

void nero_window_tell(NeroWindow *w, const char *line)
{
    g_strlcpy(w->note, line, sizeof w->note);
    w->note_until = g_get_monotonic_time() + NOTE_SECONDS * G_USEC_PER_SEC;
    w->dirty = TRUE;
}

nn_status nero_window_read(NeroWindow *w, nn_image *image, nn_error *err)
{
    int width = 0, height = 0;
    if (w->gone)
        return nn_fail(err, NN_EIO, "the window is gone");
    SDL_GetRendererOutputSize(w->renderer, &width, &height);
    guint8 *rgb = nn_alloc((size_t)width * (size_t)height * 3);
    if (!rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", width, height);
    draw(w); // the back buffer may have lost its content
    if (SDL_RenderReadPixels(w->renderer, NULL, SDL_PIXELFORMAT_RGB24, rgb, width * 3) != 0) {
        nn_free(rgb);
        return nn_fail(err, NN_EIO, "the window cannot be read: %s", SDL_GetError());
    }
    nn_image_release(image);
    *image = (nn_image){width, height, rgb};
    return NN_OK;
}

static void toggle_fullscreen(NeroWindow *w)
{
    w->options.fullscreen = !w->options.fullscreen;
    apply_fullscreen(w);
}

// Draws and reports the effect of an event on boxes; FALSE when it had none.
static gboolean take_input(NeroWindow *w, NeroInput input, const NeroFeedback *f)
{
    char line[128];
    w->dirty = w->dirty || input != NERO_INPUT_NONE;
    if (input == NERO_INPUT_SAID) {
        nero_input_text(f, w->labels, line, sizeof line);
        nero_window_tell(w, line);
        w->options.on_feedback(f, w->labels, w->options.data);
    }
    return input != NERO_INPUT_NONE;
}

static gboolean handle_key(NeroWindow *w, const SDL_KeyboardEvent *key)
{
    NeroFeedback f;
    if (w->options.feedback && take_input(w, nero_input_key(&w->pick, key, w->labels, &f), &f))
        return TRUE;
    const gboolean was_shown = nero_sink_view_is_shown(w->view);
    if (nero_sink_view_key(w->view, key)) {
        if (nero_sink_view_is_shown(w->view) != was_shown)
            make_room(w, !was_shown);
        w->dirty = TRUE;
        return TRUE;
    }
    switch (key->keysym.sym) {
    case SDLK_q:
    case SDLK_ESCAPE:
        w->options.on_close(NERO_CLOSED_BY_USER, w->options.data);
        return TRUE;
    case SDLK_f:
    case SDLK_F11:
        if (!key->repeat)
            toggle_fullscreen(w);
        return TRUE;
    case SDLK_h:
        w->options.figures = !w->options.figures;
        w->dirty = TRUE;
        return TRUE;
    default:
        return FALSE;
    }
}

// Forwards the mouse, with its position in pixels of the video.
static void forward_mouse(NeroWindow *w, const SDL_Event *event, int x, int y)
{
    SDL_Rect area = picture_area(w);
    int width = 1, height = 1, out_w = 1, out_h = 1;
    SDL_GetWindowSize(w->window, &width, &height);
    SDL_GetRendererOutputSize(w->renderer, &out_w, &out_h);
    double px = (double)x * out_w / MAX(width, 1), py = (double)y * out_h / MAX(height, 1);
    px = (px - area.x) * w->picture.info.width / area.w;
    py = (py - area.y) * w->picture.info.height / area.h;
    NeroFeedback f;
    if (event->type != SDL_MOUSEWHEEL && w->options.feedback && w->labels)
        take_input(w, nero_input_mouse(&w->pick, event, (float)px, (float)py, &w->result, &f), &f);
    if (event->type == SDL_MOUSEBUTTONDOWN)
        nero_sink_view_ask_again(w->view);
    w->options.on_input(event, px, py, w->options.data);
}

static void handle_input(NeroWindow *w, const SDL_Event *event)
{
    switch (event->type) {
    case SDL_KEYDOWN:
        if (handle_key(w, &event->key))
            break;
        w->options.on_input(event, 0, 0, w->options.data);
        break;
    case SDL_KEYUP:
    case SDL_TEXTINPUT:
        w->options.on_input(event, 0, 0, w->options.data);
        break;
    case SDL_MOUSEMOTION:
        forward_mouse(w, event, event->motion.x, event->motion.y);
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        forward_mouse(w, event, event->button.x, event->button.y);
        break;
    case SDL_MOUSEWHEEL:
        forward_mouse(w, event, event->wheel.mouseX, event->wheel.mouseY);
        break;
    default:
        break;
    }
}

static void handle_window_event(NeroWindow *w, const SDL_WindowEvent *event)
{
    switch (event->event) {
    case SDL_WINDOWEVENT_CLOSE:
        w->options.on_close(NERO_CLOSED_BY_USER, w->options.data);
        break;
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        w->dirty = TRUE; // a resize sends many of these
        break;
    default:
        break;
    }
}

// TRUE when the window is gone, by this event or an earlier one.
static gboolean see_end(NeroWindow *w, const SDL_Event *event)
{
    if (w->gone)
        return TRUE;
    if (event->type == NERO_UI_LOST) {
        w->gone = TRUE;
        w->options.on_close(nero_display_answers() ? NERO_CLOSED_BY_OTHERS
                                                   : NERO_CLOSED_WITH_DISPLAY,
                            w->options.data);
    } else if (nero_display_destroyed(event, w->window)) {
        w->gone = TRUE;
        w->options.on_close(NERO_CLOSED_BY_OTHERS, w->options.data);
    }
    return w->gone;
}

static void handle_event(const SDL_Event *event, gpointer data)
{
    NeroWindow *w = data;
    if (!event) {
        w->options.on_input(NULL, 0, 0, w->options.data);
        if (w->shown && nero_sink_view_again(w->view) && nero_window_wants_look(w))
            w->options.on_look(w->options.data);
        update_view(w);
        if (w->dirty)
            redraw(w);
        return;
    }
    if (see_end(w, event))
        return;
    // All events below have the window's id where SDL_WindowEvent has it.
    if (event->type < SDL_WINDOWEVENT || event->type > SDL_MOUSEWHEEL ||
        event->window.windowID != SDL_GetWindowID(w->window))
        return;
    if (event->type == SDL_WINDOWEVENT)
        handle_window_event(w, &event->window);
    else if (w->options.keys)
        handle_input(w, event);
}
