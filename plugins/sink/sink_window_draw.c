// SPDX-License-Identifier: MIT
// What a window shows: the video, boxes and figures over it, the view beside it.
#include "plugins/sink/sink_window_internal.h"

#include "nn/base/memory.h"
#include "plugins/common/label_layout.h"
#include "plugins/sink/sink_details.h"
#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_figures.h"
#include "plugins/sink/sink_marks.h"
#include "plugins/sink/sink_panel.h"
#include "plugins/sink/sink_selected.h"
#include "plugins/sink/sink_tiles.h"

enum { NOTE_SECONDS = 4 };

gboolean nero_window_wants_look(NeroWindow *w)
{
    return !w->gone && nero_sink_view_wants(w->view);
}

// Where the video is, and the view beside it when `view` is not NULL.
static SDL_Rect find_areas(NeroWindow *w, SDL_Rect *view)
{
    int width = 1, height = 1, dar_w, dar_h;
    SDL_Rect half = {0}, other = {0};
    SDL_GetRendererOutputSize(w->renderer, &width, &height);
    nero_window_display_aspect(&w->picture.info, &dar_w, &dar_h);
    if (!nero_sink_view_is_shown(w->view))
        return nero_draw_fit(width, height, dar_w, dar_h, w->options.keep_aspect);
    nero_sink_view_divide(width, height, dar_w, dar_h, &half, &other);
    SDL_Rect fit = nero_draw_fit(half.w, half.h, dar_w, dar_h, w->options.keep_aspect);
    if (view)
        *view = (SDL_Rect){other.x + fit.x, other.y + fit.y, fit.w, fit.h};
    return fit;
}

SDL_Rect nero_window_fit(NeroWindow *w)
{
    return find_areas(w, NULL);
}

SDL_Rect nero_window_picture_area(NeroWindow *w)
{
    const SDL_Rect fit = nero_window_fit(w);
    return nero_zoom_area(&w->zoom, &fit);
}

void nero_window_tell(NeroWindow *w, const char *line)
{
    g_strlcpy(w->note, line, sizeof w->note);
    w->note_until = g_get_monotonic_time() + NOTE_SECONDS * G_USEC_PER_SEC;
    w->dirty = TRUE;
}

static NeroFigures figures_of(const NeroWindow *w, gint64 now)
{
    const NeroStates *s = &w->states;
    const double second = (double)G_USEC_PER_SEC;
    return (NeroFigures){.source = w->source,
                         .live = s->live && w->tiles->len == 0, // else each tile says it
                         .is = &w->statistics,
                         .result = w->labels ? &w->result : NULL,
                         .labels = w->labels,
                         .delay = s->delay,
                         .recording = s->recording ? (double)(now - s->recording) / second : -1,
                         .lost = s->lost ? (double)(now - s->lost) / second : -1,
                         .told = s->message[0] == '\0', // else a message is there
                         .paused = s->paused,
                         .tiles = w->tiles->len > 0};
}

// Draws a panel, or notes its place in w->taken; returns its height.
static int put(NeroWindow *w, const SDL_Rect *area, gboolean measure, const NeroPanel *panel)
{
    const SDL_Rect r = measure ? nero_panel_measure(w->text, area, panel)
                               : nero_panel_draw(w->renderer, w->text, area, panel);
    const NeroRect rect = {r.x, r.y, r.x + r.w, r.y + r.h};
    if (measure && r.w > 0)
        g_array_append_val(w->taken, rect);
    return r.h;
}

// The figures, and what is told for a few seconds, in the corner. Returns their height.
static int put_figures(NeroWindow *w, const SDL_Rect *area, gboolean measure, gint64 now)
{
    char line[320] = "", details[320];
    int top = w->tiles->len > 0 ? 2 * nero_draw_text_size(w->renderer) : 0; // below a name
    const NeroFigures f = figures_of(w, now);
    const NeroStates *s = &w->states;
    const char *hint = nero_shape_hint(&w->shape);
    if (hint)
        g_strlcpy(line, hint, sizeof line);
    else if (w->pick.adding && w->labels)
        nero_input_hint(&w->pick, w->labels, line, sizeof line);
    else if (w->options.figures)
        nero_figures_write(&f, line, sizeof line);
    const SDL_Color ink = s->lost               ? nero_panel_red
                          : w->statistics.skips ? nero_panel_amber
                                                : nero_panel_white;
    top += put(w, area, measure, &(NeroPanel){line, NERO_PANEL_TOP, ink, top});
    if (w->options.figures && w->details) {
        nero_figures_details(&f, details, sizeof details);
        top += put(w, area, measure, &(NeroPanel){details, NERO_PANEL_TOP, nero_panel_white, top});
    }
    if (w->note[0] && now < w->note_until)
        top += put(w, area, measure, &(NeroPanel){w->note, NERO_PANEL_TOP, nero_panel_white, top});
    return top;
}

