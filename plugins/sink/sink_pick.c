// SPDX-License-Identifier: MIT
// Selects, marks and draws boxes, and follows them from frame to frame.
#include "plugins/sink/sink_pick.h"

enum { PATIENCE = 15, LEAST_SIDE = 4, UNDONE = 16 }; // frames; pixels; boxes

// A box is the same as on the previous frame when it has the same track, or the same class at
// nearly the same position.
static const float SAME_PLACE = 0.3f;

void nero_pick_init(NeroPick *p)
{
    *p = (NeroPick){.wrong = g_array_new(FALSE, FALSE, sizeof(NeroMark)),
                    .missed = g_array_new(FALSE, FALSE, sizeof(nn_box)),
                    .drawn = g_array_new(FALSE, FALSE, sizeof(NeroFeedback))};
}

void nero_pick_release(NeroPick *p)
{
    g_array_free(p->wrong, TRUE);
    g_array_free(p->missed, TRUE);
    g_array_free(p->drawn, TRUE);
    p->wrong = p->missed = p->drawn = NULL;
}

void nero_pick_reset(NeroPick *p)
{
    p->selected = p->adding = p->drawing = FALSE;
    g_array_set_size(p->wrong, 0);
    g_array_set_size(p->missed, 0);
    g_array_set_size(p->drawn, 0);
}

static float sameness(const nn_box *a, const nn_box *b)
{
    if (a->label != b->label)
        return 0;
    if (a->track_id > 0 && b->track_id > 0)
        return a->track_id == b->track_id ? 2.0f : 0;
    const float iou = nn_box_iou(a, b);
    return iou >= SAME_PLACE ? iou : 0;
}

// FALSE when the box was not seen for too long.
static gboolean follow(NeroMark *m, const nn_result *r)
{
    const nn_box *best = NULL;
    float most = 0;
    for (int i = 0; i < r->count; i++) {
        const float same = sameness(&m->box, &r->boxes[i]);
        if (same > most) {
            most = same;
            best = &r->boxes[i];
        }
    }
    m->gone = best ? 0 : m->gone + 1;
    if (best)
        m->box = *best;
    return m->gone <= PATIENCE;
}

void nero_pick_follow(NeroPick *p, const nn_result *r)
{
    g_array_set_size(p->missed, 0);
    p->selected = p->selected && follow(&p->choice, r);
    for (guint i = p->wrong->len; i-- > 0;)
        if (!follow(&g_array_index(p->wrong, NeroMark, i), r))
            g_array_remove_index(p->wrong, i);
}

static gboolean is_same(const nn_box *a, const nn_box *b)
{
    return a->label == b->label && a->x0 == b->x0 && a->y0 == b->y0 && a->x1 == b->x1 &&
           a->y1 == b->y1;
}

// Marks have the boxes of the shown frame, so boxes are compared exactly: in a crowd a neighbour is
// another box.
static int find_mark(const NeroPick *p, const nn_box *box)
{
    for (guint i = 0; i < p->wrong->len; i++) {
        const NeroMark *m = &g_array_index(p->wrong, NeroMark, i);
        if (m->gone == 0 && is_same(&m->box, box))
            return (int)i;
    }
    return -1;
}

static float area(const nn_box *b)
{
    return (b->x1 - b->x0) * (b->y1 - b->y0);
}

// The smallest box at this point that is larger than `more`.
static const nn_box *find(const nn_result *r, float x, float y, float more)
{
    const nn_box *best = NULL;
    for (int i = 0; i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        if (x >= b->x0 && x < b->x1 && y >= b->y0 && y < b->y1 && area(b) > more &&
            (!best || area(b) < area(best)))
            best = b;
    }
    return best;
}

void nero_pick_click(NeroPick *p, const nn_result *r, float x, float y)
{
    const nn_box *chosen = &p->choice.box, *b = NULL;
    const gboolean again = p->selected && p->choice.gone == 0 && x >= chosen->x0 &&
                           x < chosen->x1 && y >= chosen->y0 && y < chosen->y1;
    if (again)
        b = find(r, x, y, area(chosen));
    if (!b)
        b = find(r, x, y, 0);
    p->selected = b != NULL;
    if (b)
        p->choice = (NeroMark){.box = *b};
}

gboolean nero_pick_is_wrong(const NeroPick *p, const nn_box *box)
{
    return find_mark(p, box) >= 0;
}

gboolean nero_pick_mark(NeroPick *p, NeroFeedback *f)
{
    if (!p->selected || p->choice.gone > 0) // it is not on the shown frame
        return FALSE;
    const int at = find_mark(p, &p->choice.box);
    f->box = p->choice.box;
    if (at >= 0) {
        f->id = g_array_index(p->wrong, NeroMark, at).id;
        f->verdict = NERO_VERDICT_WITHDRAWN;
        g_array_remove_index(p->wrong, (guint)at);
        return TRUE;
    }
    f->id = ++p->last_id;
    f->verdict = NERO_VERDICT_WRONG;
    const NeroMark mark = {.id = f->id, .box = p->choice.box};
    g_array_append_val(p->wrong, mark);
    return TRUE;
}

void nero_pick_add(NeroPick *p)
{
    if (p->selected)
        p->label = p->choice.box.label;
    p->adding = TRUE;
    p->drawing = FALSE;
}

void nero_pick_press(NeroPick *p, float x, float y)
{
    p->drawing = p->adding;
    p->x0 = p->x = x;
    p->y0 = p->y = y;
}

void nero_pick_move(NeroPick *p, float x, float y)
{
    p->x = x;
    p->y = y;
}

gboolean nero_pick_drop(NeroPick *p, int width, int height, NeroFeedback *f)
{
    if (!p->adding || !p->drawing)
        return FALSE;
    p->drawing = FALSE;
    const nn_box box = {.x0 = CLAMP(MIN(p->x0, p->x), 0, (float)width),
                        .y0 = CLAMP(MIN(p->y0, p->y), 0, (float)height),
                        .x1 = CLAMP(MAX(p->x0, p->x), 0, (float)width),
                        .y1 = CLAMP(MAX(p->y0, p->y), 0, (float)height),
                        .score = 1,
                        .label = p->label};
    if (box.x1 - box.x0 < LEAST_SIDE || box.y1 - box.y0 < LEAST_SIDE)
        return FALSE;
    p->adding = FALSE;
    g_array_append_val(p->missed, box);
    *f = (NeroFeedback){.id = ++p->last_id, .verdict = NERO_VERDICT_MISSED, .box = box};
    if (p->drawn->len == UNDONE)
        g_array_remove_index(p->drawn, 0);
    g_array_append_val(p->drawn, *f);
    return TRUE;
}

gboolean nero_pick_undo(NeroPick *p, NeroFeedback *f)
{
    if (p->drawn->len == 0)
        return FALSE;
    *f = g_array_index(p->drawn, NeroFeedback, p->drawn->len - 1);
    f->verdict = NERO_VERDICT_REMOVED;
    g_array_set_size(p->drawn, p->drawn->len - 1);
    for (guint i = p->missed->len; i-- > 0;)
        if (is_same(&g_array_index(p->missed, nn_box, i), &f->box))
            g_array_remove_index(p->missed, i);
    return TRUE;
}

gboolean nero_pick_cancel(NeroPick *p)
{
    const gboolean had = p->adding || p->selected;
    if (!p->adding)
        p->selected = FALSE;
    p->adding = p->drawing = FALSE;
    return had;
}
