// SPDX-License-Identifier: MIT
// Draws boxes, labels, maps and their legend into a frame.
#include "plugins/overlay/overlay_draw.h"

#include "nn/vision/palette.h"
#include "plugins/common/label_layout.h"
#include "plugins/common/objects.h"
#include "plugins/common/regions.h"
#include "plugins/meta/nerometa_internal.h"
#include "plugins/overlay/blend.h"

enum { DIM_OPACITY = 140, MAP_OPACITY = 120, DIM_MAP_OPACITY = 70 };

static guint32 colour_of(const NeroObject *o)
{
    return nn_palette(o->box.track_id > 0 ? o->box.track_id : o->box.label);
}

typedef struct Edge {
    int x0, y0, x1, y1;
} Edge;

static void draw_edge(GstVideoFrame *f, Edge e, const NeroBlendColour *colour, int opacity,
                      int dash)
{
    if (!dash) {
        nero_blend_rect(f, e.x0, e.y0, e.x1, e.y1, colour, opacity);
        return;
    }
    gboolean flat = e.x1 - e.x0 > e.y1 - e.y0;
    int begin = flat ? e.x0 : e.y0, end = flat ? e.x1 : e.y1;
    for (int at = begin; at < end; at += 2 * dash) {
        int stop = MIN(at + dash, end);
        if (flat)
            nero_blend_rect(f, at, e.y0, stop, e.y1, colour, opacity);
        else
            nero_blend_rect(f, e.x0, at, e.x1, stop, colour, opacity);
    }
}

static void draw_box(GstVideoFrame *f, const nn_box *b, const NeroStyle *s,
                     const NeroBlendColour *colour)
{
    int x0 = b->x0 + 0.5f, y0 = b->y0 + 0.5f, x1 = b->x1 + 0.5f, y1 = b->y1 + 0.5f;
    int t = MIN(s->thickness, MIN(x1 - x0, y1 - y0) / 2);
    t = MAX(t, 1);
    int opacity = b->predicted && s->predicted == NERO_STYLE_DIM ? DIM_OPACITY : 255;
    int dash = b->predicted && s->predicted == NERO_STYLE_DASHED ? 4 * t : 0;
    const Edge edges[] = {
        {x0, y0, x1, y0 + t},
        {x0, y1 - t, x1, y1},
        {x0, y0 + t, x0 + t, y1 - t},
        {x1 - t, y0 + t, x1, y1 - t},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(edges); i++)
        draw_edge(f, edges[i], colour, opacity, dash);
}

// The pieces of a label: name, track, score. They are rendered separately, so that few masks serve
// all frames.
static int compose_label(NeroCaptions *captions, const NeroObject *o, const NeroStyle *s,
                         const NeroMask *pieces[3])
{
    char number[24];
    int n = 0;
    if (s->labels)
        pieces[n++] = nero_captions_get(captions, o->label, s->font);
    if (s->labels && o->box.track_id > 0) {
        g_snprintf(number, sizeof number, " #%d", o->box.track_id);
        pieces[n++] = nero_captions_get(captions, number, s->font);
    }
    if (s->scores) {
        g_snprintf(number, sizeof number, "%s%d%%", n ? " " : "", (int)(o->box.score * 100 + 0.5f));
        pieces[n++] = nero_captions_get(captions, number, s->font);
    }
    return n;
}

// Draws the label above the box, or where it hides nothing.
static void draw_label(GstVideoFrame *f, const NeroObject *o, NeroLabelLayout *layout, guint index,
                       NeroCaptions *captions, const NeroStyle *s)
{
    const NeroMask *pieces[3];
    int n = compose_label(captions, o, s, pieces);
    int pad = MAX(2, s->font / 6), width = 2 * pad, height = 0, x, y;
    for (int i = 0; i < n; i++) {
        width += pieces[i]->width;
        height = MAX(height, pieces[i]->height);
    }
    if (!n || !nero_label_layout_find(layout, index, width, height, &x, &y))
        return;
    const guint32 rgb = colour_of(o);
    NeroBlendColour background = nero_blend_colour(&f->info, rgb);
    NeroBlendColour letters =
        nero_blend_colour(&f->info, nn_palette_is_bright(rgb) ? 0x000000 : 0xffffff);
    gboolean dim = o->box.predicted && s->predicted == NERO_STYLE_DIM;
    nero_blend_rect(f, x, y, x + width, y + height, &background, dim ? DIM_OPACITY : 255);
    x += pad;
    for (int i = 0; i < n; i++) {
        nero_blend_mask(f, x, y, pieces[i], &letters);
        x += pieces[i]->width;
    }
}

