// SPDX-License-Identifier: MIT
// Draws boxes, labels and figures with an SDL renderer.
#include "plugins/sink_draw.h"

#include <math.h>

SDL_Rect nero_draw_fit(int width, int height, int aspect_w, int aspect_h, gboolean keep_aspect)
{
    SDL_Rect r = {0, 0, width, height};
    if (!keep_aspect || aspect_w <= 0 || aspect_h <= 0)
        return r;
    if ((gint64)width * aspect_h > (gint64)height * aspect_w)
        r.w = (int)(((gint64)height * aspect_w + aspect_h / 2) / aspect_h);
    else
        r.h = (int)(((gint64)width * aspect_h + aspect_w / 2) / aspect_w);
    r.w = MAX(r.w, 1);
    r.h = MAX(r.h, 1);
    r.x = (width - r.w) / 2;
    r.y = (height - r.h) / 2;
    return r;
}

SDL_Color nero_draw_color(const nn_box *box)
{
    // Bright and far apart in hue, so that they stand out on asphalt, grass and snow.
    static const SDL_Color colors[] = {
        {0, 230, 118, 255}, {255, 145, 0, 255},  {41, 182, 246, 255}, {255, 64, 129, 255},
        {255, 234, 0, 255}, {124, 77, 255, 255}, {29, 233, 182, 255}, {255, 61, 0, 255},
    };
    guint i = (guint)(box->track_id > 0 ? box->track_id : box->label);
    return colors[i % G_N_ELEMENTS(colors)];
}

static void fill(SDL_Renderer *renderer, int x, int y, int w, int h)
{
    SDL_Rect r = {x, y, w, h};
    SDL_RenderFillRect(renderer, &r);
}

// A line along x (w > h) or y, broken into dashes when asked.
static void stroke(SDL_Renderer *renderer, SDL_Rect line, int thick, gboolean dashed)
{
    int length = MAX(line.w, line.h), step = dashed ? 8 * thick : length;
    for (int at = 0; at < length; at += step) {
        int n = MIN(dashed ? 5 * thick : length, length - at);
        if (line.w >= line.h)
            fill(renderer, line.x + at, line.y, n, line.h);
        else
            fill(renderer, line.x, line.y + at, line.w, n);
    }
}

static void outline(SDL_Renderer *renderer, const SDL_Rect *r, int thick, gboolean dashed)
{
    stroke(renderer, (SDL_Rect){r->x, r->y, r->w, thick}, thick, dashed);
    stroke(renderer, (SDL_Rect){r->x, r->y + r->h - thick, r->w, thick}, thick, dashed);
    stroke(renderer, (SDL_Rect){r->x, r->y, thick, r->h}, thick, dashed);
    stroke(renderer, (SDL_Rect){r->x + r->w - thick, r->y, thick, r->h}, thick, dashed);
}

// Small enough for a crowd, large enough to read.
static int text_size(const SDL_Rect *area)
{
    return CLAMP(area->h / 48, 11, 30);
}

// Black or white, whichever reads better on `c` (luma of BT.601).
static SDL_Color ink_on(SDL_Color c)
{
    int luma = (299 * c.r + 587 * c.g + 114 * c.b) / 1000;
    return luma > 128 ? (SDL_Color){0, 0, 0, 255} : (SDL_Color){255, 255, 255, 255};
}

static void draw_label(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                       const SDL_Rect *box, const char *line, SDL_Color color)
{
    int w, h;
    nero_text_measure(text, line, &w, &h);
    if (w == 0)
        return;
    SDL_Rect back = {box->x, box->y - h, w + 6, h};
    if (back.y < area->y)
        back.y = box->y; // no room above: inside
    back.x = MAX(area->x, MIN(back.x, area->x + area->w - back.w));
    SDL_SetRenderDrawColor(renderer, color.r, color.g, color.b, 255);
    SDL_RenderFillRect(renderer, &back);
    nero_text_draw(text, line, back.x + 3, back.y, ink_on(color));
}

static SDL_Rect box_on_screen(const SDL_Rect *area, const nn_result *r, const nn_box *b)
{
    float sx = (float)area->w / (float)r->frame_width, sy = (float)area->h / (float)r->frame_height;
    int x0 = (int)lrintf(b->x0 * sx), x1 = (int)lrintf(b->x1 * sx);
    int y0 = (int)lrintf(b->y0 * sy), y1 = (int)lrintf(b->y1 * sy);
    return (SDL_Rect){area->x + x0, area->y + y0, MAX(x1 - x0, 1), MAX(y1 - y0, 1)};
}

static void write_label(char *line, size_t size, const nn_box *b, const NeroLabels *labels)
{
    const char *name = nero_labels_name(labels, b->label);
    int percent = (int)lrintf(100 * b->score);
    if (b->track_id > 0)
        g_snprintf(line, size, "%s #%d %d%%", name, b->track_id, percent);
    else
        g_snprintf(line, size, "%s %d%%", name, percent);
}

void nero_draw_boxes(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                     const nn_result *result, const NeroLabels *labels)
{
    if (result->frame_width < 1 || result->frame_height < 1)
        return;
    int thick = CLAMP(area->h / 240, 2, 6);
    nero_text_set_size(text, text_size(area));
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_NONE);
    for (int i = result->count; i-- > 0;) { // the best score last, on top
        SDL_Rect r = box_on_screen(area, result, &result->boxes[i]);
        SDL_Color c = nero_draw_color(&result->boxes[i]);
        SDL_SetRenderDrawColor(renderer, c.r, c.g, c.b, 255);
        outline(renderer, &r, MIN(thick, MIN(r.w, r.h)), result->boxes[i].predicted);
    }
    for (int i = result->count; i-- > 0;) {
        const nn_box *b = &result->boxes[i];
        SDL_Rect r = box_on_screen(area, result, b);
        char line[96];
        write_label(line, sizeof line, b, labels);
        draw_label(renderer, text, area, &r, line, nero_draw_color(b));
    }
}

void nero_draw_figures(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                       const char *line)
{
    int w, h;
    nero_text_set_size(text, text_size(area));
    nero_text_measure(text, line, &w, &h);
    if (w == 0)
        return;
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(renderer, 0, 0, 0, 160);
    fill(renderer, area->x + 6, area->y + 6, w + 12, h + 4);
    nero_text_draw(text, line, area->x + 12, area->y + 8, (SDL_Color){255, 255, 255, 255});
}
