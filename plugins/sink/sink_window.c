// SPDX-License-Identifier: MIT
// SDL window or off-screen surface: opens and closes, takes frames and options over.
#include "plugins/sink/sink_window_internal.h"

#include "plugins/common/label_layout.h"
#include "plugins/common/objects.h"
#include "plugins/common/regions.h"
#include "plugins/sink/sink_display.h"
#include "plugins/sink/sink_thread.h"

static gboolean open_offscreen(NeroWindow *w, int width, int height)
{
    w->surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_RGBA32);
    w->renderer = w->surface ? SDL_CreateSoftwareRenderer(w->surface) : NULL;
    return w->renderer != NULL;
}

static gboolean open_window(NeroWindow *w, int width, int height)
{
    if (!nero_ui_start_video())
        return FALSE;
    if (w->options.width <= 0 && w->options.height <= 0)
        nero_window_limit_to_screen(&width, &height);
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
        nero_ui_listen(nero_window_handle_event, w);
    return w->renderer != NULL;
}

static void show_view(NeroWindow *w, gboolean on)
{
    if (on != nero_sink_view_is_shown(w->view))
        nero_window_make_room(w, on);
    nero_sink_view_show(w->view, on);
    w->dirty = TRUE;
}

static void free_result(gpointer data)
{
    nn_result_release(data);
    g_free(data);
}

NeroWindow *nero_window_open(const NeroWindowOptions *options, const GstVideoInfo *info)
{
    int width, height;
    NeroWindow *w = g_new0(NeroWindow, 1);
    w->options = *options;
    nn_result_init(&w->result);
    nero_pick_init(&w->pick);
    w->view = nero_sink_view_new();
    w->trails = nero_trails_new();
    w->others = g_ptr_array_new_with_free_func(free_result);
    w->objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    w->regions = g_array_new(FALSE, FALSE, sizeof(NeroRegion));
    w->taken = g_array_new(FALSE, FALSE, sizeof(NeroRect));
    nero_window_wanted_size(options, info, &width, &height);
    gboolean ok =
        options->offscreen ? open_offscreen(w, width, height) : open_window(w, width, height);
    if (ok)
        w->textures = nero_textures_new(w->renderer);
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
    nero_textures_free(w->textures);
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
    g_ptr_array_unref(w->others);
    g_array_unref(w->objects);
    g_array_unref(w->regions);
    g_array_unref(w->taken);
    nero_labels_unref(w->labels);
    nero_pick_release(&w->pick);
    g_free(w);
}

gboolean nero_window_has_font(const NeroWindow *w)
{
    return w->text != NULL;
}

gboolean nero_window_suits(const NeroWindow *w, const GstVideoInfo *info)
{
    int width, height;
    nero_window_wanted_size(&w->options, info, &width, &height);
    return w->window || w->frames > 0 || (w->surface->w == width && w->surface->h == height);
}

gboolean nero_window_set_info(NeroWindow *w, const GstVideoInfo *info)
{
    w->shown = FALSE;
    nero_window_follow_size(w, info);
    nero_sink_view_forget(w->view);
    nero_pick_reset(&w->pick);
    nero_trails_forget(w->trails);
    if (w->gone)
        return TRUE;
    nero_textures_clear(w->textures);
    return nero_picture_set_info(&w->picture, w->renderer, info);
}

void nero_window_look(NeroWindow *w, const GstVideoFrame *frame, const GstVideoInfo *caps,
                      const char *model)
{
    nero_sink_view_look(w->view, frame, caps, &w->pick, model);
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
        nero_window_apply_fullscreen(w);
    if (w->options.inner_view != options->inner_view)
        show_view(w, options->inner_view);
    w->options.inner_view = options->inner_view;
    nero_window_redraw(w);
}

static gboolean same_classes(const NeroLabels *a, const NeroLabels *b)
{
    gboolean same = a && b && nero_labels_count(a) == nero_labels_count(b);
    for (int i = 0; same && i < nero_labels_count(a); i++)
        same = nero_labels_quark(a, i) == nero_labels_quark(b, i);
    return same;
}

// Takes over the boxes of the uploaded frame; `meta` may be NULL.
static void take_result(NeroWindow *w, const NeroMeta *meta)
{
    NeroLabels *before = g_steal_pointer(&w->labels);
    if (meta && nn_result_copy(&w->result, &meta->result) == NN_OK)
        w->labels = nero_labels_ref(meta->labels);
    if (w->labels && before && !same_classes(before, w->labels))
        nero_pick_reset(&w->pick);
    if (w->labels)
        nero_pick_follow(&w->pick, &w->result);
    nero_labels_unref(before);
}

// The window's own copy of what a detector found, or NULL without memory.
static const nn_result *keep_result(NeroWindow *w, const NeroShown *shown, const NeroMeta *meta)
{
    if (meta == shown->meta)
        return w->labels ? &w->result : NULL;
    nn_result *copy = g_new(nn_result, 1);
    nn_result_init(copy);
    g_ptr_array_add(w->others, copy);
    return nn_result_copy(copy, &meta->result) == NN_OK ? copy : NULL;
}

// Takes over the objects and maps that are to be drawn.
static void take_objects(NeroWindow *w, const NeroShown *shown)
{
    g_array_set_size(w->objects, 0);
    g_array_set_size(w->regions, 0);
    g_ptr_array_set_size(w->others, 0);
    for (guint i = 0; i < shown->draw->len; i++) {
        const NeroMeta *meta = g_ptr_array_index(shown->draw, i);
        const nn_result *result = keep_result(w, shown, meta);
        if (!result)
            continue;
        const guint first = w->objects->len;
        nero_objects_read_meta(shown->buffer, meta, w->objects);
        for (guint k = first; k < w->objects->len; k++)
            g_array_index(w->objects, NeroObject, k).details = &result->details;
        nero_regions_add(w->regions, result, meta->labels);
    }
}

// Takes over where tracked objects are, and zones and lines. What the picture contains already is
// not drawn again.
static void take_ways(NeroWindow *w, const NeroShown *shown)
{
    const gboolean painted = shown->meta && shown->meta->painted;
    nero_trails_add(w->trails, w->objects, shown->time, painted ? 0 : w->options.trail_length);
    nn_report_release(&w->report);
    if (shown->report && !painted && nn_report_copy(&w->report, shown->report) != NN_OK)
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
    w->pts = GST_BUFFER_PTS(shown->buffer);
    nero_window_update_view(w);
    take_result(w, shown->meta);
    take_objects(w, shown);
    take_ways(w, shown);
    nero_window_update_figures(w);
    nero_window_redraw(w);
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
