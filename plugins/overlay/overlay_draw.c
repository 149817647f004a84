// SPDX-License-Identifier: MIT
// Draws boxes, labels, maps and their legend into a frame.
#include "plugins/overlay/overlay_draw.h"

#include "nn/vision/palette.h"
#include "plugins/common/areas.h"
#include "plugins/common/objects.h"
#include "plugins/common/regions.h"
#include "plugins/meta/nerometa_internal.h"
#include "plugins/overlay/overlay_details.h"
#include "plugins/overlay/stroke.h"

static const float RIM_OPACITY = 0.5f, LINE_OPACITY = 0.85f; // of zones and lines

enum { PIECES = 5 }; // of a label, at most

enum { DIM_OPACITY = 140, MAP_OPACITY = 120, DIM_MAP_OPACITY = 70 };

typedef struct Edge {
    int x0, y0, x1, y1;
} Edge;

static void draw_edge(NeroCanvas *f, Edge e, guint32 colour, int opacity, int dash)
{
    if (!dash) {
        nero_canvas_rect(f, e.x0, e.y0, e.x1, e.y1, colour, opacity);
        return;
    }
    gboolean flat = e.x1 - e.x0 > e.y1 - e.y0;
    int begin = flat ? e.x0 : e.y0, end = flat ? e.x1 : e.y1;
    for (int at = begin; at < end; at += 2 * dash) {
        int stop = MIN(at + dash, end);
        if (flat)
            nero_canvas_rect(f, at, e.y0, stop, e.y1, colour, opacity);
        else
            nero_canvas_rect(f, e.x0, at, e.x1, stop, colour, opacity);
    }
}

static void draw_box(NeroCanvas *f, const nn_box *b, const NeroStyle *s)
{
    const guint32 colour = nero_overlay_colour(b, s);
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

// The pieces of a label: name, track, score, class with its score. They are rendered separately, so
// that few masks serve all frames.
static int compose_label(NeroCaptions *captions, const NeroObject *o, const NeroStyle *s,
                         const NeroMask *pieces[PIECES])
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
    if (s->labels && o->class) {
        char text[64];
        g_snprintf(text, sizeof text, "  %s", o->class);
        pieces[n++] = nero_captions_get(captions, text, s->font);
    }
    if (s->labels && s->scores && o->class) {
        g_snprintf(number, sizeof number, " %d%%", (int)(o->class_score * 100 + 0.5f));
        pieces[n++] = nero_captions_get(captions, number, s->font);
    }
    return n;
}

// Draws the label above the box, or where it hides nothing.
static void draw_label(NeroCanvas *f, const NeroObject *o, NeroLabelLayout *layout, guint index,
                       NeroCaptions *captions, const NeroStyle *s)
{
    const NeroMask *pieces[PIECES];
    int n = compose_label(captions, o, s, pieces);
    int pad = MAX(2, s->font / 6), width = 2 * pad, height = 0, x, y;
    for (int i = 0; i < n; i++) {
        width += pieces[i]->width;
        height = MAX(height, pieces[i]->height);
    }
    if (!n || !nero_label_layout_find(layout, index, width, height, &x, &y))
        return;
    const guint32 rgb = nero_overlay_colour(&o->box, s);
    gboolean dim = o->box.predicted && s->predicted == NERO_STYLE_DIM;
    nero_canvas_rect(f, x, y, x + width, y + height, rgb, dim ? DIM_OPACITY : 255);
    x += pad;
    for (int i = 0; i < n; i++) {
        nero_canvas_mask(f, x, y, pieces[i], nero_ink_on(rgb));
        x += pieces[i]->width;
    }
}

void nero_overlay_draw_objects(NeroCanvas *f, const GArray *objects, const GArray *taken,
                               NeroCaptions *captions, const NeroStyle *style)
{
    const NeroRect area = {0, 0, nero_canvas_width(f), nero_canvas_height(f)};
    NeroLabelLayout *layout = nero_label_layout_new(&area);
    for (guint i = 0; i < taken->len; i++)
        nero_label_layout_keep_clear(layout, &g_array_index(taken, NeroRect, i));
    nero_overlay_draw_masks(f, objects, style);
    // The worst score first, so that the best is on top.
    for (guint i = objects->len; i-- > 0;) {
        const NeroObject *o = &g_array_index(objects, NeroObject, i);
        if (!nero_overlay_draw_rotated(f, o, style))
            draw_box(f, &o->box, style);
    }
    nero_overlay_draw_skeletons(f, objects, style);
    for (guint i = 0; i < objects->len; i++) {
        const nn_box *b = &g_array_index(objects, NeroObject, i).box;
        const NeroRect box = {b->x0 + 0.5f, b->y0 + 0.5f, b->x1 + 0.5f, b->y1 + 0.5f};
        nero_label_layout_add(layout, &box);
    }
    for (guint i = 0; i < objects->len; i++) // the best score chooses first
        draw_label(f, &g_array_index(objects, NeroObject, i), layout, i, captions, style);
    nero_label_layout_free(layout);
}

void nero_overlay_draw_trails(NeroCanvas *f, const NeroTrails *trails, const NeroStyle *s)
{
    NeroStrokePoint points[NERO_TRAIL_POINTS];
    for (guint i = 0; i < nero_trails_count(trails); i++) {
        const NeroTrail *t = nero_trails_get(trails, i);
        for (guint j = 0; j < t->count; j++) {
            const NeroTrailSpot spot = nero_trails_spot(trails, t, j);
            points[j] = (NeroStrokePoint){spot.x, spot.y, spot.strength};
        }
        nero_stroke(f, points, t->count, FALSE, 1.5f * (float)s->thickness,
                    nn_palette(nero_colour_index(s->colour_by, t->track_id, t->label)));
    }
}

