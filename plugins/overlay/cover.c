// SPDX-License-Identifier: MIT
// Collects the places of objects, remembers them for a moment, and makes areas of them.
#include "plugins/overlay/cover.h"

#include "plugins/meta/nerometa_internal.h"

#include <gst/video/video.h>
#include <math.h>

// Frames of area; squares along the shorter side of a box, a map, a frame.
enum { MOST_AREA = 4, BOX_PARTS = 6, MAP_PARTS = 24, FRAME_PARTS = 16, LEAST_SQUARE = 8 };

static const gint64 HOLD = 2 * GST_SECOND, MOST_AGE = GST_SECOND;
static const float MARGIN = 0.1f; // of the shorter side of a box
static const float SPEED = 4;     // shorter sides that an object goes in a second, at most
static const float HELD = 0.25f;  // seconds of this way that an object that is not found may go

typedef struct Place {
    nn_box box;
    GQuark name;
    gint64 time;           // when it was there
    gint64 seen;           // when a frame said so for the last time
    gboolean faint, found; // below the threshold; a box of this frame is taken for it
} Place;

struct NeroCover {
    GArray *places; // of Place: those of this frame, then those of earlier ones
    GArray *areas;  // of NeroCovered
    guint8 *cells;  // owned: the places of maps
    gint64 time;
    gboolean in_vain; // for the last frame
    char *unknown;    // owned: the text about a class that no model has
};

NeroCover *nero_cover_new(void)
{
    NeroCover *c = g_new0(NeroCover, 1);
    c->places = g_array_new(FALSE, FALSE, sizeof(Place));
    c->areas = g_array_new(FALSE, FALSE, sizeof(NeroCovered));
    return c;
}

void nero_cover_free(NeroCover *c)
{
    if (!c)
        return;
    g_array_unref(c->places);
    g_array_unref(c->areas);
    g_free(c->cells);
    g_free(c->unknown);
    g_free(c);
}

void nero_cover_forget(NeroCover *c)
{
    g_array_set_size(c->places, 0);
}

static gboolean wants(const char *const *labels, GQuark name)
{
    return !labels || g_strv_contains(labels, g_quark_to_string(name));
}

// --- what the frame carries ---

static void add_boxes(NeroCover *c, const nn_result *r, float age_ms, gboolean faint,
                      NeroLabels *names, const char *const *labels)
{
    for (int i = 0; i < r->count; i++) {
        const Place p = {r->boxes[i],
                         nero_labels_quark(names, r->boxes[i].label),
                         c->time - (gint64)((double)age_ms * GST_MSECOND),
                         c->time,
                         faint,
                         FALSE};
        if (wants(labels, p.name))
            g_array_append_val(c->places, p);
    }
}

static void add_regions(NeroCover *c, GstBuffer *buffer, const char *const *labels)
{
    gpointer state = NULL;
    for (GstMeta *m; (m = gst_buffer_iterate_meta_filtered(
                          buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));) {
        const GstVideoRegionOfInterestMeta *r = (GstVideoRegionOfInterestMeta *)m;
        const Place p = {.box = {.x0 = (float)r->x,
                                 .y0 = (float)r->y,
                                 .x1 = (float)r->x + (float)r->w,
                                 .y1 = (float)r->y + (float)r->h},
                         .name = r->roi_type,
                         .time = c->time,
                         .seen = c->time};
        if (wants(labels, p.name))
            g_array_append_val(c->places, p);
    }
}

static void add_area(NeroCover *c, const NeroRect *r, int square, int width, int height)
{
    const NeroCovered new = {{MAX(r->x0, 0), MAX(r->y0, 0), MIN(r->x1, width), MIN(r->y1, height)},
                             MAX(square, LEAST_SQUARE)};
    for (guint i = 0; i < c->areas->len; i++) {
        const NeroRect *a = &g_array_index(c->areas, NeroCovered, i).area;
        if (a->x0 <= new.area.x0 && a->y0 <= new.area.y0 && a->x1 >= new.area.x1 &&
            a->y1 >= new.area.y1)
            return; // is covered already
    }
    if (new.area.x0 < new.area.x1 &&new.area.y0 < new.area.y1)
        g_array_append_val(c->areas, new);
}

