// SPDX-License-Identifier: MIT
// The editor without its window: pages, zoom, messages, saving.
#include "app/annotate/editor.h"

#include "app/annotate/suggest.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SAVE_AFTER = 1000, MESSAGE_FOR = 5000 }; // milliseconds

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

void ui_editor_say(ui_editor *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(e->message, sizeof e->message, format, args);
    va_end(args);
    e->message_until = e->now + MESSAGE_FOR;
}

ui_page *ui_editor_page(const ui_editor *e)
{
    return &ui_document_project(e->doc)->pages[e->page];
}

ui_sheet ui_editor_sheet(const ui_editor *e)
{
    return ui_document_sheet(e->doc, e->page);
}

void ui_editor_fit(ui_editor *e)
{
    e->fitted = true;
    if (!e->image)
        return;
    e->zoom = fmin((double)e->width / e->image->width, (double)e->height / e->image->height);
    e->zoom = fmax(fmin(e->zoom, 16), 1e-3);
    e->left = (e->width - e->image->width * e->zoom) / 2;
    e->top = (e->height - e->image->height * e->zoom) / 2;
}

void ui_editor_zoom(ui_editor *e, double x, double y, double factor)
{
    const double zoom = fmax(fmin(e->zoom * factor, 64), 0.02);
    e->left = x - (x - e->left) * zoom / e->zoom;
    e->top = y - (y - e->top) * zoom / e->zoom;
    e->zoom = zoom;
    e->fitted = false;
}

void ui_editor_resize(ui_editor *e, int width, int height, double unit)
{
    if (width == e->width && height == e->height && unit == e->unit)
        return;
    e->width = MAX(width, 1);
    e->height = MAX(height, 1);
    e->unit = unit;
    if (e->fitted)
        ui_editor_fit(e);
}

bool ui_editor_save(ui_editor *e)
{
    nn_error err = {0};
    e->save_at = 0;
    e->unsaved = ui_document_save(e->doc, &err) != NN_OK;
    if (e->unsaved)
        ui_editor_say(e, "not saved: %s", err.text);
    return !e->unsaved;
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

bool ui_editor_may_edit(ui_editor *e)
{
    if (!e->image)
        ui_editor_say(e, "a picture that cannot be read cannot be labelled");
    else if (ui_editor_page(e)->locked)
        ui_editor_say(e, "read-only: %s", ui_editor_page(e)->locked);
    return e->image && !ui_editor_page(e)->locked;
}

bool ui_editor_put(ui_editor *e, const ui_box *boxes, int count, int tag)
{
    if (!ui_editor_may_edit(e) || !ui_document_set(e->doc, e->page, boxes, count))
        return false;
    ui_document_commit(e->doc, tag);
    e->save_at = e->now + SAVE_AFTER;
    return true;
}

int ui_editor_at(const ui_editor *e, double x, double y)
{
    const ui_sheet s = ui_editor_sheet(e);
    int best = -1;
    for (int i = 0; i < s.count; i++)
        if (ui_box_contains(&s.boxes[i], x, y) &&
            (best < 0 || ui_box_area(&s.boxes[i]) < ui_box_area(&s.boxes[best])))
            best = i;
    return best;
}

void ui_editor_key(ui_editor *e, const char *key)
{
    if (e->page < 0) {
        e->quit = e->quit || g_ascii_strcasecmp(key, "q") == 0;
        return;
    }
    if (e->list.title) {
        ui_list_key(e, key);
        return;
    }
    if (e->help && (strcmp(key, "Down") == 0 || strcmp(key, "Up") == 0)) {
        e->help_at += strcmp(key, "Down") == 0 ? 3 : -3;
        return;
    }
    for (const ui_action *a = ui_actions(); a->help; a++) {
        g_auto(GStrv) keys = g_strsplit(a->keys ? a->keys : "", " ", -1);
        for (int i = 0; keys[i]; i++)
            if (a->run && g_ascii_strcasecmp(keys[i], key) == 0) {
                const bool help = e->help;
                a->run(e, a->argument);
                e->help = e->help && !help; // any key closes it
                return;
            }
    }
    e->help = false;
}
