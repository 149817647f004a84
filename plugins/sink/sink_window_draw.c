// SPDX-License-Identifier: MIT
// What a window shows: the video, boxes and figures over it, the view beside it.
#include "plugins/sink/sink_window_internal.h"

#include "nn/base/memory.h"
#include "plugins/sink/sink_details.h"
#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_figures.h"
#include "plugins/sink/sink_marks.h"

enum { NOTE_SECONDS = 4 };

gboolean nero_window_wants_look(NeroWindow *w)
{
    return !w->gone && nero_sink_view_wants(w->view);
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
void nero_window_update_figures(NeroWindow *w)
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
    nero_window_display_aspect(&w->picture.info, &dar_w, &dar_h);
    if (!nero_sink_view_is_shown(w->view))
        return nero_draw_fit(width, height, dar_w, dar_h, w->options.keep_aspect);
    nero_sink_view_divide(width, height, dar_w, dar_h, &half, &other);
    SDL_Rect fit = nero_draw_fit(half.w, half.h, dar_w, dar_h, w->options.keep_aspect);
    if (view)
        *view = (SDL_Rect){other.x + fit.x, other.y + fit.y, fit.w, fit.h};
    return fit;
}

SDL_Rect nero_window_picture_area(NeroWindow *w)
{
    return find_areas(w, NULL);
}

void nero_window_tell(NeroWindow *w, const char *line)
{
    g_strlcpy(w->note, line, sizeof w->note);
    w->note_until = g_get_monotonic_time() + NOTE_SECONDS * G_USEC_PER_SEC;
    w->dirty = TRUE;
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

static void draw_maps(NeroWindow *w, const NeroDrawing *drawing)
{
    if (w->regions->len == 0)
        return;
    nero_draw_map(drawing, w->textures, &w->result);
    for (guint i = 0; i < w->others->len; i++)
        nero_draw_map(drawing, w->textures, g_ptr_array_index(w->others, i));
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
    const NeroDrawing drawing = {w->renderer, area, w->picture.info.width, w->picture.info.height,
                                 w->options.colour_by};
    draw_maps(w, &drawing);
    nero_draw_trails(w->renderer, &area, w->picture.info.width, w->picture.info.height, w->trails,
                     w->options.colour_by);
    if (w->options.zones)
        nero_draw_areas(w->renderer, w->text, &area, &w->report, w->taken);
    nero_draw_masks(&drawing, w->textures, w->objects);
    nero_draw_boxes(&drawing, w->text, w->objects, w->taken, has_line ? line : NULL);
    nero_draw_details(&drawing, w->objects);
    nero_draw_legend(&drawing, w->text, w->regions);
    nero_textures_sweep(w->textures);
    if (w->options.zones)
        nero_draw_counts(w->renderer, w->text, &area, &w->report);
    if (w->labels)
        nero_draw_marks(w->renderer, w->text, &area, &w->result, w->labels, &w->pick);
    if (has_line)
        nero_draw_figures(w->renderer, w->text, &area, line);
    if (view.w > 0)
        nero_sink_view_draw(w->view, w->renderer, w->text, &view, w->pts);
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
