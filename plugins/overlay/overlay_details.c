// SPDX-License-Identifier: MIT
// Draws masks, skeletons and rotated boxes into a frame.
#include "plugins/overlay/overlay_details.h"

#include "nn/vision/palette.h"
#include "nn/vision/skeleton.h"
#include "plugins/overlay/stroke.h"

#include <math.h>

enum { MASK_OPACITY = 110, DIM_MASK_OPACITY = 60 };

guint32 nero_overlay_colour(const nn_box *b, const NeroStyle *s)
{
    return nn_palette(nero_colour_index(s->colour_by, b->track_id, b->label));
}

// Enlarges the part of a mask in the frame to pixels.
static void draw_mask(NeroCanvas *f, const NeroObject *o, const nn_detail *d, guint32 rgb,
                      guint8 opacity)
{
    const int x0 = (int)CLAMP(floorf(d->mask_x0), 0, (float)nero_canvas_width(f));
    const int y0 = (int)CLAMP(floorf(d->mask_y0), 0, (float)nero_canvas_height(f));
    const int x1 = (int)CLAMP(ceilf(d->mask_x1), 0, (float)nero_canvas_width(f));
    const int y1 = (int)CLAMP(ceilf(d->mask_y1), 0, (float)nero_canvas_height(f));
    const float sx = (float)d->mask_width / MAX(d->mask_x1 - d->mask_x0, 1e-6f);
    const float sy = (float)d->mask_height / MAX(d->mask_y1 - d->mask_y0, 1e-6f);
    const guint8 *element = nn_detail_mask(o->details, d);
    if (x1 <= x0 || y1 <= y0)
        return;
    const NeroMask mask = {x1 - x0, y1 - y0, x1 - x0,
                           g_malloc0((gsize)(x1 - x0) * (gsize)(y1 - y0))};
    guint8 *pixel = (guint8 *)mask.data;
    for (int y = y0; y < y1; y++) {
        const float at = ((float)y + 0.5f - d->mask_y0) * sy;
        const int v = (int)CLAMP(at, 0, (float)(d->mask_height - 1));
        const guint8 *row = element + (gsize)v * (gsize)d->mask_width;
        for (int x = x0; x < x1; x++) {
            const float along = ((float)x + 0.5f - d->mask_x0) * sx;
            const int u = (int)CLAMP(along, 0, (float)(d->mask_width - 1));
            *pixel++ = row[u] ? opacity : 0;
        }
    }
    nero_canvas_mask(f, x0, y0, &mask, rgb);
    g_free((gpointer)mask.data);
}

static void draw_keypoints(NeroCanvas *f, const nn_keypoint *k, const nn_detail *d, guint32 rgb,
                           int thick)
{
    const nn_skeleton *s = nn_detail_skeleton(d);
    const int count = d->keypoint_count;
    for (int i = 0; s && i < s->link_count; i++) {
        const nn_keypoint *a = &k[s->links[i][0]], *b = &k[s->links[i][1]];
        const NeroStrokePoint line[] = {{a->x, a->y, 0.85f}, {b->x, b->y, 0.85f}};
        if (a->score >= NN_KEYPOINT_SEEN && b->score >= NN_KEYPOINT_SEEN)
            nero_stroke(f, line, 2, FALSE, (float)thick, rgb);
    }
    for (int i = 0; i < count; i++) {
        const NeroStrokePoint dot[] = {{k[i].x, k[i].y, 1}, {k[i].x, k[i].y, 1}};
        if (k[i].score < NN_KEYPOINT_SEEN)
            continue;
        nero_stroke(f, dot, 2, FALSE, 2 * (float)thick + 2, 0x000000);
        nero_stroke(f, dot, 2, FALSE, 2 * (float)thick, 0xffffff);
    }
}

void nero_overlay_draw_masks(NeroCanvas *f, const GArray *objects, const NeroStyle *s)
{
    for (guint i = objects->len; i-- > 0;) {
        const NeroObject *o = &g_array_index(objects, NeroObject, i);
        const nn_detail *d = nero_object_detail(o);
        const gboolean dim = o->age_ms > 0 && s->predicted == NERO_STYLE_DIM;
        if (d && d->mask_width > 0)
            draw_mask(f, o, d, nero_overlay_colour(&o->box, s),
                      dim ? DIM_MASK_OPACITY : MASK_OPACITY);
    }
}

void nero_overlay_draw_skeletons(NeroCanvas *f, const GArray *objects, const NeroStyle *s)
{
    for (guint i = objects->len; i-- > 0;) {
        const NeroObject *o = &g_array_index(objects, NeroObject, i);
        const nn_detail *d = nero_object_detail(o);
        if (d && d->keypoint_count > 0)
            draw_keypoints(f, nn_detail_keypoints(o->details, d), d,
                           nero_overlay_colour(&o->box, s), s->thickness);
    }
}

gboolean nero_overlay_draw_rotated(NeroCanvas *f, const NeroObject *o, const NeroStyle *s)
{
    const nn_detail *d = nero_object_detail(o);
    const gboolean dim = o->box.predicted && s->predicted == NERO_STYLE_DIM;
    float corner[8];
    NeroStrokePoint points[4];
    if (!d || !(d->rotated.width > 0))
        return FALSE;
    nn_rotated_corners(&d->rotated, corner);
    for (int i = 0; i < 4; i++)
        points[i] = (NeroStrokePoint){corner[2 * i], corner[2 * i + 1], dim ? 0.55f : 1};
    nero_stroke(f, points, 4, TRUE, (float)s->thickness, nero_overlay_colour(&o->box, s));
    return TRUE;
}