// White lines on a dark rim, which are seen on any ground.
static void draw_seen(NeroCanvas *f, const nn_point *p, guint n, gboolean closed, float thickness,
                      guint32 rgb)
{
    NeroStrokePoint points[NN_POLYGON_POINTS];
    for (guint i = 0; i < n; i++)
        points[i] = (NeroStrokePoint){p[i].x, p[i].y, RIM_OPACITY};
    nero_stroke(f, points, n, closed, thickness + 2, 0x000000);
    for (guint i = 0; i < n; i++)
        points[i].opacity = LINE_OPACITY;
    nero_stroke(f, points, n, closed, thickness, rgb);
}

static void draw_shape(NeroCanvas *f, const NeroAreaShape *shape, float thickness)
{
    const nn_point head[] = {shape->tips[0], shape->arrow[1], shape->tips[1]};
    draw_seen(f, shape->points, shape->count, !shape->line, thickness, shape->rgb);
    if (!shape->line)
        return;
    draw_seen(f, shape->arrow, G_N_ELEMENTS(shape->arrow), FALSE, thickness, shape->rgb);
    draw_seen(f, head, G_N_ELEMENTS(head), FALSE, thickness, shape->rgb);
}

// Where the text of an area is.
static NeroRect place_text(NeroCanvas *f, const NeroAreaShape *shape, const NeroMask *text,
                           const NeroStyle *s)
{
    const int width = text->width + 2 * MAX(2, s->font / 6);
    const int x = MAX(MIN((int)shape->top.x, nero_canvas_width(f) - width), 0);
    const int y = MAX((int)shape->top.y - text->height - s->thickness, 0);
    return (NeroRect){x, y, x + width, y + text->height};
}

static void describe(NeroCanvas *f, const nn_report *report, int i, const NeroStyle *s,
                     NeroAreaShape *shape)
{
    nero_area_describe(report, i, (float)nero_canvas_width(f), (float)nero_canvas_height(f),
                       1.5f * (float)s->font, shape);
}

void nero_overlay_draw_areas(NeroCanvas *f, const nn_report *report, GArray *taken,
                             NeroCaptions *captions, const NeroStyle *s)
{
    for (int i = 0; i < report->area_count; i++) {
        NeroAreaShape shape;
        describe(f, report, i, s, &shape);
        draw_shape(f, &shape, (float)s->thickness);
        const NeroMask *text = nero_captions_get(captions, shape.text, s->font);
        const NeroRect place = place_text(f, &shape, text, s);
        g_array_append_val(taken, place);
    }
}

void nero_overlay_draw_counts(NeroCanvas *f, const nn_report *report, NeroCaptions *captions,
                              const NeroStyle *s)
{
    for (int i = 0; i < report->area_count; i++) {
        NeroAreaShape shape;
        describe(f, report, i, s, &shape);
        const NeroMask *text = nero_captions_get(captions, shape.text, s->font);
        const NeroRect r = place_text(f, &shape, text, s);
        nero_canvas_rect(f, r.x0, r.y0, r.x1, r.y1, shape.rgb, 255);
        nero_canvas_mask(f, r.x0 + MAX(2, s->font / 6), r.y0, text, nero_ink_on(shape.rgb));
    }
}

// Draws one line a class, from the lower left corner upwards.
static void draw_legend(NeroCanvas *f, const GArray *regions, NeroCaptions *captions,
                        const NeroStyle *s)
{
    const int pad = MAX(2, s->font / 6);
    int y = nero_canvas_height(f) - s->font / 2;
    for (guint i = regions->len; i-- > 0;) {
        const NeroRegion *r = &g_array_index(regions, NeroRegion, i);
        char text[96];
        if (!nero_region_shows(r))
            continue;
        nero_region_text(r, text, sizeof text);
        const NeroMask *mask = nero_captions_get(captions, s->scores ? text : r->label, s->font);
        const guint32 rgb = nn_palette(r->label_id);
        const int x = s->font / 2;
        y -= mask->height;
        nero_canvas_rect(f, x, y, x + mask->width + 2 * pad, y + mask->height, rgb, 255);
        nero_canvas_mask(f, x + pad, y, mask, nero_ink_on(rgb));
        y -= pad / 2;
    }
}

void nero_overlay_draw_maps(NeroCanvas *f, GstBuffer *buffer, const GArray *regions,
                            NeroCaptions *captions, const NeroStyle *s)
{
    NeroMapStyle map = {0};
    gpointer state = NULL;
    for (guint i = 0; i < regions->len; i++) {
        const NeroRegion *r = &g_array_index(regions, NeroRegion, i);
        const gboolean dim = r->age_ms > 0 && s->predicted == NERO_STYLE_DIM;
        map.rgb[r->label_id] = nn_palette(r->label_id);
        map.opacity[r->label_id] = dim ? DIM_MAP_OPACITY : MAP_OPACITY;
    }
    for (NeroMeta *m; regions->len > 0 && (m = nero_meta_next(buffer, &state));)
        nero_canvas_map(f, m->result.map.label, m->result.map.width, m->result.map.height, &map);
    if (s->labels)
        draw_legend(f, regions, captions, s);
}