// All keys, in letters as small as the window asks for.
static void draw_help(NeroWindow *w, const SDL_Rect *area)
{
    enum { LEAST = 5 };
    const int usual = nero_draw_text_size(w->renderer);
    g_autofree char *page =
        nero_actions_page(w->options.controls, w->options.feedback, w->options.sources > 1);
    const NeroPanel panel = {page, NERO_PANEL_MIDDLE, nero_panel_white, 0};
    SDL_Rect r = nero_panel_measure(w->text, area, &panel);
    int size = usual;
    while ((r.w > area->w || r.h > area->h) && size > LEAST) {
        size = MAX(MIN(size - 1, MIN(size * area->w / r.w, size * area->h / r.h)), LEAST);
        nero_text_set_size(w->text, size);
        r = nero_panel_measure(w->text, area, &panel);
    }
    nero_panel_draw(w->renderer, w->text, area, &panel);
    nero_text_set_size(w->text, usual);
}

static void put_words(NeroWindow *w, const SDL_Rect *area, gboolean measure)
{
    char line[320];
    const gint64 now = g_get_monotonic_time();
    const int top = put_figures(w, area, measure, now);
    if (!measure && !w->states.lost && w->labels && !w->painted)
        nero_states_classes(w->renderer, w->text, area, &w->result, &w->faint, w->labels, top);
    if (nero_states_middle(&w->states, now, line, sizeof line))
        put(w, area, measure,
            &(NeroPanel){line, NERO_PANEL_MIDDLE,
                         w->states.lost ? nero_panel_red : nero_panel_white, 0});
    if (w->help && !measure) {
        draw_help(w, area);
        return;
    }
    w->hinted =
        w->window && w->options.figures &&
        nero_states_hint(&w->states, now, w->options.keys, w->options.controls, line, sizeof line);
    if (w->hinted)
        put(w, area, measure, &(NeroPanel){line, NERO_PANEL_BOTTOM, nero_panel_grey, 0});
}

static void draw_maps(NeroWindow *w, const NeroDrawing *drawing)
{
    if (w->regions->len == 0)
        return;
    nero_draw_map(drawing, w->textures, &w->result);
    for (guint i = 0; i < w->others->len; i++)
        nero_draw_map(drawing, w->textures, g_ptr_array_index(w->others, i));
}

// What was found, over the picture in `area`.
static void draw_found(NeroWindow *w, const SDL_Rect *area)
{
    const gboolean one_class =
        w->others->len == 0 && w->labels && nero_labels_count(w->labels) == 1;
    const NeroDrawing drawing = {w->renderer, *area, w->picture.info.width, w->picture.info.height,
                                 w->options.colour_by};
    draw_maps(w, &drawing);
    nero_draw_trails(w->renderer, area, w->picture.info.width, w->picture.info.height, w->trails,
                     w->options.colour_by);
    if (w->options.zones)
        nero_draw_areas(w->renderer, w->text, area, &w->report, w->taken);
    nero_draw_masks(&drawing, w->textures, w->objects);
    nero_draw_boxes(&drawing, w->text, w->objects, w->taken, one_class);
    nero_draw_details(&drawing, w->objects);
    nero_draw_legend(&drawing, w->text, w->regions);
    nero_textures_sweep(w->textures);
    if (w->options.zones)
        nero_draw_counts(w->renderer, w->text, area, &w->report);
    if (w->labels)
        nero_draw_marks(w->renderer, w->text, area, &w->result, w->labels, &w->pick);
}

// The zone or line that is being drawn or moved, with handles at its corners.
static void draw_shape(NeroWindow *w, const SDL_Rect *area)
{
    const NeroShape *s = &w->shape;
    const int thick = nero_draw_thickness(w->renderer);
    NeroLinePoint p[NN_POLYGON_POINTS + 1];
    int n = 0;
    for (int i = 0; i < s->count; i++)
        p[n++] = (NeroLinePoint){(float)area->x + s->points[i].x * (float)area->w,
                                 (float)area->y + s->points[i].y * (float)area->h, 1};
    const int corners = n;
    const gboolean edits = s->mode == NERO_SHAPE_EDIT;
    if (!edits && n > 0 && n < NN_POLYGON_POINTS)
        p[n++] = (NeroLinePoint){(float)area->x + s->at.x * (float)area->w,
                                 (float)area->y + s->at.y * (float)area->h, 0.6f};
    if (n > 1)
        nero_draw_line(w->renderer, p, n, edits && !s->line, (float)thick + 1, 0xffd24a);
    for (int i = 0; i < corners; i++) {
        const SDL_Rect r = {(int)p[i].x - 2 * thick, (int)p[i].y - 2 * thick, 4 * thick, 4 * thick};
        SDL_SetRenderDrawColor(w->renderer, 255, 210, 74, 255);
        SDL_RenderFillRect(w->renderer, &r);
    }
}