// Marks the cells of a grid over the frame that the wanted classes of a map touch, and those beside
// them.
static void mark_cells(guint8 *cells, int across, int down, const nn_label_map *m,
                       const gboolean *wanted)
{
    for (int y = 0; y < m->height; y++) {
        for (int x = 0; x < m->width; x++) {
            if (!wanted[m->label[(gsize)y * (gsize)m->width + (gsize)x]])
                continue;
            const int x0 = x * across / m->width - 1, x1 = ((x + 1) * across - 1) / m->width + 1;
            const int y0 = y * down / m->height - 1, y1 = ((y + 1) * down - 1) / m->height + 1;
            for (int j = MAX(y0, 0); j <= MIN(y1, down - 1); j++)
                memset(cells + j * across + MAX(x0, 0), TRUE,
                       (gsize)(MIN(x1, across - 1) - MAX(x0, 0) + 1));
        }
    }
}

static void add_map(NeroCover *c, const NeroMeta *meta, const char *const *labels, int width,
                    int height)
{
    gboolean wanted[256];
    for (int i = 0; i < 256; i++)
        wanted[i] = i > 0 && i < nero_labels_count(meta->labels) &&
                    wants(labels, nero_labels_quark(meta->labels, i));
    const int side = MAX(MIN(width, height) / MAP_PARTS, LEAST_SQUARE);
    const int across = (width + side - 1) / side, down = (height + side - 1) / side;
    g_free(c->cells);
    c->cells = g_malloc0((gsize)across * (gsize)down);
    mark_cells(c->cells, across, down, &meta->result.map, wanted);
    for (int j = 0; j < down; j++) {
        for (int i = 0; i < across; i++) {
            int end = i;
            while (end < across && c->cells[j * across + end])
                end++;
            const NeroRect r = {i * side, j * side, end * side, (j + 1) * side};
            if (end > i)
                add_area(c, &r, side, width, height);
            i = end;
        }
    }
}

// --- places of before ---

static float grow_of(const NeroCover *c, const Place *p)
{
    const float side = MIN(p->box.x1 - p->box.x0, p->box.y1 - p->box.y0);
    const float age = CLAMP((float)(c->time - p->time) / GST_SECOND, 0, 1);
    return side * (MARGIN + SPEED * (p->seen < c->time ? MIN(age, HELD) : age)) + 1;
}

// How far a box is from an earlier place, in squares of pixels; negative when it cannot be the same
// object.
static float distance(const NeroCover *c, const Place *old, const Place *now)
{
    const float dx = (now->box.x0 + now->box.x1 - old->box.x0 - old->box.x1) / 2;
    const float dy = (now->box.y0 + now->box.y1 - old->box.y0 - old->box.y1) / 2;
    const float side = MIN(old->box.x1 - old->box.x0, old->box.y1 - old->box.y0);
    const float reach =
        side * (0.5f + SPEED * CLAMP((float)(c->time - old->time) / GST_SECOND, 0, 1));
    if (now->name != old->name || now->found)
        return -1;
    if (old->box.track_id > 0 && now->box.track_id == old->box.track_id)
        return 0;
    return dx * dx + dy * dy <= reach * reach ? dx * dx + dy * dy : -1;
}

// Adds what is not found any more but was there a moment ago. Each box stands for one object: of
// two that were there, one that is found leaves the other.
static void hold(NeroCover *c, const GArray *before)
{
    const guint now = c->places->len;
    for (guint i = 0; i < before->len; i++) {
        Place old = g_array_index(before, Place, i);
        Place *best = NULL;
        float least = 0;
        if (old.faint || c->time - old.seen > HOLD || old.seen > c->time)
            continue;
        for (guint k = 0; k < now; k++) {
            Place *p = &g_array_index(c->places, Place, k);
            const float d = distance(c, &old, p);
            if (d >= 0 && (!best || d < least)) {
                best = p;
                least = d;
            }
        }
        old.found = FALSE;
        if (best)
            best->found = TRUE;
        else
            g_array_append_val(c->places, old);
    }
}

