// SPDX-License-Identifier: MIT
// Draws boxes, labels and figures with an SDL renderer.
#include "plugins/sink/sink_draw.h"

#include "nn/vision/palette.h"
#include "plugins/common/label_layout.h"
#include "plugins/common/regions.h"

#include <math.h>

enum { MAP_OPACITY = 120, OLD_MAP_OPACITY = 70 };

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

SDL_Color nero_draw_color(const nn_box *box, NeroColourBy by)
{
    const guint32 rgb = nn_palette(nero_colour_index(by, box->track_id, box->label));
    return (SDL_Color){rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, 255};
}

static void fill(SDL_Renderer *renderer, int x, int y, int w, int h)
{
    SDL_Rect r = {x, y, w, h};
    SDL_RenderFillRect(renderer, &r);
}

// A horizontal (w > h) or vertical line, dashed when asked.
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

// What a picture of the usual shapes would be high in this window.
static int usual_height(SDL_Renderer *renderer)
{
    int w = 1, h = 1;
    SDL_GetRendererOutputSize(renderer, &w, &h);
    return MIN(h, w * 3 / 4);
}

SDL_FPoint nero_draw_density(SDL_Renderer *renderer)
{
    int width = 0, height = 0, out_w = 0, out_h = 0;
    SDL_Window *window = SDL_RenderGetWindow(renderer);
    if (!window || SDL_GetRendererOutputSize(renderer, &out_w, &out_h) != 0)
        return (SDL_FPoint){1, 1};
    SDL_GetWindowSize(window, &width, &height);
    if (width < 1 || height < 1 || out_w < 1 || out_h < 1)
        return (SDL_FPoint){1, 1};
    return (SDL_FPoint){(float)out_w / (float)width, (float)out_h / (float)height};
}

// A length that is not to look smaller on a dense screen.
static int dense(SDL_Renderer *renderer, int length)
{
    return MAX((int)lrintf((float)length * nero_draw_density(renderer).x), 1);
}

int nero_draw_text_size(SDL_Renderer *renderer)
{
    return CLAMP(usual_height(renderer) / 48, dense(renderer, 12), dense(renderer, 120));
}

int nero_draw_thickness(SDL_Renderer *renderer)
{
    return CLAMP(usual_height(renderer) / 240, dense(renderer, 2), dense(renderer, 24));
}

static SDL_Color ink_on(SDL_Color c)
{
    const guint32 ink = nero_ink_on((guint32)c.r << 16 | (guint32)c.g << 8 | c.b);
    return (SDL_Color){ink >> 16 & 255, ink >> 8 & 255, ink & 255, 255};
}

// Draws the label above the box, or where it hides nothing.
static void draw_label(SDL_Renderer *renderer, NeroText *text, NeroLabelLayout *places, guint index,
                       const char *line, SDL_Color color)
{
    SDL_Rect back = {0};
    nero_text_measure(text, line, &back.w, &back.h);
    if (back.w == 0)
        return;
    back.w += 6;
    if (!nero_label_layout_find(places, index, back.w, back.h, &back.x, &back.y))
        return;
    SDL_SetRenderDrawColor(renderer, color.r, color.g, color.b, 255);
    SDL_RenderFillRect(renderer, &back);
    nero_text_draw(text, line, back.x + 3, back.y, ink_on(color));
}

SDL_Rect nero_draw_place(const SDL_Rect *area, int width, int height, const nn_box *b)
{
    float sx = (float)area->w / (float)width, sy = (float)area->h / (float)height;
    int x0 = (int)lrintf(b->x0 * sx), x1 = (int)lrintf(b->x1 * sx);
    int y0 = (int)lrintf(b->y0 * sy), y1 = (int)lrintf(b->y1 * sy);
    return (SDL_Rect){area->x + x0, area->y + y0, MAX(x1 - x0, 1), MAX(y1 - y0, 1)};
}

static SDL_Rect box_on_screen(const NeroDrawing *d, const NeroObject *o)
{
    return nero_draw_place(&d->area, d->width, d->height, &o->box);
}

void nero_draw_label_text(char *line, size_t size, const NeroObject *o, gboolean one_class)
{
    char name[96] = "", track[16] = "", class[96] = "";
    if (!one_class)
        g_snprintf(name, sizeof name, "%s", o->label);
    if (o->box.track_id > 0)
        g_snprintf(track, sizeof track, "%s#%d", one_class ? "" : " ", o->box.track_id);
    if (!one_class)
        g_snprintf(name, sizeof name, "%s%s %d%%", o->label, track,
                   (int)lrintf(100 * o->box.score));
    if (o->class)
        g_snprintf(class, sizeof class, "%s%s %d%%", one_class && !track[0] ? "" : "  ", o->class,
                   (int)lrintf(100 * o->class_score));
    g_snprintf(line, size, "%s%s", one_class ? track : name, class);
}