// Before every frame: the borders flicker on some compositors otherwise. `covered`: where the
// picture will be, which SDL's own renderer need not fill before.
static void clear(NeroWindow *w, const SDL_Rect *covered)
{
    int width = 0, height = 0;
    SDL_SetRenderDrawBlendMode(w->renderer, SDL_BLENDMODE_NONE);
    SDL_SetRenderDrawColor(w->renderer, 0, 0, 0, 255);
    if (!w->shown || !w->picture.scaled || !covered) {
        SDL_RenderClear(w->renderer);
        return;
    }
    SDL_GetRendererOutputSize(w->renderer, &width, &height);
    const SDL_Rect *c = covered;
    const SDL_Rect borders[] = {{0, 0, width, c->y},
                                {0, c->y + c->h, width, height - c->y - c->h},
                                {0, c->y, c->x, c->h},
                                {c->x + c->w, c->y, width - c->x - c->w, c->h}};
    SDL_RenderFillRects(w->renderer, borders, G_N_ELEMENTS(borders));
}

static void draw(NeroWindow *w)
{
    SDL_Rect view = {0};
    const SDL_Rect fit = find_areas(w, &view);
    if (w->zoom.follows && w->pick.selected && w->pick.choice.gone == 0)
        nero_zoom_follow(&w->zoom, &w->pick.choice.box, w->picture.info.width,
                         w->picture.info.height);
    const SDL_Rect area = nero_zoom_area(&w->zoom, &fit);
    clear(w, view.w == 0 ? &fit : NULL);
    nero_text_set_size(w->text, nero_draw_text_size(w->renderer));
    g_array_set_size(w->taken, 0);
    if (w->shown) {
        SDL_RenderSetClipRect(w->renderer, &fit);
        nero_picture_draw(&w->picture, w->renderer, &area);
        put_words(w, &fit, TRUE);
        if (w->states.lost)
            nero_states_grey(w->renderer, &fit);
        else
            draw_found(w, &area);
        draw_shape(w, &area);
        nero_tiles_draw(w->tiles, w->renderer, w->text, &area, w->picture.info.width,
                        w->picture.info.height);
        SDL_RenderSetClipRect(w->renderer, NULL);
        if (!w->states.lost && !w->help)
            nero_selected_draw(w, &fit, &area);
    }
    put_words(w, &fit, FALSE);
    if (w->shown && view.w > 0)
        nero_sink_view_draw(w->view, w->renderer, w->text, &view, w->pts);
}

void nero_window_tick(NeroWindow *w)
{
    enum { SILENT = 2, TICK_MS = 250 };
    NeroStates *s = &w->states;
    char line[320];
    const gint64 now = g_get_monotonic_time();
    if (now - w->ticked < TICK_MS * G_TIME_SPAN_MILLISECOND)
        return;
    w->ticked = now;
    if (s->live && s->heard && !s->lost && !s->paused && !s->ended && !w->pick.adding &&
        now - s->heard > SILENT * G_USEC_PER_SEC)
        s->lost = s->heard;
    const gboolean hint =
        w->window && w->options.figures &&
        nero_states_hint(s, now, w->options.keys, w->options.controls, line, sizeof line);
    const gboolean told = w->note[0] && now > w->note_until;
    if (told)
        w->note[0] = '\0';
    if (s->lost || s->retry || s->recording || told || hint != w->hinted)
        w->dirty = TRUE;
}

void nero_window_update_view(NeroWindow *w)
{
    g_autofree char *said = NULL;
    if (w->gone)
        return;
    if (nero_sink_view_update(w->view, w->renderer, &said))
        w->dirty = TRUE;
    if (said)
        nero_window_tell(w, said);
    g_autofree char *why = NULL;
    if (nero_enlarge_update(w->enlarge, w->renderer, &why))
        w->dirty = TRUE;
    if (why)
        nero_window_tell(w, why);
}

void nero_window_redraw(NeroWindow *w)
{
    w->dirty = FALSE;
    if (w->gone)
        return;
    draw(w);
    SDL_RenderPresent(w->renderer);
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