void nero_overlay_draw_objects(GstVideoFrame *f, const GArray *objects, NeroCaptions *captions,
                               const NeroStyle *style)
{
    const NeroRect area = {0, 0, GST_VIDEO_FRAME_WIDTH(f), GST_VIDEO_FRAME_HEIGHT(f)};
    NeroLabelLayout *layout = nero_label_layout_new(&area);
    // The worst score first, so that the best is on top.
    for (guint i = objects->len; i-- > 0;) {
        const NeroObject *o = &g_array_index(objects, NeroObject, i);
        NeroBlendColour colour = nero_blend_colour(&f->info, colour_of(o));
        draw_box(f, &o->box, style, &colour);
    }
    for (guint i = 0; i < objects->len; i++) {
        const nn_box *b = &g_array_index(objects, NeroObject, i).box;
        const NeroRect box = {b->x0 + 0.5f, b->y0 + 0.5f, b->x1 + 0.5f, b->y1 + 0.5f};
        nero_label_layout_add(layout, &box);
    }
    for (guint i = 0; i < objects->len; i++) // the best score chooses first
        draw_label(f, &g_array_index(objects, NeroObject, i), layout, i, captions, style);
    nero_label_layout_free(layout);
}

// Draws one line a class, from the lower left corner upwards.
static void draw_legend(GstVideoFrame *f, const GArray *regions, NeroCaptions *captions,
                        const NeroStyle *s)
{
    const int pad = MAX(2, s->font / 6);
    int y = GST_VIDEO_FRAME_HEIGHT(f) - s->font / 2;
    for (guint i = regions->len; i-- > 0;) {
        const NeroRegion *r = &g_array_index(regions, NeroRegion, i);
        char text[96];
        if (!nero_region_shows(r))
            continue;
        nero_region_text(r, text, sizeof text);
        const NeroMask *mask = nero_captions_get(captions, s->scores ? text : r->label, s->font);
        const guint32 rgb = nn_palette(r->label_id);
        NeroBlendColour background = nero_blend_colour(&f->info, rgb);
        NeroBlendColour letters =
            nero_blend_colour(&f->info, nn_palette_is_bright(rgb) ? 0x000000 : 0xffffff);
        const int x = s->font / 2;
        y -= mask->height;
        nero_blend_rect(f, x, y, x + mask->width + 2 * pad, y + mask->height, &background, 255);
        nero_blend_mask(f, x + pad, y, mask, &letters);
        y -= pad / 2;
    }
}

void nero_overlay_draw_maps(GstVideoFrame *f, GstBuffer *buffer, const GArray *regions,
                            NeroCaptions *captions, const NeroStyle *s)
{
    NeroMapColours colours = {0};
    gpointer state = NULL;
    for (guint i = 0; i < regions->len; i++) {
        const NeroRegion *r = &g_array_index(regions, NeroRegion, i);
        const gboolean dim = r->age_ms > 0 && s->predicted == NERO_STYLE_DIM;
        colours.colour[r->label_id] = nero_blend_colour(&f->info, nn_palette(r->label_id));
        colours.opacity[r->label_id] = dim ? DIM_MAP_OPACITY : MAP_OPACITY;
    }
    for (NeroMeta *m; regions->len > 0 && (m = nero_meta_next(buffer, &state));)
        nero_blend_map(f, m->result.map.label, m->result.map.width, m->result.map.height, &colours);
    if (s->labels)
        draw_legend(f, regions, captions, s);
}
