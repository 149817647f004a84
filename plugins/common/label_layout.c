// SPDX-License-Identifier: MIT
// Tries a few positions around a box for its label and takes the first one that hides nothing.
#include "plugins/common/label_layout.h"

// A label may cover 1/HIDDEN of another box. Only MOST boxes get labels: nobody can read more, and
// the time grows with the square of their number.
enum { HIDDEN = 8, MOST = 200 };

struct NeroLabelLayout {
    NeroRect area;
    GArray *boxes, *taken; // of NeroRect
};

NeroLabelLayout *nero_label_layout_new(const NeroRect *area)
{
    NeroLabelLayout *p = g_new(NeroLabelLayout, 1);
    *p = (NeroLabelLayout){*area, g_array_new(FALSE, FALSE, sizeof(NeroRect)),
                           g_array_new(FALSE, FALSE, sizeof(NeroRect))};
    return p;
}

void nero_label_layout_free(NeroLabelLayout *p)
{
    if (!p)
        return;
    g_array_unref(p->boxes);
    g_array_unref(p->taken);
    g_free(p);
}

void nero_label_layout_add(NeroLabelLayout *p, const NeroRect *box)
{
    g_array_append_val(p->boxes, *box);
}

void nero_label_layout_keep_clear(NeroLabelLayout *p, const NeroRect *rect)
{
    g_array_append_val(p->taken, *rect);
}

static gint64 size_of(const NeroRect *r)
{
    return (gint64)(r->x1 - r->x0) * (r->y1 - r->y0);
}

static gint64 overlap(const NeroRect *a, const NeroRect *b)
{
    const int w = MIN(a->x1, b->x1) - MAX(a->x0, b->x0), h = MIN(a->y1, b->y1) - MAX(a->y0, b->y0);
    return w > 0 && h > 0 ? (gint64)w * h : 0;
}

static gboolean is_free(const NeroLabelLayout *p, const NeroRect *label)
{
    const NeroRect *a = &p->area;
    if (label->x0 < a->x0 || label->y0 < a->y0 || label->x1 > a->x1 || label->y1 > a->y1)
        return FALSE;
    for (guint i = 0; i < p->taken->len; i++)
        if (overlap(label, &g_array_index(p->taken, NeroRect, i)) > 0)
            return FALSE;
    for (guint i = 0; i < p->boxes->len; i++) {
        const NeroRect *box = &g_array_index(p->boxes, NeroRect, i);
        if (overlap(label, box) * HIDDEN > size_of(box))
            return FALSE;
    }
    return TRUE;
}

gboolean nero_label_layout_find(NeroLabelLayout *p, guint box, int width, int height, int *x,
                                int *y)
{
    if (box >= MOST)
        return FALSE;
    const NeroRect b = g_array_index(p->boxes, NeroRect, box), *a = &p->area;
    // From the left side of the box, or shifted so that it ends at its right side; always inside
    // the area.
    const int left = MAX(MIN(b.x0, a->x1 - width), a->x0), right = MAX(b.x1 - width, a->x0);
    const int above = b.y0 - height;
    const struct {
        int x, y;
    } ways[] = {{left, above}, {right, above}, {left, b.y1},
                {right, b.y1}, {left, b.y0},   {left, b.y1 - height}};
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        const NeroRect label = {ways[i].x, ways[i].y, ways[i].x + width, ways[i].y + height};
        if (!is_free(p, &label))
            continue;
        nero_label_layout_keep_clear(p, &label);
        *x = label.x0;
        *y = label.y0;
        return TRUE;
    }
    return FALSE;
}