static void add_places(NeroCover *c, int width, int height)
{
    for (guint i = 0; i < c->places->len; i++) {
        const Place *p = &g_array_index(c->places, Place, i);
        const float grow = grow_of(c, p);
        const NeroRect r = {(int)floorf(p->box.x0 - grow), (int)floorf(p->box.y0 - grow),
                            (int)ceilf(p->box.x1 + grow), (int)ceilf(p->box.y1 + grow)};
        // Squares belong to the object, not to its margin.
        const float side = MIN(p->box.x1 - p->box.x0, p->box.y1 - p->box.y0);
        add_area(c, &r, (int)(side * (1 + 2 * MARGIN)) / BOX_PARTS, width, height);
    }
}

// --- the whole frame ---

// A class that no model has would never be covered.
static const char *find_unknown(NeroCover *c, GstBuffer *buffer, const char *const *labels)
{
    for (int i = 0; labels && labels[i]; i++) {
        gpointer state = NULL;
        gboolean known = FALSE;
        for (NeroMeta *m; !known && (m = nero_meta_next(buffer, &state));)
            known = nero_labels_find(m->labels, labels[i]) >= 0;
        if (known)
            continue;
        g_free(c->unknown);
        c->unknown = g_strdup_printf("no model here finds '%s'", labels[i]);
        return c->unknown;
    }
    return NULL;
}

static const char *find_reason(NeroCover *c, GstBuffer *buffer, const char *const *labels)
{
    gpointer state = NULL;
    gboolean ours = FALSE, regions = FALSE;
    c->in_vain = FALSE;
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));) {
        ours = TRUE;
        if ((double)m->result.age_ms * GST_MSECOND > (double)MOST_AGE)
            return "the last result is too old";
    }
    state = NULL;
    regions = gst_buffer_iterate_meta_filtered(buffer, &state,
                                               GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE) != NULL;
    if (!ours && !regions)
        return "nothing is known about the frame";
    const char *unknown = ours ? find_unknown(c, buffer, labels) : NULL;
    c->in_vain = unknown != NULL;
    return unknown;
}

static void cover_all(NeroCover *c, int width, int height)
{
    const NeroCovered all = {{0, 0, width, height},
                             MAX(MIN(width, height) / FRAME_PARTS, LEAST_SQUARE)};
    g_array_set_size(c->areas, 0);
    g_array_append_val(c->areas, all);
}

static double area_of(const GArray *areas)
{
    double sum = 0;
    for (guint i = 0; i < areas->len; i++) {
        const NeroRect *r = &g_array_index(areas, NeroCovered, i).area;
        sum += (double)(r->x1 - r->x0) * (r->y1 - r->y0);
    }
    return sum;
}

static void read_frame(NeroCover *c, GstBuffer *buffer, const char *const *labels, int width,
                       int height)
{
    gpointer state = NULL;
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));) {
        add_boxes(c, &m->result, m->result.age_ms, FALSE, m->labels, labels);
        add_boxes(c, &m->faint, m->result.age_ms, TRUE, m->labels, labels);
        if (m->result.map.width > 0)
            add_map(c, m, labels, width, height);
    }
    add_regions(c, buffer, labels);
}

gboolean nero_cover_is_in_vain(const NeroCover *c)
{
    return c->in_vain;
}

const GArray *nero_cover_find(NeroCover *c, GstBuffer *buffer, const char *const *labels, int width,
                              int height, gint64 time, const char **reason)
{
    g_autoptr(GArray) before = c->places;
    c->places = g_array_new(FALSE, FALSE, sizeof(Place));
    g_array_set_size(c->areas, 0);
    c->time = time;
    read_frame(c, buffer, labels, width, height);
    hold(c, before);
    add_places(c, width, height);
    *reason = find_reason(c, buffer, labels);
    if (*reason || area_of(c->areas) > MOST_AREA * (double)width * height)
        cover_all(c, width, height);
    return c->areas;
}
