// SPDX-License-Identifier: MIT
// Steps that can be undone.
#include "app/annotate/history.h"

static void free_change(gpointer data)
{
    ui_change *c = data;
    g_array_unref(c->before);
    g_array_unref(c->after);
}

static void free_step(gpointer data)
{
    g_array_unref(data);
}

void ui_history_init(ui_history *h)
{
    *h = (ui_history){.done = g_ptr_array_new_with_free_func(free_step),
                      .undone = g_ptr_array_new_with_free_func(free_step)};
}

void ui_history_release(ui_history *h)
{
    g_ptr_array_unref(h->done);
    g_ptr_array_unref(h->undone);
    g_clear_pointer(&h->open, g_array_unref);
}

void ui_history_add(ui_history *h, int page, GArray *before, GArray *after)
{
    if (!h->open) {
        h->open = g_array_new(FALSE, FALSE, sizeof(ui_change));
        g_array_set_clear_func(h->open, free_change);
    }
    for (guint i = 0; i < h->open->len; i++) { // a second change of a page in one step
        ui_change *c = &g_array_index(h->open, ui_change, i);
        if (c->page != page)
            continue;
        g_array_unref(c->after);
        c->after = g_array_ref(after);
        return;
    }
    const ui_change c = {page, g_array_ref(before), g_array_ref(after)};
    g_array_append_val(h->open, c);
}

static bool joins(const ui_history *h, int tag)
{
    if (tag == 0 || tag != h->tag || h->done->len == 0 || h->undone->len > 0 || h->open->len != 1)
        return false;
    const GArray *last = h->done->pdata[h->done->len - 1];
    return last->len == 1 &&
           g_array_index(last, ui_change, 0).page == g_array_index(h->open, ui_change, 0).page;
}

void ui_history_commit(ui_history *h, int tag)
{
    if (!h->open)
        return;
    if (joins(h, tag)) {
        ui_change *last = &g_array_index((GArray *)h->done->pdata[h->done->len - 1], ui_change, 0);
        g_array_unref(last->after);
        last->after = g_array_ref(g_array_index(h->open, ui_change, 0).after);
        g_clear_pointer(&h->open, g_array_unref);
        return;
    }
    h->tag = tag;
    g_ptr_array_set_size(h->undone, 0);
    g_ptr_array_add(h->done, g_steal_pointer(&h->open));
}

static const GArray *move(GPtrArray *from, GPtrArray *to)
{
    if (from->len == 0)
        return NULL;
    g_ptr_array_add(to, g_ptr_array_steal_index(from, from->len - 1));
    return to->pdata[to->len - 1];
}

const GArray *ui_history_undo(ui_history *h)
{
    ui_history_commit(h, 0);
    h->tag = 0;
    return move(h->done, h->undone);
}

const GArray *ui_history_redo(ui_history *h)
{
    ui_history_commit(h, 0);
    h->tag = 0;
    return move(h->undone, h->done);
}
