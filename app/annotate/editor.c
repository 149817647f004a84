// SPDX-License-Identifier: MIT
// The editor without its window: pages, zoom, messages, saving.
#include "app/annotate/editor.h"


#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SAVE_AFTER = 1000, MESSAGE_FOR = 5000 }; // milliseconds

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
