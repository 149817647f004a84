// SPDX-License-Identifier: MIT
// The list over the picture, filtered by typing: classes, pages, filters.
#include "app/annotate/editor.h"

#include <string.h>

static void empty(ui_editor *e)
{
    for (guint i = 0; i < e->list.items->len; i++)
        g_free(g_array_index(e->list.items, ui_item, i).text);
    g_array_set_size(e->list.items, 0);
}

static void refill(ui_editor *e)
{
    empty(e);
    e->list.choice = 0;
    e->list.fill(e, e->list.typed);
}

void ui_list_open(ui_editor *e, const char *title, void (*fill)(ui_editor *, const char *),
                  void (*chosen)(ui_editor *, int))
{
    e->list.title = title;
    e->list.typed[0] = '\0';
    e->list.fill = fill;
    e->list.chosen = chosen;
    refill(e);
}

void ui_list_close(ui_editor *e)
{
    e->list.title = NULL;
    empty(e);
}

void ui_list_add(ui_editor *e, const char *text, int value)
{
    const ui_item item = {g_strdup(text), value};
    g_array_append_val(e->list.items, item);
}

bool ui_list_fits(const char *text, const char *typed)
{
    g_autofree char *a = g_utf8_casefold(text, -1), *b = g_utf8_casefold(typed, -1);
    return strstr(a, b) != NULL;
}

void ui_editor_text(ui_editor *e, const char *typed)
{
    if (!e->list.title || !g_utf8_validate(typed, -1, NULL) ||
        strlen(e->list.typed) + strlen(typed) >= sizeof e->list.typed)
        return;
    g_strlcat(e->list.typed, typed, sizeof e->list.typed);
    refill(e);
}

static void choose(ui_editor *e)
{
    void (*chosen)(ui_editor *, int) = e->list.chosen;
    if ((guint)e->list.choice >= e->list.items->len)
        return;
    const int value = g_array_index(e->list.items, ui_item, e->list.choice).value;
    e->list.title = NULL;
    chosen(e, value); // the typed text is still there
    if (!e->list.title)
        empty(e);
}

void ui_list_key(ui_editor *e, const char *key)
{
    const int last = (int)e->list.items->len - 1;
    if (strcmp(key, "Escape") == 0) {
        ui_list_close(e);
    } else if (strcmp(key, "Return") == 0) {
        choose(e);
    } else if (strcmp(key, "Backspace") == 0 && e->list.typed[0]) {
        *g_utf8_prev_char(e->list.typed + strlen(e->list.typed)) = '\0';
        refill(e);
    } else if (strcmp(key, "Down") == 0 || strcmp(key, "Tab") == 0) {
        e->list.choice = MIN(e->list.choice + 1, MAX(last, 0));
    } else if (strcmp(key, "Up") == 0) {
        e->list.choice = MAX(e->list.choice - 1, 0);
    } else if (strcmp(key, "PageDown") == 0) {
        e->list.choice = MIN(e->list.choice + 10, MAX(last, 0));
    } else if (strcmp(key, "PageUp") == 0) {
        e->list.choice = MAX(e->list.choice - 10, 0);
    }
}
