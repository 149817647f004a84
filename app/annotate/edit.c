// SPDX-License-Identifier: MIT
// The actions on boxes.
#include "app/annotate/edit.h"

#include <math.h>
#include <string.h>

enum { TAG_NUDGE = 1 }; // plus the index of the box: a held key makes one undo step

static ui_box *copy_boxes(ui_editor *e, int more, int *count)
{
    const ui_sheet s = ui_editor_sheet(e);
    ui_box *boxes = g_new0(ui_box, s.count + more);
    if (s.count > 0)
        memcpy(boxes, s.boxes, sizeof *boxes * (gsize)s.count);
    *count = s.count;
    return boxes;
}

static bool has_selection(ui_editor *e)
{
    const ui_sheet s = ui_editor_sheet(e);
    if (e->selected >= 0 && e->selected < s.count)
        return true;
    ui_editor_say(e, "no box is selected: click on one, or press Tab");
    return false;
}

int ui_editor_next_id(const ui_editor *e)
{
    int most = 0;
    const ui_project *p = ui_document_project(e->doc);
    if (p->root)
        return 0;
    for (int i = 0; i < p->count; i++) {
        const ui_sheet s = ui_document_sheet(e->doc, i);
        for (int k = 0; k < s.count; k++)
            most = MAX(most, s.boxes[k].id);
    }
    return most < G_MAXINT ? most + 1 : most;
}

void ui_editor_add(ui_editor *e, ui_box box)
{
    int count;
    if (ui_document_project(e->doc)->names.count == 0) {
        e->label = MAX(ui_document_add_class(e->doc, "object"), 0);
        ui_editor_say(e, "class 'object': c gives it another name");
    }
    g_autofree ui_box *boxes = copy_boxes(e, 1, &count);
    box.label = e->label;
    box.id = ui_editor_next_id(e);
    boxes[count] = box;
    if (ui_editor_put(e, boxes, count + 1, 0))
        e->selected = count;
}

void ui_editor_set_label(ui_editor *e, int label)
{
    int count;
    e->label = label;
    const ui_sheet s = ui_editor_sheet(e);
    if (e->selected < 0 || e->selected >= s.count || s.boxes[e->selected].label == label)
        return;
    g_autofree ui_box *boxes = copy_boxes(e, 0, &count);
    boxes[e->selected].label = label;
    ui_editor_put(e, boxes, count, 0);
}

void ui_edit_label(ui_editor *e, int label)
{
    const nn_names *names = &ui_document_project(e->doc)->names;
    if (label >= names->count) {
        ui_editor_say(e, "there %s %d class%s: c adds one", names->count == 1 ? "is" : "are",
                      names->count, names->count == 1 ? "" : "es");
        return;
    }
    ui_editor_set_label(e, label);
}

void ui_edit_delete(ui_editor *e, int unused)
{
    int count;
    (void)unused;
    if (!has_selection(e))
        return;
    g_autofree ui_box *boxes = copy_boxes(e, 0, &count);
    memmove(boxes + e->selected, boxes + e->selected + 1,
            sizeof *boxes * (gsize)(count - e->selected - 1));
    if (ui_editor_put(e, boxes, count - 1, 0))
        e->selected = -1;
}

// Moves a box, or its right and lower edges, within the picture.
static bool nudge(ui_box *b, double dx, double dy, bool size, const nn_image *image)
{
    if (size) {
        b->x1 = fmax(fmin(b->x1 + dx, fmax(b->x1, image->width)), b->x0 + 1);
        b->y1 = fmax(fmin(b->y1 + dy, fmax(b->y1, image->height)), b->y0 + 1);
        return true;
    }
    dx = fmax(fmin(dx, fmax(image->width - b->x1, 0)), fmin(-b->x0, 0));
    dy = fmax(fmin(dy, fmax(image->height - b->y1, 0)), fmin(-b->y0, 0));
    b->x0 += dx;
    b->x1 += dx;
    b->y0 += dy;
    b->y1 += dy;
    return dx != 0 || dy != 0;
}

void ui_edit_nudge(ui_editor *e, int how)
{
    int count;
    if (!has_selection(e) || !ui_editor_may_edit(e))
        return;
    g_autofree ui_box *boxes = copy_boxes(e, 0, &count);
    ui_box *b = &boxes[e->selected];
    b->filled = false;
    if (nudge(b, (how & 255) - 16, (how >> 8 & 255) - 16, how >> 16, e->image))
        ui_editor_put(e, boxes, count, TAG_NUDGE + e->selected);
}

void ui_edit_ignore(ui_editor *e, int unused)
{
    int count;
    (void)unused;
    if (!has_selection(e))
        return;
    g_autofree ui_box *boxes = copy_boxes(e, 0, &count);
    ui_box *b = &boxes[e->selected];
    b->ignore = !b->ignore;
    b->score = 1;
    ui_editor_put(e, boxes, count, 0);
}

void ui_edit_copy(ui_editor *e, int unused)
{
    const ui_sheet s = ui_editor_sheet(e);
    const bool one = e->selected >= 0 && e->selected < s.count;
    (void)unused;
    g_array_set_size(e->clip, 0);
    if (s.count > 0)
        g_array_append_vals(e->clip, one ? &s.boxes[e->selected] : s.boxes,
                            one ? 1 : (guint)s.count);
    e->clip_page = e->page;
    ui_editor_say(e, "%u box%s copied", e->clip->len, e->clip->len == 1 ? "" : "es");
}

