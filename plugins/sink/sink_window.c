// SPDX-License-Identifier: MIT
// SDL window or off-screen surface: opens and closes, takes frames and options over.
#include "plugins/sink/sink_window_internal.h"

#include "plugins/common/label_layout.h"
#include "plugins/common/objects.h"
#include "plugins/common/regions.h"
#include "plugins/sink/sink_display.h"
#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_selected.h"
#include "plugins/sink/sink_thread.h"
#include "plugins/sink/sink_tiles.h"

#include <string.h>

static gboolean open_offscreen(NeroWindow *w, int width, int height)
{
    w->surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
    w->renderer = w->surface ? SDL_CreateSoftwareRenderer(w->surface) : NULL;
    return w->renderer != NULL;
}

// Whether OpenGL, whose context is current, is a program of Mesa and not a graphics card.
static gboolean draws_on_processor(void)
{
    enum { RENDERER = 0x1F01 }; // GL_RENDERER
    const guint8 *(*get_string)(guint) =
        (const guint8 *(*)(guint))SDL_GL_GetProcAddress("glGetString");
    const char *name =
        get_string && SDL_GL_GetCurrentContext() ? (const char *)get_string(RENDERER) : NULL;
    return name && (strstr(name, "llvmpipe") || strstr(name, "softpipe") || strstr(name, "swrast"));
}

// Without OpenGL: the window of another program need not be fit for it.
static gboolean open_embedded(NeroWindow *w)
{
    if (!nero_ui_start_video())
        return FALSE;
    w->embed = nero_embed_open(w->options.handle, &w->options.place, w->options.keys);
    if (!w->embed)
        return FALSE;
    w->window = nero_embed_window(w->embed);
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    if (w->renderer)
        nero_ui_listen(nero_window_handle_event, w);
    return w->renderer != NULL;
}

// It appears with its renderer: SDL may replace the window for that, and what a window manager has
// said to the first, such as to close, would be lost.
static gboolean open_window(NeroWindow *w, int width, int height)
{
    if (!nero_ui_start_video())
        return FALSE;
    if (w->options.width <= 0 && w->options.height <= 0)
        nero_window_usual_size(&width, &height);
    const Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI | SDL_WINDOW_HIDDEN;
    w->window = SDL_CreateWindow("NeroScale", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                 width, height, flags);
    if (!w->window)
        return FALSE;
    nero_display_guard(w->window);
    w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_ACCELERATED);
    if (w->renderer && draws_on_processor()) {
        // SDL's own renderer takes a tenth of the time, when its pictures do not go through OpenGL.
        SDL_DestroyRenderer(w->renderer);
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
        w->renderer = NULL;
    }
    if (!w->renderer)
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    if (!w->renderer)
        return FALSE;
    nero_ui_listen(nero_window_handle_event, w);
    SDL_ShowWindow(w->window);
    if (w->options.fullscreen)
        nero_window_apply_fullscreen(w);
    return TRUE;
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
    w->source = g_strdup(options->source);
    w->shape.corner = -1;
    w->states = (NeroStates){.opened = g_get_monotonic_time(), .delay = -1};
    w->ages = nero_ages_new();
    w->tiles = nero_tiles_read(NULL);
    nn_result_init(&w->result);
    nn_result_init(&w->faint);
    nero_pick_init(&w->pick);
    w->view = nero_sink_view_new();
    w->enlarge = nero_enlarge_new();
    w->trails = nero_trails_new();
    w->others = g_ptr_array_new_with_free_func(free_result);
    w->objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    w->regions = g_array_new(FALSE, FALSE, sizeof(NeroRegion));
    w->taken = g_array_new(FALSE, FALSE, sizeof(NeroRect));
    nero_window_wanted_size(options, info, &width, &height);
    gboolean ok = options->offscreen ? open_offscreen(w, width, height)
                  : options->handle  ? open_embedded(w)
                                     : open_window(w, width, height);
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
    nero_enlarge_free(w->enlarge);
    nero_textures_free(w->textures);
    nero_text_free(w->text);
    nero_picture_release(&w->picture);
    if (w->renderer)
        SDL_DestroyRenderer(w->renderer);
    if (w->surface)
        SDL_FreeSurface(w->surface);
    if (w->window)
        SDL_DestroyWindow(w->window);
    nero_embed_free(g_steal_pointer(&w->embed));
}

guintptr nero_window_handle(const NeroWindow *w)
{
    return w->embed ? nero_embed_parent(w->embed) : 0;
}

const GstVideoInfo *nero_window_info(const NeroWindow *w)
{
    return &w->picture.info;
}

