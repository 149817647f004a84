// SPDX-License-Identifier: MIT
// Draws lines through points as strips of triangles with soft edges.
#include "plugins/sink/sink_lines.h"

#include "nn/vision/palette.h"
#include "plugins/common/areas.h"
#include "plugins/common/label_layout.h"
#include "plugins/sink/sink_draw.h"

#include <math.h>

enum {
    MOST_POINTS = NERO_TRAIL_POINTS,
    ACROSS = 4
}; // vertices across a line: rim, line, line, rim

// The sideways step at point i of n, which keeps the line's width at corners that are not too
// sharp.
static SDL_FPoint find_side(const NeroLinePoint *p, int i, int n, gboolean closed)
{
    const int before = i > 0    ? i - 1
                       : closed ? n - 1
                                : i,
              after = i < n - 1 ? i + 1
                      : closed  ? 0
                                : i;
    SDL_FPoint in = {p[i].x - p[before].x, p[i].y - p[before].y};
    SDL_FPoint out = {p[after].x - p[i].x, p[after].y - p[i].y};
    const float a = hypotf(in.x, in.y), b = hypotf(out.x, out.y);
    in = a > 0 ? (SDL_FPoint){in.x / a, in.y / a} : (SDL_FPoint){0, 0};
    out = b > 0 ? (SDL_FPoint){out.x / b, out.y / b} : in;
    if (!(a > 0))
        in = out;
    const float x = in.x + out.x, y = in.y + out.y, length = hypotf(x, y);
    if (!(length > 0)) // straight back
        return (SDL_FPoint){-in.y, in.x};
    const float stretch = MIN(2 / length, 2); // of a corner
    return (SDL_FPoint){-y / length * stretch, x / length * stretch};
}

void nero_draw_line(SDL_Renderer *renderer, const NeroLinePoint *p, int n, gboolean closed,
                    float thick, guint32 rgb)
{
    SDL_Vertex v[(MOST_POINTS + 1) * ACROSS];
    int index[MOST_POINTS * (ACROSS - 1) * 6], used = 0;
    const int lines = closed ? n : n - 1;
    if (n < 2 || n > MOST_POINTS)
        return;
    for (int i = 0; i < n; i++) {
        const SDL_FPoint side = find_side(p, i, n, closed);
        const float at[ACROSS] = {-thick / 2 - 0.5f, -thick / 2 + 0.5f, thick / 2 - 0.5f,
                                  thick / 2 + 0.5f};
        for (int k = 0; k < ACROSS; k++) {
            const float seen = k == 0 || k == ACROSS - 1 ? 0 : CLAMP(p[i].opacity, 0, 1);
            v[i * ACROSS + k] = (SDL_Vertex){
                // SDL's software renderer cuts fractions off.
                .position = {p[i].x + at[k] * side.x + 0.5f, p[i].y + at[k] * side.y + 0.5f},
                .color = {rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, (Uint8)(255 * seen + 0.5f)}};
        }
    }
    for (int i = 0; i < lines; i++) {
        const int from = i * ACROSS, to = (i + 1) % n * ACROSS;
        for (int k = 0; k < ACROSS - 1; k++) {
            const int quad[] = {from + k, from + k + 1, to + k, to + k, from + k + 1, to + k + 1};
            memcpy(index + used, quad, sizeof quad);
            used += 6;
        }
    }
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_BLEND);
    SDL_RenderGeometry(renderer, NULL, v, n * ACROSS, index, used);
}