// Whether a page already has this box, or another box of the same object.
static bool is_there(const ui_box *boxes, int count, const ui_box *b)
{
    for (int i = 0; i < count; i++)
        if ((b->id > 0 && boxes[i].id == b->id) ||
            (boxes[i].label == b->label && fabs(boxes[i].x0 - b->x0) < 0.5 &&
             fabs(boxes[i].y0 - b->y0) < 0.5 && fabs(boxes[i].x1 - b->x1) < 0.5 &&
             fabs(boxes[i].y1 - b->y1) < 0.5))
            return true;
    return false;
}

// Adds the boxes of another page that are not there yet.
static void add_boxes(ui_editor *e, const ui_box *from, int more, const char *where)
{
    int count, had;
    if (!ui_editor_may_edit(e))
        return;
    g_autofree ui_box *boxes = copy_boxes(e, more, &count);
    had = count;
    for (int i = 0; i < more; i++) {
        ui_box b = from[i];
        b.record = -1;
        b.filled = false;
        if (!b.suggested && !is_there(boxes, count, &b) &&
            ui_box_clip(&b, e->image->width, e->image->height))
            boxes[count++] = b;
    }
    if (count == had)
        ui_editor_say(e, "nothing to copy from %s that is not here", where);
    else if (ui_editor_put(e, boxes, count, 0))
        ui_editor_say(e, "%d box%s from %s", count - had, count - had == 1 ? "" : "es", where);
    if (count == had + 1)
        e->selected = had;
}

// Adds a copy beside the box, as an object of its own.
static void add_aside(ui_editor *e, ui_box b)
{
    int count;
    if (!ui_editor_may_edit(e))
        return;
    g_autofree ui_box *boxes = copy_boxes(e, 1, &count);
    b.record = -1;
    b.suggested = b.filled = false;
    b.id = ui_editor_next_id(e);
    nudge(&b, 10, 10, false, e->image);
    boxes[count] = b;
    if (ui_editor_put(e, boxes, count + 1, 0))
        e->selected = count;
}

void ui_edit_duplicate(ui_editor *e, int unused)
{
    (void)unused;
    if (has_selection(e))
        add_aside(e, ui_editor_sheet(e).boxes[e->selected]);
}

void ui_edit_previous(ui_editor *e, int unused)
{
    (void)unused;
    if (e->page == 0) {
        ui_editor_say(e, "there is none before the first");
        return;
    }
    int page = e->page - 1;
    const ui_project *p = ui_document_project(e->doc);
    while (!p->root && page > 0 && ui_document_sheet(e->doc, page).count == 0)
        page--;                                            // last frame of a video with boxes
    if (p->pages[page].width == 0 && !p->format->single) { // never opened: its size is unknown
        const nn_image *image = ui_media_get(e->media, p, page, NULL);
        if (image)
            ui_document_open(e->doc, page, image->width, image->height);
        e->image = ui_media_get(e->media, p, e->page, NULL);
    }
    const ui_sheet s = ui_document_sheet(e->doc, page);
    g_autofree ui_box *from = g_memdup2(s.boxes, sizeof *from * (gsize)s.count);
    char room[UI_NAME];
    add_boxes(e, from, s.count, ui_page_name(p, page, room));
}

void ui_edit_paste(ui_editor *e, int unused)
{
    (void)unused;
    const ui_box *clip = (const ui_box *)(void *)e->clip->data;
    if (e->clip->len == 0)
        ui_edit_previous(e, 0);
    else if (e->clip->len == 1 && e->clip_page == e->page)
        add_aside(e, clip[0]);
    else
        add_boxes(e, clip, (int)e->clip->len, "what was copied");
}

void ui_edit_cycle(ui_editor *e, int step)
{
    const ui_sheet s = ui_editor_sheet(e);
    if (s.count == 0)
        return;
    e->selected =
        e->selected < 0 ? (step > 0 ? 0 : s.count - 1) : (e->selected + step + s.count) % s.count;
    const ui_box *b = &s.boxes[e->selected];
    const double x = (b->x0 + b->x1) / 2 * e->zoom, y = (b->y0 + b->y1) / 2 * e->zoom;
    if (x + e->left >= 0 && x + e->left <= e->width && y + e->top >= 0 && y + e->top <= e->height)
        return;
    e->left = e->width / 2.0 - x; // keeps the selected box visible
    e->top = e->height / 2.0 - y;
    e->fitted = false;
}

// Interpolates all objects with a key frame before and after this page, when none is selected.
static int fill_all(ui_editor *e)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(NULL, NULL);
    int made = 0;
    for (int i = e->page; i >= 0; i--) {
        const ui_sheet s = ui_document_sheet(e->doc, i);
        for (int k = 0; k < s.count; k++)
            if (s.boxes[k].id > 0)
                g_hash_table_add(ids, GINT_TO_POINTER(s.boxes[k].id));
    }
    GHashTableIter at;
    gpointer id;
    g_hash_table_iter_init(&at, ids);
    while (g_hash_table_iter_next(&at, &id, NULL))
        made += ui_interpolate(e->doc, e->page, GPOINTER_TO_INT(id));
    return made;
}

void ui_edit_fill(ui_editor *e, int unused)
{
    const ui_sheet s = ui_editor_sheet(e);
    (void)unused;
    if (ui_document_project(e->doc)->root) {
        ui_editor_say(e, "interpolation is for videos, whose boxes have identities");
        return;
    }
    const bool one = e->selected >= 0 && e->selected < s.count;
    const int made = one ? ui_interpolate(e->doc, e->page, s.boxes[e->selected].id) : fill_all(e);
    ui_document_commit(e->doc, 0);
    if (made > 0) {
        e->save_at = e->now + 1;
        ui_editor_say(e, "%d box%s filled in between key frames", made, made == 1 ? "" : "es");
    } else {
        ui_editor_say(e, "nothing to fill: %s in an earlier and a later frame, none between",
                      one ? "the object needs boxes" : "objects need boxes");
    }
}