void nero_window_set_place(NeroWindow *w, const SDL_Rect *place)
{
    w->options.place = *place;
    if (w->embed && !w->gone)
        nero_embed_place(w->embed, place);
}

void nero_window_expose(NeroWindow *w)
{
    if (w->embed && !w->gone)
        nero_embed_fit(w->embed);
    nero_window_redraw(w);
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
    nn_result_release(&w->faint);
    nero_ages_free(w->ages);
    g_array_unref(w->tiles);
    g_free(w->source);
    g_free(w->title);
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
    return w->window || w->statistics.frames > 0 ||
           (w->surface->w == width && w->surface->h == height);
}

static gboolean apply_info(NeroWindow *w, const GstVideoInfo *info)
{
    w->shown = FALSE;
    w->changes = FALSE;
    nero_window_follow_size(w, info);
    nero_sink_view_forget(w->view);
    nero_enlarge_forget(w->enlarge);
    nero_pick_reset(&w->pick);
    nero_trails_forget(w->trails);
    nero_ages_forget(w->ages);
    if (w->gone)
        return TRUE;
    nero_textures_clear(w->textures);
    return nero_picture_set_info(&w->picture, w->renderer, info);
}

// Caps may come long before their frame is due: the one that is shown stays until then.
gboolean nero_window_set_info(NeroWindow *w, const GstVideoInfo *info)
{
    if (!w->shown)
        return apply_info(w, info);
    w->next = *info;
    w->changes = TRUE;
    return TRUE;
}

// The selected object is given away to be enlarged.
static void offer_part(NeroWindow *w, const GstVideoFrame *frame)
{
    SDL_Rect part;
    if (nero_enlarge_wants(w->enlarge) && nero_selected_part(w, &part))
        nero_enlarge_offer(w->enlarge, frame, &part);
}

void nero_window_look(NeroWindow *w, const GstVideoFrame *frame, const GstVideoInfo *caps,
                      const char *model)
{
    if (nero_window_wants_look(w))
        nero_sink_view_look(w->view, frame, caps, &w->pick, model);
    offer_part(w, frame);
}

