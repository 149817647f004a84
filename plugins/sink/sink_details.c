// SPDX-License-Identifier: MIT
// Draws masks as textures, skeletons and rotated boxes as lines.
#include "plugins/sink/sink_details.h"

#include "nn/vision/skeleton.h"
#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_lines.h"

#include <math.h>

static guint32 rgb_of(const nn_box *b, NeroColourBy by)
{
    const SDL_Color c = nero_draw_color(b, by);
    return (guint32)c.r << 16 | (guint32)c.g << 8 | c.b;
}

static NeroLinePoint on_screen(const SDL_Rect *area, const nn_result *r, float x, float y,
                               float opacity)
{
    return (NeroLinePoint){(float)area->x + x * (float)area->w / (float)r->frame_width,
                           (float)area->y + y * (float)area->h / (float)r->frame_height, opacity};
}

static void draw_mask(SDL_Renderer *renderer, const SDL_Rect *area, const nn_result *r,
                      const nn_detail *d, guint32 rgb)
{
    const guint opacity = r->age_ms > 0 ? 70 : 110;
    const guint8 *element = nn_detail_mask(&r->details, d);
    const NeroLinePoint a = on_screen(area, r, d->mask_x0, d->mask_y0, 1);
    const NeroLinePoint b = on_screen(area, r, d->mask_x1, d->mask_y1, 1);
    const SDL_Rect place = {(int)lrintf(a.x), (int)lrintf(a.y), (int)lrintf(b.x - a.x),
                            (int)lrintf(b.y - a.y)};
    SDL_Texture *texture =
        SDL_CreateTexture(renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STREAMING,
                          d->mask_width, d->mask_height);
    void *bytes;
    int pitch;
    if (texture && SDL_LockTexture(texture, NULL, &bytes, &pitch) == 0) {
        for (int y = 0; y < d->mask_height; y++) {
            guint32 *row = (guint32 *)(void *)((guint8 *)bytes + (gsize)y * (gsize)pitch);
            for (int x = 0; x < d->mask_width; x++)
                row[x] = *element++ ? opacity << 24 | rgb : rgb;
        }
        SDL_UnlockTexture(texture);
        SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_BLEND);
        SDL_SetTextureScaleMode(texture, SDL_ScaleModeLinear);
        SDL_RenderCopy(renderer, texture, NULL, &place);
    }
    SDL_DestroyTexture(texture);
}

void nero_draw_masks(SDL_Renderer *renderer, const SDL_Rect *area, const nn_result *result,
                     NeroColourBy by)
{
    SDL_RenderSetClipRect(renderer, area);
    for (int i = result->count; i-- > 0;) {
        const nn_detail *d = nn_result_detail(result, &result->boxes[i]);
        if (d && d->mask_width > 0)
            draw_mask(renderer, area, result, d, rgb_of(&result->boxes[i], by));
    }
    SDL_RenderSetClipRect(renderer, NULL);
}

static void draw_dot(SDL_Renderer *renderer, NeroLinePoint at, float size, guint32 rgb)
{
    const NeroLinePoint line[] = {{at.x - size / 2, at.y, 1}, {at.x + size / 2, at.y, 1}};
    nero_draw_line(renderer, line, 2, FALSE, size, rgb);
}

static void draw_keypoints(SDL_Renderer *renderer, const SDL_Rect *area, const nn_result *r,
                           const nn_detail *d, guint32 rgb)
{
    const nn_keypoint *k = nn_detail_keypoints(&r->details, d);
    const nn_skeleton *s = nn_detail_skeleton(d);
    const float thick = nero_draw_thickness(area);
    for (int i = 0; s && i < s->link_count; i++) {
        const nn_keypoint *a = &k[s->links[i][0]], *b = &k[s->links[i][1]];
        const NeroLinePoint line[] = {on_screen(area, r, a->x, a->y, 0.85f),
                                      on_screen(area, r, b->x, b->y, 0.85f)};
        if (a->score >= NN_KEYPOINT_SEEN && b->score >= NN_KEYPOINT_SEEN)
            nero_draw_line(renderer, line, 2, FALSE, thick, rgb);
    }
    for (int i = 0; i < d->keypoint_count; i++) {
        const NeroLinePoint at = on_screen(area, r, k[i].x, k[i].y, 1);
        if (k[i].score < NN_KEYPOINT_SEEN)
            continue;
        draw_dot(renderer, at, 2 * thick + 2, 0x000000);
        draw_dot(renderer, at, 2 * thick, 0xffffff);
    }
}

static void draw_rotated(SDL_Renderer *renderer, const SDL_Rect *area, const nn_result *result,
                         const nn_detail *d, guint32 rgb)
{
    float corner[8];
    NeroLinePoint points[4];
    nn_rotated_corners(&d->rotated, corner);
    for (int i = 0; i < 4; i++)
        points[i] = on_screen(area, result, corner[2 * i], corner[2 * i + 1], 1);
    nero_draw_line(renderer, points, 4, TRUE, nero_draw_thickness(area), rgb);
}

void nero_draw_details(SDL_Renderer *renderer, const SDL_Rect *area, const nn_result *result,
                       NeroColourBy by)
{
    SDL_RenderSetClipRect(renderer, area);
    for (int i = result->count; i-- > 0;) {
        const nn_detail *d = nn_result_detail(result, &result->boxes[i]);
        if (d && d->rotated.width > 0)
            draw_rotated(renderer, area, result, d, rgb_of(&result->boxes[i], by));
        if (d && d->keypoint_count > 0)
            draw_keypoints(renderer, area, result, d, rgb_of(&result->boxes[i], by));
    }
    SDL_RenderSetClipRect(renderer, NULL);
}
