// SPDX-License-Identifier: MIT
// Interpolates boxes between key frames of a video.
#include "app/annotate/edit.h"

static const ui_box *find(const ui_sheet *s, int id)
{
    for (int i = 0; i < s->count; i++)
        if (s->boxes[i].id == id && !s->boxes[i].suggested)
            return &s->boxes[i];
    return NULL;
}

// The nearest page before or after `page` with a key box of the object; -1.
static int find_key(ui_document *d, int page, int step, int id, ui_box *key)
{
    const int count = ui_document_project(d)->count;
    for (int i = page + step; i >= 0 && i < count; i += step) {
        const ui_sheet s = ui_document_sheet(d, i);
        const ui_box *b = find(&s, id);
        if (b && !b->filled) {
            *key = *b;
            return i;
        }
    }
    return -1;
}

// Adds a box of the object, or replaces an interpolated one.
static int put(ui_document *d, int page, const ui_box *box)
{
    const ui_sheet s = ui_document_sheet(d, page);
    const ui_box *old = find(&s, box->id);
    g_autofree ui_box *boxes = g_new(ui_box, s.count + 1);
    for (int i = 0; i < s.count; i++)
        boxes[i] = s.boxes[i];
    const int at = old ? (int)(old - s.boxes) : s.count;
    const int record = old ? old->record : -1;
    boxes[at] = *box;
    boxes[at].record = record;
    return ui_document_set(d, page, boxes, old ? s.count : s.count + 1);
}

static int fill(ui_document *d, int from, const ui_box *a, int to, const ui_box *b)
{
    int made = 0;
    for (int i = from + 1; i < to; i++) {
        const ui_box box = ui_box_between(a, b, (double)(i - from) / (to - from));
        made += put(d, i, &box);
    }
    return made;
}

int ui_interpolate(ui_document *d, int page, int id)
{
    const ui_sheet s = ui_document_sheet(d, page);
    const ui_box *here = find(&s, id);
    ui_box early, late, middle = {0};
    const bool key = here && !here->filled;
    if (key)
        middle = *here;
    const int before = find_key(d, page, -1, id, &early), after = find_key(d, page, 1, id, &late);
    if (!key)
        return before >= 0 && after >= 0 ? fill(d, before, &early, after, &late) : 0;
    int made = before >= 0 ? fill(d, before, &early, page, &middle) : 0;
    made += after >= 0 ? fill(d, page, &middle, after, &late) : 0;
    return made;
}
