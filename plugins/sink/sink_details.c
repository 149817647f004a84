// SPDX-License-Identifier: MIT
// Draws masks as textures, skeletons and rotated boxes as lines.
#include "plugins/sink/sink_details.h"

#include "nn/vision/skeleton.h"
#include "plugins/sink/sink_lines.h"

#include <math.h>

enum { MASK_OPACITY = 110, OLD_MASK_OPACITY = 70 };

static guint32 rgb_of(const NeroDrawing *d, const NeroObject *o)
{
    const SDL_Color c = nero_draw_color(&o->box, d->colour_by);
    return (guint32)c.r << 16 | (guint32)c.g << 8 | c.b;
}

static NeroLinePoint on_screen(const NeroDrawing *d, float x, float y, float opacity)
{
    return (NeroLinePoint){(float)d->area.x + x * (float)d->area.w / (float)d->width,
                           (float)d->area.y + y * (float)d->area.h / (float)d->height, opacity};
}

static void draw_mask(const NeroDrawing *d, NeroTextures *textures, const NeroObject *o,
                      const nn_detail *detail)
{
    const guint32 rgb = rgb_of(d, o);
    const guint opacity = o->age_ms > 0 ? OLD_MASK_OPACITY : MASK_OPACITY;
    const NeroLinePoint a = on_screen(d, detail->mask_x0, detail->mask_y0, 1);
    const NeroLinePoint b = on_screen(d, detail->mask_x1, detail->mask_y1, 1);
    const SDL_Rect place = {(int)lrintf(a.x), (int)lrintf(a.y), (int)lrintf(b.x - a.x),
                            (int)lrintf(b.y - a.y)};
    guint32 colour[NERO_TEXTURE_COLOURS] = {rgb};
    for (int i = 1; i < NERO_TEXTURE_COLOURS; i++)
        colour[i] = opacity << 24 | rgb;
    SDL_Texture *texture = nero_textures_get(textures, nn_detail_mask(o->details, detail),
                                             detail->mask_width, detail->mask_height, colour);
    if (!texture)
        return;
    SDL_SetTextureScaleMode(texture, SDL_ScaleModeLinear);
    SDL_RenderCopy(d->renderer, texture, NULL, &place);
}

void nero_draw_masks(const NeroDrawing *d, NeroTextures *textures, const GArray *objects)
{
    for (guint i = objects->len; i-- > 0;) {
        const NeroObject *o = &g_array_index(objects, NeroObject, i);
        const nn_detail *detail = nero_object_detail(o);
        if (detail && detail->mask_width > 0)
            draw_mask(d, textures, o, detail);
    }
}

static void draw_dot(SDL_Renderer *renderer, NeroLinePoint at, float size, guint32 rgb)
{
    const NeroLinePoint line[] = {{at.x - size / 2, at.y, 1}, {at.x + size / 2, at.y, 1}};
    nero_draw_line(renderer, line, 2, FALSE, size, rgb);
}

static void draw_keypoints(const NeroDrawing *d, const NeroObject *o, const nn_detail *detail)
{
    const nn_keypoint *k = nn_detail_keypoints(o->details, detail);
    const nn_skeleton *s = nn_detail_skeleton(detail);
    const float thick = (float)nero_draw_thickness(d->renderer);
    for (int i = 0; s && i < s->link_count; i++) {
        const nn_keypoint *a = &k[s->links[i][0]], *b = &k[s->links[i][1]];
        const NeroLinePoint line[] = {on_screen(d, a->x, a->y, 0.85f),
                                      on_screen(d, b->x, b->y, 0.85f)};
        if (a->score >= NN_KEYPOINT_SEEN && b->score >= NN_KEYPOINT_SEEN)
            nero_draw_line(d->renderer, line, 2, FALSE, thick, rgb_of(d, o));
    }
    for (int i = 0; i < detail->keypoint_count; i++) {
        const NeroLinePoint at = on_screen(d, k[i].x, k[i].y, 1);
        if (k[i].score < NN_KEYPOINT_SEEN)
            continue;
        draw_dot(d->renderer, at, 2 * thick + 2, 0x000000);
        draw_dot(d->renderer, at, 2 * thick, 0xffffff);
    }
}

static void draw_rotated(const NeroDrawing *d, const NeroObject *o, const nn_detail *detail)
{
    float corner[8];
    NeroLinePoint points[4];
    nn_rotated_corners(&detail->rotated, corner);
    for (int i = 0; i < 4; i++)
        points[i] = on_screen(d, corner[2 * i], corner[2 * i + 1], 1);
    nero_draw_line(d->renderer, points, 4, TRUE, (float)nero_draw_thickness(d->renderer),
                   rgb_of(d, o));
}

void nero_draw_details(const NeroDrawing *d, const GArray *objects)
{
    for (guint i = objects->len; i-- > 0;) {
        const NeroObject *o = &g_array_index(objects, NeroObject, i);
        const nn_detail *detail = nero_object_detail(o);
        if (detail && detail->rotated.width > 0)
            draw_rotated(d, o, detail);
        if (detail && detail->keypoint_count > 0)
            draw_keypoints(d, o, detail);
    }
}
