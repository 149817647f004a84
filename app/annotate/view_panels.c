// SPDX-License-Identifier: MIT
// Draws the panels: status line, messages, lists and the help.
#include "app/annotate/view.h"
#include "nn/vision/palette.h"

#include <string.h>

typedef struct Part {
    char text[128];
    uint32_t rgb;
    int width;
} Part;

static void add(const ui_canvas *c, Part *parts, int *count, uint32_t rgb, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void add(const ui_canvas *c, Part *parts, int *count, uint32_t rgb, const char *format, ...)
{
    Part *p = &parts[(*count)++];
    va_list args;
    va_start(args, format);
    g_vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
    p->rgb = rgb;
    p->width = ui_text_width(c, p->text) + c->unit;
}

static const char *filter_word(const ui_editor *e)
{
    static const char *const words[] = {"", "without boxes", "with boxes", "read-only"};
    const nn_names *names = &ui_document_project(e->doc)->names;
    return e->filter.what == UI_OF_CLASS && e->filter.label < names->count
               ? names->name[e->filter.label]
               : words[e->filter.what % UI_OF_CLASS];
}

// Collects what the status line shows besides the name, most important first.
static int collect(const ui_canvas *c, const ui_editor *e, Part *parts)
{
    const ui_project *p = ui_document_project(e->doc);
    const ui_sheet s = ui_editor_sheet(e);
    int count = 0, suggested = 0;
    for (int i = 0; i < s.count; i++)
        suggested += s.boxes[i].suggested;
    add(c, parts, &count, UI_INK, "%d/%d%s", e->page + 1, p->count, e->counting ? "+" : "");
    if (ui_editor_page(e)->locked)
        add(c, parts, &count, UI_WARN, "read-only");
    else if (e->unsaved)
        add(c, parts, &count, UI_WARN, "NOT SAVED");
    else
        add(c, parts, &count, UI_DIM, ui_document_dirty(e->doc) ? "unsaved" : "saved");
    if (e->label < p->names.count)
        add(c, parts, &count, nn_palette(e->label), "%s", p->names.name[e->label]);
    if (e->filter.what != UI_ALL)
        add(c, parts, &count, UI_WARN, "only %s", filter_word(e));
    add(c, parts, &count, UI_INK, "%d box%s", s.count - suggested,
        s.count - suggested == 1 ? "" : "es");
    if (suggested > 0)
        add(c, parts, &count, UI_WARN, "%d suggested", suggested);
    if (e->image)
        add(c, parts, &count, UI_DIM, "%dx%d", e->image->width, e->image->height);
    add(c, parts, &count, UI_DIM, "%.0f%%", e->zoom * 100);
    add(c, parts, &count, UI_DIM, "? help");
    return count;
}

void ui_view_status(const ui_canvas *c, const ui_editor *e, int height)
{
    const int y = c->height - height, at = y + (height - c->line) / 2;
    Part parts[12];
    char room_for_name[UI_NAME];
    ui_fill(c, (SDL_Rect){0, y, c->width, height}, UI_PANEL, 255);
    if (e->page < 0)
        return;
    const char *name = ui_page_name(ui_document_project(e->doc), e->page, room_for_name);
    const int count = collect(c, e, parts);
    const int least = MIN(c->width / 4, ui_text_width(c, name) + c->unit);
    int room = c->width - c->unit - least, shown = 0;
    while (shown < count && parts[shown].width <= room)
        room -= parts[shown++].width;
    int x = c->width - c->unit / 2;
    for (int i = 0; i < shown; i++)
        x -= parts[i].width;
    ui_draw_cut(c, name, c->unit / 2, at, x - c->unit, UI_INK);
    for (int i = 0; i < shown; i++) {
        ui_draw_text(c, parts[i].text, x + c->unit, at, parts[i].rgb);
        x += parts[i].width;
    }
}

// Breaks `text` into lines of at most `width`; draws them when `x` >= 0. Returns their number.
static int wrap(const ui_canvas *c, const char *text, int width, int x, int y, uint32_t rgb)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_auto(GStrv) words = g_strsplit(valid, " ", -1);
    g_autoptr(GString) line = g_string_new("");
    int lines = 0;
    for (int i = 0; words[i]; i++) {
        g_autofree char *longer = g_strconcat(line->str, line->len ? " " : "", words[i], NULL);
        if (line->len > 0 && ui_text_width(c, longer) > width) {
            if (x >= 0)
                ui_draw_cut(c, line->str, x, y + lines * c->line, width, rgb);
            lines++;
            g_string_assign(line, words[i]);
        } else {
            g_string_assign(line, longer);
        }
    }
    if (x >= 0)
        ui_draw_cut(c, line->str, x, y + lines * c->line, width, rgb);
    return lines + 1;
}