void nero_draw_trails(SDL_Renderer *renderer, const SDL_Rect *area, int width, int height,
                      const NeroTrails *trails, NeroColourBy colour_by)
{
    NeroLinePoint points[NERO_TRAIL_POINTS];
    const float sx = (float)area->w / (float)MAX(width, 1),
                sy = (float)area->h / (float)MAX(height, 1);
    for (guint i = 0; i < nero_trails_count(trails); i++) {
        const NeroTrail *t = nero_trails_get(trails, i);
        for (guint k = 0; k < t->count; k++) {
            const NeroTrailSpot spot = nero_trails_spot(trails, t, k);
            points[k] = (NeroLinePoint){(float)area->x + spot.x * sx, (float)area->y + spot.y * sy,
                                        spot.strength};
        }
        nero_draw_line(renderer, points, (int)t->count, FALSE,
                       1.5f * (float)nero_draw_thickness(renderer),
                       nn_palette(nero_colour_index(colour_by, t->track_id, t->label)));
    }
}

// Light lines on a dark rim, which are seen on any ground.
static void draw_seen(SDL_Renderer *renderer, const SDL_Rect *area, const nn_point *p, guint n,
                      gboolean closed, guint32 rgb)
{
    NeroLinePoint points[NN_POLYGON_POINTS];
    for (guint i = 0; i < n; i++)
        points[i] = (NeroLinePoint){(float)area->x + p[i].x, (float)area->y + p[i].y, 0.5f};
    nero_draw_line(renderer, points, (int)n, closed, (float)nero_draw_thickness(renderer) + 2,
                   0x000000);
    for (guint i = 0; i < n; i++)
        points[i].opacity = 0.85f;
    nero_draw_line(renderer, points, (int)n, closed, (float)nero_draw_thickness(renderer), rgb);
}

static void draw_shape(SDL_Renderer *renderer, const SDL_Rect *area, const NeroAreaShape *s)
{
    draw_seen(renderer, area, s->points, s->count, !s->line, s->rgb);
    if (!s->line)
        return;
    draw_seen(renderer, area, s->arrow, 2, FALSE, s->rgb);
    for (int i = 0; i < 2; i++) {
        const nn_point tip[] = {s->tips[i], s->arrow[1]};
        draw_seen(renderer, area, tip, 2, FALSE, s->rgb);
    }
}

static void describe(SDL_Renderer *renderer, const SDL_Rect *area, const nn_report *report, int i,
                     NeroAreaShape *s)
{
    nero_area_describe(report, i, (float)area->w, (float)area->h,
                       8 * (float)nero_draw_thickness(renderer), s);
}

// Where the text of an area is; empty without a font.
static SDL_Rect place_text(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                           const NeroAreaShape *s)
{
    SDL_Rect r = {0};
    nero_text_measure(text, s->text, &r.w, &r.h);
    if (r.w == 0)
        return r;
    r.w += 6;
    r.x = area->x + MAX(MIN((int)s->top.x, area->w - r.w), 0);
    r.y = area->y + MAX((int)s->top.y - r.h - nero_draw_thickness(renderer), 0);
    return r;
}

void nero_draw_areas(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                     const nn_report *report, GArray *taken)
{
    for (int i = 0; i < report->area_count; i++) {
        NeroAreaShape s;
        describe(renderer, area, report, i, &s);
        draw_shape(renderer, area, &s);
        const SDL_Rect r = place_text(renderer, text, area, &s);
        const NeroRect rect = {r.x, r.y, r.x + r.w, r.y + r.h};
        if (r.w > 0)
            g_array_append_val(taken, rect);
    }
}

void nero_draw_counts(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                      const nn_report *report)
{
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_NONE);
    for (int i = 0; i < report->area_count; i++) {
        NeroAreaShape s;
        describe(renderer, area, report, i, &s);
        const SDL_Rect r = place_text(renderer, text, area, &s);
        const guint32 ink = nero_ink_on(s.rgb);
        if (r.w == 0)
            continue;
        SDL_SetRenderDrawColor(renderer, s.rgb >> 16 & 255, s.rgb >> 8 & 255, s.rgb & 255, 255);
        SDL_RenderFillRect(renderer, &r);
        nero_text_draw(text, s.text, r.x + 3, r.y,
                       (SDL_Color){ink >> 16 & 255, ink >> 8 & 255, ink & 255, 255});
    }
}