// Text would hide such a box, or be taken for that of a neighbour.
static gboolean is_tiny(const SDL_Rect *r, int least)
{
    return r->w * r->h < least * least;
}

gboolean nero_draw_is_whole(int width, int height, const nn_box *b)
{
    return b->x0 <= 0 && b->y0 <= 0 && b->x1 >= (float)width && b->y1 >= (float)height;
}

static NeroRect sides(const SDL_Rect *r)
{
    return (NeroRect){r->x, r->y, r->x + r->w, r->y + r->h};
}

static void draw_outlines(const NeroDrawing *d, const GArray *objects)
{
    const int thick = nero_draw_thickness(d->renderer);
    for (guint i = objects->len; i-- > 0;) { // the best score last, on top
        const NeroObject *o = &g_array_index(objects, NeroObject, i);
        const nn_detail *detail = nero_object_detail(o);
        if (detail && detail->rotated.width > 0) // nero_draw_details draws it
            continue;
        if (nero_draw_is_whole(d->width, d->height, &o->box)) // a class of the picture
            continue;
        const SDL_Rect r = box_on_screen(d, o);
        const SDL_Color c = nero_draw_color(&o->box, d->colour_by);
        SDL_SetRenderDrawColor(d->renderer, c.r, c.g, c.b, 255);
        outline(d->renderer, &r, MIN(thick, MIN(r.w, r.h)),
                o->box.predicted && o->age_ms > NERO_DRAW_OLD_MS);
    }
}

void nero_draw_map(const NeroDrawing *d, NeroTextures *textures, const nn_result *result)
{
    const nn_label_map *m = &result->map;
    const guint opacity = result->age_ms > 0 ? OLD_MAP_OPACITY : MAP_OPACITY;
    guint32 colour[NERO_TEXTURE_COLOURS] = {0};
    if (m->width < 1)
        return;
    for (int i = 1; i < NERO_TEXTURE_COLOURS; i++)
        colour[i] = opacity << 24 | nn_palette(i);
    SDL_Texture *texture = nero_textures_get(textures, m->label, m->width, m->height, colour);
    if (texture)
        SDL_RenderCopy(d->renderer, texture, NULL, &d->area);
}

void nero_draw_legend(const NeroDrawing *d, NeroText *text, const GArray *regions)
{
    SDL_SetRenderDrawBlendMode(d->renderer, SDL_BLENDMODE_NONE);
    int y = d->area.y + d->area.h - 6;
    for (guint i = regions->len; i-- > 0;) {
        const NeroRegion *r = &g_array_index(regions, NeroRegion, i);
        const guint32 rgb = nn_palette(r->label_id);
        const SDL_Color colour = {rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, 255};
        const int x = d->area.x + 6;
        char line[96];
        int w, h;
        if (!nero_region_shows(r))
            continue;
        nero_region_text(r, line, sizeof line);
        nero_text_measure(text, line, &w, &h);
        y -= h;
        SDL_SetRenderDrawColor(d->renderer, colour.r, colour.g, colour.b, 255);
        fill(d->renderer, x, y, w + 6, h);
        nero_text_draw(text, line, x + 3, y, ink_on(colour));
        y -= 2;
    }
}

void nero_draw_boxes(const NeroDrawing *d, NeroText *text, const GArray *objects,
                     const GArray *taken, gboolean one_class)
{
    enum { LEAST = 24 };
    const int least = dense(d->renderer, LEAST);
    draw_outlines(d, objects);
    SDL_Rect seen = d->area;
    if (SDL_RenderIsClipEnabled(d->renderer))
        SDL_RenderGetClipRect(d->renderer, &seen);
    const NeroRect visible = sides(&seen);
    NeroLabelLayout *places = nero_label_layout_new(&visible);
    for (guint i = 0; i < taken->len; i++)
        nero_label_layout_keep_clear(places, &g_array_index(taken, NeroRect, i));
    for (guint i = 0; i < objects->len; i++) {
        const SDL_Rect r = box_on_screen(d, &g_array_index(objects, NeroObject, i));
        const NeroRect box = sides(&r);
        nero_label_layout_add(places, &box);
    }
    for (guint i = 0; i < objects->len; i++) { // the best score chooses first
        const NeroObject *o = &g_array_index(objects, NeroObject, i);
        char line[160];
        const SDL_Rect r = box_on_screen(d, o);
        if (is_tiny(&r, least) || !SDL_HasIntersection(&r, &seen) ||
            nero_draw_is_whole(d->width, d->height, &o->box))
            continue;
        nero_draw_label_text(line, sizeof line, o, one_class);
        draw_label(d->renderer, text, places, i, line, nero_draw_color(&o->box, d->colour_by));
    }
    nero_label_layout_free(places);
}