static int note(const ui_canvas *c, const char *text, int bottom, uint32_t rgb)
{
    const int width = MIN(ui_text_width(c, text), c->width - 2 * c->unit);
    const int lines = wrap(c, text, width, -1, 0, rgb);
    const SDL_Rect r = {(c->width - width) / 2 - c->unit / 2, bottom - lines * c->line - c->unit,
                        width + c->unit, lines * c->line + c->unit / 2};
    ui_fill(c, r, UI_PANEL, 235);
    wrap(c, text, width, r.x + c->unit / 2, r.y + c->unit / 4, rgb);
    return r.y;
}

void ui_view_message(const ui_canvas *c, const ui_editor *e, int bottom)
{
    if (e->page >= 0 && ui_editor_page(e)->locked) {
        g_autofree char *why = g_strconcat("read-only: ", ui_editor_page(e)->locked, NULL);
        bottom = note(c, why, bottom, UI_WARN);
        if (strcmp(why, e->message) == 0)
            return;
    }
    if (e->message[0] && !e->help)
        note(c, e->message, bottom, UI_INK);
}

void ui_view_list(const ui_canvas *c, const ui_editor *e)
{
    const ui_list *l = &e->list;
    const int pad = c->unit / 2, most = MAX((c->height - 6 * c->line) / c->line, 1);
    const int rows = MIN((int)l->items->len, MIN(most, 20));
    const int width = MIN(c->width - 2 * pad, c->unit * 24);
    const SDL_Rect r = {(c->width - width) / 2, c->line, width, (rows + 2) * c->line + 3 * pad};
    ui_fill(c, r, UI_PANEL, 245);
    ui_outline(c, r, 1, 0, UI_DIM);
    ui_draw_cut(c, l->title, r.x + pad, r.y + pad, width - 2 * pad, UI_DIM);
    const SDL_Rect field = {r.x + pad, r.y + pad + c->line, width - 2 * pad, c->line};
    ui_fill(c, field, UI_BACK, 255);
    const int end = ui_draw_cut(c, l->typed, field.x + pad / 2, field.y, field.w - pad, UI_INK);
    ui_fill(c, (SDL_Rect){field.x + pad / 2 + end + 1, field.y + 2, 2, c->line - 4}, UI_INK, 255);
    const int first = MAX(MIN(l->choice - rows / 2, (int)l->items->len - rows), 0);
    for (int i = 0; i < rows; i++) {
        const int y = field.y + c->line + pad + i * c->line;
        if (first + i == l->choice)
            ui_fill(c, (SDL_Rect){r.x + 1, y, width - 2, c->line}, UI_LIT, 255);
        ui_draw_cut(c, g_array_index(l->items, ui_item, first + i).text, r.x + pad, y,
                    width - 2 * pad, UI_INK);
    }
}

typedef struct Columns {
    int rows, keys, width; // lines of a column; widths of the keys and of a column
} Columns;

static int measure(const ui_canvas *c, Columns *w)
{
    int lines = 0, helps = 0;
    for (const ui_action *a = ui_actions(); a->help; a++) {
        if (!*a->help)
            continue;
        lines++;
        if (a->keys) {
            w->keys = MAX(w->keys, ui_text_width(c, a->keys) + c->unit);
            helps = MAX(helps, ui_text_width(c, a->help) + c->unit);
        }
    }
    w->width = w->keys + helps;
    return lines;
}

// Uses as many columns as fit; the wheel and the arrows scroll.
void ui_view_help(const ui_canvas *c, ui_editor *e)
{
    Columns w = {0};
    const int lines = measure(c, &w), pad = c->unit;
    const int fit = MAX((c->height - 2 * pad) / c->line, 1);
    const int columns = CLAMP((lines + fit - 1) / fit, 1, MAX((c->width - pad) / w.width, 1));
    w.rows = MIN((lines + columns - 1) / columns, fit);
    e->help_at = CLAMP(e->help_at, 0, MAX(lines - w.rows * columns, 0));
    const SDL_Rect all = {0, 0, c->width, c->height};
    ui_fill(c, all, UI_BACK, 245);
    const int left = MAX((c->width - columns * w.width) / 2, pad / 2);
    const int top = MAX((c->height - w.rows * c->line) / 2, pad / 2);
    int i = -e->help_at;
    for (const ui_action *a = ui_actions(); a->help; a++) {
        if (!*a->help)
            continue;
        const int x = left + i / MAX(w.rows, 1) * w.width, y = top + i % MAX(w.rows, 1) * c->line;
        const bool seen = i >= 0 && i < w.rows * columns;
        i++;
        if (!seen)
            continue;
        if (!a->keys) {
            ui_draw_text(c, a->help, x, y, UI_WARN);
            continue;
        }
        ui_draw_text(c, a->keys, x, y, UI_INK);
        ui_draw_cut(c, a->help, x + w.keys, y, c->width - x - w.keys, UI_DIM);
    }
    const char *more = "Down, Up: more";
    if (lines > w.rows * columns)
        ui_draw_text(c, more, c->width - ui_text_width(c, more) - pad / 2, pad / 2, UI_WARN);
}
