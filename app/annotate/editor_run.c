// SPDX-License-Identifier: MIT
// The life of an editor: from page to page, and what happens when time goes by.
#include "app/annotate/editor.h"
#include "app/annotate/suggest.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ui_editor *ui_editor_new(ui_document *doc, ui_media *media, ui_suggest *suggest)
{
    ui_editor *e = g_new0(ui_editor, 1);
    e->doc = doc;
    e->media = media;
    e->suggest = suggest;
    e->selected = -1;
    e->page = -1;
    e->width = 1280;
    e->height = 720;
    e->unit = 16;
    e->zoom = 1;
    e->fitted = true;
    e->clip = g_array_new(FALSE, FALSE, sizeof(ui_box));
    e->list.items = g_array_new(FALSE, FALSE, sizeof(ui_item));
    ui_editor_go(e, 0);
    return e;
}

void ui_editor_free(ui_editor *e)
{
    if (!e)
        return;
    ui_list_close(e);
    g_array_unref(e->list.items);
    g_array_unref(e->clip);
    ui_suggest_close(e->suggest);
    ui_media_free(e->media);
    ui_document_free(e->doc);
    g_free(e);
}

static void open_page(ui_editor *e)
{
    nn_error err = {0};
    e->image = ui_media_get(e->media, ui_document_project(e->doc), e->page, &err);
    e->shown++;
    e->broken[0] = '\0';
    if (e->image)
        ui_document_open(e->doc, e->page, e->image->width, e->image->height);
    else
        g_strlcpy(e->broken, err.text, sizeof e->broken);
    ui_media_ahead(e->media, ui_document_project(e->doc), e->page + 1);
    if (e->fitted || !e->image)
        ui_editor_fit(e);
}

void ui_editor_go(ui_editor *e, int page)
{
    const ui_project *p = ui_document_project(e->doc);
    page = CLAMP(page, 0, p->count - 1);
    if (page == e->page || p->count == 0)
        return;
    const int width = e->image ? e->image->width : 0, height = e->image ? e->image->height : 0;
    if (e->page >= 0 && ui_document_dirty(e->doc))
        ui_editor_save(e);
    e->page = page;
    e->selected = -1;
    e->pointer.drag = UI_IDLE;
    open_page(e);
    if (e->image && (e->image->width != width || e->image->height != height))
        ui_editor_fit(e); // another size: the old view would show another part
    if (e->automatic && e->image && ui_editor_sheet(e).count == 0)
        ui_suggest_run(e);
}

void ui_editor_tick(ui_editor *e, gint64 milliseconds)
{
    nn_error err = {0};
    bool done = true;
    e->now = milliseconds;
    if (e->message_until && e->now > e->message_until) {
        e->message[0] = '\0';
        e->message_until = 0;
    }
    if (ui_media_update(e->media, ui_document_project(e->doc), &done, &err) != NN_OK)
        ui_editor_say(e, "%s", err.text);
    e->counting = !done;
    if (e->page < 0)
        ui_editor_go(e, 0);
    if (e->save_at && e->now >= e->save_at && e->pointer.drag == UI_IDLE)
        ui_editor_save(e);
}
