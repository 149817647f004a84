// SPDX-License-Identifier: MIT
// Breaks text into lines that fit, and draws them on a half transparent ground.
#include "plugins/sink/sink_panel.h"

#include "plugins/sink/sink_figures.h"

#include <string.h>

enum { EDGE = 6, SPACE = 6 }; // pixels around a panel, and inside of it

const SDL_Color nero_panel_white = {255, 255, 255, 255}, nero_panel_grey = {190, 190, 190, 255},
                nero_panel_amber = {255, 191, 60, 255}, nero_panel_red = {255, 110, 100, 255};

typedef struct Layout {
    GPtrArray *lines;  // of char *, owned
    int width, height; // of all lines, pixels
    int line, column;  // height of a line; width of the first column, 0: there is one only
} Layout;

static int width_of(NeroText *text, const char *line)
{
    int w, h;
    nero_text_measure(text, line, &w, &h);
    return w;
}

// The longest beginning that fits, with an ellipsis. Takes `line`.
static char *cut(NeroText *text, char *line, int width)
{
    while (*line && width_of(text, line) > width) {
        char *last = g_utf8_find_prev_char(line, line + strlen(line));
        if (last && strcmp(last, "\xe2\x80\xa6") == 0)
            last = g_utf8_find_prev_char(line, last);
        *(last ? last : line) = '\0';
        char *shorter = *line ? g_strconcat(line, "\xe2\x80\xa6", NULL) : g_strdup("");
        g_free(line);
        line = shorter;
    }
    return line;
}

// Adds a line, divided at blanks where it is too wide, then cut. Takes `line`.
static void add_words(Layout *l, NeroText *text, char *line, int width)
{
    char *end = line + strlen(line);
    while (width_of(text, line) > width && (end = g_strrstr_len(line, end - line, " "))) {
        g_autofree char *first = g_strndup(line, (gsize)(end - line));
        if (width_of(text, first) > width)
            continue;
        char *rest = g_strdup(end + 1);
        g_ptr_array_add(l->lines, g_steal_pointer(&first));
        g_free(line);
        line = rest;
        end = line + strlen(line);
    }
    g_ptr_array_add(l->lines, cut(text, line, width));
}

// Divides a line at its dots.
static void divide(Layout *l, NeroText *text, const char *line, int width)
{
    g_auto(GStrv) parts = g_strsplit(line, NERO_FIGURES_DOT, -1);
    char *now = g_strdup(parts[0] ? parts[0] : "");
    for (int i = 1; parts[0] && parts[i]; i++) {
        char *longer = g_strconcat(now, NERO_FIGURES_DOT, parts[i], NULL);
        if (width_of(text, longer) > width) {
            add_words(l, text, now, width);
            now = g_strdup(parts[i]);
            g_free(longer);
        } else {
            g_free(now);
            now = longer;
        }
    }
    add_words(l, text, now, width);
}

static void find_size(Layout *l, NeroText *text)
{
    for (guint i = 0; i < l->lines->len; i++) {
        g_auto(GStrv) column = g_strsplit(g_ptr_array_index(l->lines, i), "\t", 2);
        if (column[0] && column[1])
            l->column = MAX(l->column, width_of(text, column[0]) + 3 * SPACE);
    }
    for (guint i = 0; i < l->lines->len; i++) {
        g_auto(GStrv) column = g_strsplit(g_ptr_array_index(l->lines, i), "\t", 2);
        const char *last = column[0] && column[1] ? column[1] : column[0];
        const int w = (column[0] && column[1] ? l->column : 0) + width_of(text, last ? last : "");
        l->width = MAX(l->width, w);
    }
    int w;
    nero_text_measure(text, "Mg", &w, &l->line);
    l->height = l->line * (int)l->lines->len;
}

static Layout lay_out(NeroText *text, const SDL_Rect *area, const NeroPanel *p)
{
    Layout l = {.lines = g_ptr_array_new_with_free_func(g_free)};
    const int width = MAX(area->w - 2 * (EDGE + SPACE), 1);
    g_auto(GStrv) lines = g_strsplit(p->text ? p->text : "", "\n", -1);
    for (int i = 0; lines[i] && *p->text; i++)
        if (strchr(lines[i], '\t'))
            g_ptr_array_add(l.lines, g_strdup(lines[i]));
        else
            divide(&l, text, lines[i], width);
    find_size(&l, text);
    return l;
}

static SDL_Rect place(const SDL_Rect *area, const NeroPanel *p, const Layout *l)
{
    SDL_Rect r = {area->x + EDGE, area->y + EDGE + p->top, l->width + 2 * SPACE, l->height + 4};
    if (l->lines->len == 0 || l->line == 0)
        return (SDL_Rect){0};
    if (p->place == NERO_PANEL_MIDDLE || p->place == NERO_PANEL_BOTTOM)
        r.x = area->x + (area->w - r.w) / 2;
    if (p->place == NERO_PANEL_RIGHT)
        r.x = area->x + area->w - EDGE - r.w;
    if (p->place == NERO_PANEL_MIDDLE)
        r.y = area->y + (area->h - r.h) / 2;
    if (p->place == NERO_PANEL_BOTTOM)
        r.y = area->y + area->h - EDGE - r.h - p->top;
    return r;
}

SDL_Rect nero_panel_measure(NeroText *text, const SDL_Rect *area, const NeroPanel *panel)
{
    Layout l = lay_out(text, area, panel);
    const SDL_Rect r = place(area, panel, &l);
    g_ptr_array_unref(l.lines);
    return r;
}

SDL_Rect nero_panel_draw(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                         const NeroPanel *panel)
{
    Layout l = lay_out(text, area, panel);
    const SDL_Rect r = place(area, panel, &l);
    if (r.w > 0) {
        SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_BLEND);
        SDL_SetRenderDrawColor(renderer, 0, 0, 0, panel->place == NERO_PANEL_MIDDLE ? 220 : 170);
        SDL_RenderFillRect(renderer, &r);
    }
    for (guint i = 0; r.w > 0 && i < l.lines->len; i++) {
        g_auto(GStrv) column = g_strsplit(g_ptr_array_index(l.lines, i), "\t", 2);
        const int y = r.y + 2 + l.line * (int)i;
        if (column[0])
            nero_text_draw(text, column[0], r.x + SPACE, y, panel->ink);
        if (column[0] && column[1])
            nero_text_draw(text, column[1], r.x + SPACE + l.column, y, panel->ink);
    }
    g_ptr_array_unref(l.lines);
    return r;
}