void nero_window_set_options(NeroWindow *w, const NeroWindowOptions *options)
{
    gboolean was_full = w->options.fullscreen;
    w->options.fullscreen = options->fullscreen;
    w->options.keep_aspect = options->keep_aspect;
    w->options.figures = options->figures;
    if (w->embed && !w->gone && w->options.keys != options->keys)
        nero_embed_take_input(w->embed, options->keys);
    w->options.keys = options->keys;
    w->options.feedback = options->feedback;
    w->options.colour_by = options->colour_by;
    w->options.trail_length = options->trail_length;
    w->options.zones = options->zones;
    w->options.controls = options->controls;
    w->options.sources = options->sources;
    g_free(w->source);
    w->source = g_strdup(options->source);
    nero_window_name(w);
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

// "cam-yard - street - NeroScale"
void nero_window_name(NeroWindow *w)
{
    const char *model = w->labels ? nero_labels_model(w->labels) : NULL;
    g_autoptr(GString) s = g_string_new(w->source);
    if (model && *model)
        g_string_append_printf(s, "%s%s", s->len > 0 ? " - " : "", model);
    g_string_append_printf(s, "%sNeroScale", s->len > 0 ? " - " : "");
    if (!w->window || w->embed || w->gone || g_strcmp0(s->str, w->title) == 0)
        return;
    g_free(w->title);
    w->title = g_strdup(s->str);
    SDL_SetWindowTitle(w->window, w->title);
}

// Takes over where tracked objects are, and zones and lines. What the picture contains already is
// not drawn again.
static void take_ways(NeroWindow *w, const NeroShown *shown)
{
    const gboolean painted = shown->meta && shown->meta->painted;
    w->painted = painted;
    nero_ages_follow(w->ages, w->objects, shown->time);
    nero_trails_add(w->trails, w->objects, shown->time, painted ? 0 : w->options.trail_length);
    nn_report_release(&w->report);
    if (shown->report && !painted && nn_report_copy(&w->report, shown->report) != NN_OK)
        w->report = (nn_report){0};
}

void nero_window_forget(NeroWindow *w)
{
    nero_trails_forget(w->trails);
    nero_sink_view_forget(w->view);
    nero_ages_forget(w->ages);
    w->states.ended = FALSE;
}

// What the model thinks of besides: of classifiers, and of the selected object.
static void take_faint(NeroWindow *w, const NeroMeta *meta)
{
    w->faint.count = 0;
    if (!meta || meta->faint.count < 1)
        return;
    const nn_result *f = &meta->faint;
    const gboolean whole =
        nero_draw_is_whole(meta->result.frame_width, meta->result.frame_height, &f->boxes[0]);
    if ((w->pick.selected || whole) && nn_result_copy(&w->faint, f) != NN_OK)
        w->faint.count = 0;
    w->faint.frame_width = meta->result.frame_width;
    w->faint.frame_height = meta->result.frame_height;
}

// A frame ends what was said about the stream before it, shown or not.
static void hear(NeroStates *s)
{
    s->heard = g_get_monotonic_time();
    s->lost = s->retry = 0;
    s->ended = FALSE;
    s->message[0] = '\0';
}

static void take_states(NeroWindow *w, const NeroShown *shown)
{
    NeroStates *s = &w->states;
    hear(s);
    s->live = shown->live;
    s->delay = shown->delay;
    s->threshold = shown->meta ? shown->meta->threshold : 0;
    if (!w->labels || w->result.count > 0 || w->result.map.width > 0)
        s->empty = 0;
    else if (!s->empty)
        s->empty = s->heard;
    take_faint(w, shown->meta);
    if (!shown->again || w->statistics.frames == 0)
        nero_statistics_frame(&w->statistics, w->labels ? &w->result : NULL, s->heard);
    nero_window_name(w);
}

void nero_window_hide(NeroWindow *w)
{
    if (w->window && !w->gone)
        SDL_HideWindow(w->window);
}

void nero_window_say(NeroWindow *w, const char *message)
{
    g_strlcpy(w->states.message, message ? message : "", sizeof w->states.message);
    w->dirty = TRUE;
}

void nero_window_set_retry(NeroWindow *w, double retry_in)
{
    const double longest = 1e9; // more would not be a time any more
    NeroStates *s = &w->states;
    const gint64 now = g_get_monotonic_time();
    s->retry = retry_in >= 0 ? now + (gint64)(MIN(retry_in, longest) * G_USEC_PER_SEC) : 0;
    if (retry_in < 0)
        s->lost = 0;
    else if (!s->lost)
        s->lost = s->heard ? s->heard : now;
    w->dirty = TRUE;
}

void nero_window_set_recording(NeroWindow *w, gboolean on)
{
    if (on != (w->states.recording != 0))
        w->states.recording = on ? g_get_monotonic_time() : 0;
    w->dirty = TRUE;
}

void nero_window_set_tiles(NeroWindow *w, GArray *tiles)
{
    g_array_unref(w->tiles);
    w->tiles = tiles;
    w->dirty = TRUE;
}

void nero_window_set_paused(NeroWindow *w, gboolean paused)
{
    w->states.paused = paused;
    w->states.heard = g_get_monotonic_time();
    w->dirty = TRUE;
}

float nero_window_threshold(const NeroWindow *w)
{
    return w->states.threshold;
}

void nero_window_set_threshold(NeroWindow *w, float threshold)
{
    w->states.threshold = threshold;
}

void nero_window_show_area(NeroWindow *w, const NeroShapeChange *change)
{
    if (nero_shape_show(&w->report, change) == NN_OK)
        w->dirty = TRUE;
}

void nero_window_leave_out(NeroWindow *w, const char *label)
{
    for (guint i = w->objects->len; i-- > 0;)
        if (strcmp(g_array_index(w->objects, NeroObject, i).label, label) == 0)
            g_array_remove_index(w->objects, i);
    w->dirty = TRUE;
}

void nero_window_set_ended(NeroWindow *w)
{
    w->states.ended = w->statistics.frames > 1; // a picture has no end
    w->dirty = TRUE;
}

gboolean nero_window_show(NeroWindow *w, const GstVideoFrame *frame, const NeroShown *shown)
{
    if (w->gone || nero_window_is_held(w)) {
        w->dirty = w->dirty || w->states.lost;
        hear(&w->states);
        return TRUE;
    }
    if ((w->changes && !apply_info(w, &w->next)) || !nero_picture_upload(&w->picture, frame))
        return w->window && nero_display_is_lost(); // the lost display is reported later
    w->shown = TRUE;
    w->pts = GST_BUFFER_PTS(shown->buffer);
    nero_window_update_view(w);
    take_result(w, shown->meta);
    take_objects(w, shown);
    take_ways(w, shown);
    take_states(w, shown);
    offer_part(w, frame);
    nero_window_redraw(w);
    return TRUE;
}

void nero_window_set_inference(NeroWindow *w, guint interval, guint64 skipped)
{
    nero_statistics_inference(&w->statistics, interval, skipped);
}

gboolean nero_window_is_held(const NeroWindow *w)
{
    return w->shown && (w->pick.adding || w->frozen);
}
