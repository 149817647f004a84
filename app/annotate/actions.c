// SPDX-License-Identifier: MIT
// The table of actions: keys, what they do, and the help on the screen and in --help.
#include "app/annotate/edit.h"
#include "app/annotate/suggest.h"

#include <stdlib.h>
#include <string.h>

// Goes to the next page that passes the filter, `step` times forward or back.
static void turn(ui_editor *e, int step)
{
    const int count = ui_document_project(e->doc)->count, sign = step < 0 ? -1 : 1;
    int page = e->page, left = abs(step);
    for (int i = e->page + sign; i >= 0 && i < count && left > 0; i += sign)
        if (ui_document_matches(e->doc, i, e->filter)) {
            page = i;
            left--;
        }
    if (page == e->page)
        ui_editor_say(e, "%s%s", sign < 0 ? "this is the first" : "this is the last",
                      e->filter.what ? " that the filter shows"
                      : e->counting  ? " so far"
                                     : "");
    ui_editor_go(e, page);
}

// Goes to the first or last page that passes the filter.
static void to_end(ui_editor *e, int last)
{
    const int count = ui_document_project(e->doc)->count;
    for (int i = 0; i < count; i++) {
        const int page = last ? count - 1 - i : i;
        if (ui_document_matches(e->doc, page, e->filter)) {
            ui_editor_go(e, page);
            return;
        }
    }
    ui_editor_say(e, "the filter shows nothing");
}

static void fill_pages(ui_editor *e, const char *typed)
{
    enum { MOST = 500 };
    const ui_project *p = ui_document_project(e->doc);
    char *end;
    const long number = strtol(typed, &end, 10);
    const bool numeric = end != typed && *end == '\0' && number >= 1 && number <= p->count;
    for (int i = numeric ? -1 : 0; i < p->count && e->list.items->len < MOST; i++) {
        const int page = i < 0 ? (int)number - 1 : i;
        char room[UI_NAME];
        const char *name = ui_page_name(p, page, room);
        g_autofree char *text = g_strdup_printf("%d   %s", page + 1, name);
        if (i < 0 || (ui_list_fits(name, typed) && !(numeric && i == number - 1)))
            ui_list_add(e, text, page);
    }
}

static void open_pages(ui_editor *e, int unused)
{
    (void)unused;
    ui_list_open(e, "go to: number or name", fill_pages, ui_editor_go);
}

static void fill_classes(ui_editor *e, const char *typed)
{
    const nn_names *names = &ui_document_project(e->doc)->names;
    for (int i = 0; i < names->count; i++) {
        g_autofree char *text = g_strdup_printf("%d   %s", i + 1, names->name[i]);
        if (ui_list_fits(text, typed))
            ui_list_add(e, text, i);
    }
    if (*typed && nn_names_find(names, typed) < 0 && typed[strspn(typed, " ")]) {
        g_autofree char *text = g_strdup_printf("+   new class '%s'", typed);
        ui_list_add(e, text, -1);
    }
}

static void choose_class(ui_editor *e, int label)
{
    if (label < 0)
        label = ui_document_add_class(e->doc, g_strstrip(e->list.typed));
    if (label < 0)
        ui_editor_say(e, "no more classes can be added");
    else
        ui_editor_set_label(e, label);
}

static void open_classes(ui_editor *e, int unused)
{
    (void)unused;
    ui_list_open(e, "class: type to find or to add", fill_classes, choose_class);
}

static void fill_filters(ui_editor *e, const char *typed)
{
    static const char *const words[] = {"all", "without boxes", "with boxes", "read-only"};
    const nn_names *names = &ui_document_project(e->doc)->names;
    for (int i = 0; i <= UI_LOCKED; i++)
        if (ui_list_fits(words[i], typed))
            ui_list_add(e, words[i], i);
    for (int i = 0; i < names->count; i++) {
        g_autofree char *text = g_strdup_printf("with %s", names->name[i]);
        if (ui_list_fits(text, typed))
            ui_list_add(e, text, UI_OF_CLASS + i);
    }
}

static void choose_filter(ui_editor *e, int value)
{
    const bool of_class = value >= UI_OF_CLASS;
    e->filter = (ui_filter){of_class ? UI_OF_CLASS : value, of_class ? value - UI_OF_CLASS : 0};
    if (!ui_document_matches(e->doc, e->page, e->filter))
        turn(e, 1);
    if (!ui_document_matches(e->doc, e->page, e->filter))
        to_end(e, 0);
}

static void open_filters(ui_editor *e, int unused)
{
    (void)unused;
    ui_list_open(e, "show only", fill_filters, choose_filter);
}

static void step_back(ui_editor *e, int redo)
{
    const int page = redo ? ui_document_redo(e->doc) : ui_document_undo(e->doc);
    e->selected = -1;
    if (page < 0) {
        ui_editor_say(e, redo ? "nothing to redo" : "nothing to undo");
        return;
    }
    e->save_at = e->now + 1000;
    ui_editor_go(e, page); // the page of the change
}

static void zoom(ui_editor *e, int percent)
{
    ui_editor_zoom(e, e->width / 2.0, e->height / 2.0, percent / 100.0);
}

static void fit(ui_editor *e, int unused)
{
    (void)unused;
    ui_editor_fit(e);
}

static void arm(ui_editor *e, int unused)
{
    (void)unused;
    e->pointer.draw = ui_editor_may_edit(e);
}

static void cancel(ui_editor *e, int unused)
{
    (void)unused;
    e->pointer.drag = UI_IDLE;
    e->pointer.draw = false;
    e->selected = -1;
}

static void hide(ui_editor *e, int unused)
{
    (void)unused;
    e->bare = !e->bare;
}

static void help(ui_editor *e, int unused)
{
    (void)unused;
    e->help = !e->help;
}

static void save(ui_editor *e, int unused)
{
    (void)unused;
    if (ui_editor_save(e))
        ui_editor_say(e, "saved");
}

static void quit(ui_editor *e, int unused)
{
    (void)unused;
    const bool again = e->unsaved;
    e->quit = ui_editor_save(e) || again;
}

static const ui_action actions[] = {
    {NULL, "Pictures", NULL, 0},
    {"n Right Down", "next picture", turn, 1},
    {"p Left Up", "previous picture", turn, -1},
    {"PageDown PageUp", "10 on, 10 back", NULL, 0},
    {"PageDown", "", turn, 10},
    {"PageUp", "", turn, -10},
    {"Home End", "first, last", NULL, 0},
    {"Home", "", to_end, 0},
    {"End", "", to_end, 1},
    {"g", "go to a number or name", open_pages, 0},
    {"/ Ctrl+F", "show only some: without boxes, with a class", open_filters, 0},
    {NULL, "Boxes", NULL, 0},
    {"w b", "draw anywhere (drag on empty space draws as well)", arm, 0},
    {"Tab", "select the next", ui_edit_cycle, 1},
    {"Shift+Tab", "", ui_edit_cycle, -1},
    {"Escape", "select nothing, stop drawing", cancel, 0},
    {"Delete", "remove the selected", ui_edit_delete, 0},
    {"d", "duplicate", ui_edit_duplicate, 0},
    {"Shift+arrows", "move by 1 pixel, with Alt by 10", NULL, 0},
    {"Ctrl+arrows", "resize by 1 pixel, with Alt by 10", NULL, 0},
#define ARROW(key, dx, dy)                                                                         \
    {"Shift+" key, "", ui_edit_nudge, UI_NUDGE(dx, dy, 0)},                                        \
        {"Alt+Shift+" key, "", ui_edit_nudge, UI_NUDGE(10 * dx, 10 * dy, 0)},                      \
        {"Ctrl+" key, "", ui_edit_nudge, UI_NUDGE(dx, dy, 1)},                                     \
    {                                                                                              \
        "Ctrl+Alt+" key, "", ui_edit_nudge, UI_NUDGE(10 * dx, 10 * dy, 1)                          \
    }
    ARROW("Left", -1, 0),
    ARROW("Right", 1, 0),
    ARROW("Up", 0, -1),
    ARROW("Down", 0, 1),
    {"1..9", "class of the selected and of new boxes", NULL, 0},
    {"1", "", ui_edit_label, 0},
    {"2", "", ui_edit_label, 1},
    {"3", "", ui_edit_label, 2},
    {"4", "", ui_edit_label, 3},
    {"5", "", ui_edit_label, 4},
    {"6", "", ui_edit_label, 5},
    {"7", "", ui_edit_label, 6},
    {"8", "", ui_edit_label, 7},
    {"9", "", ui_edit_label, 8},
    {"c", "list of classes", open_classes, 0},
    {"x", "ignore: neither helps nor hurts a training", ui_edit_ignore, 0},
    {"Ctrl+C Ctrl+V", "copy (the selected or all), paste", NULL, 0},
    {"Ctrl+C", "", ui_edit_copy, 0},
    {"Ctrl+V", "", ui_edit_paste, 0},
    {"v", "copy the boxes of the picture before (video: of the last that has any)",
     ui_edit_previous, 0},
    {"i", "video: fill in between key frames", ui_edit_fill, 0},
    {"Ctrl+Z Ctrl+Y", "undo, redo", NULL, 0},
    {"Ctrl+Z", "", step_back, 0},
    {"Ctrl+Y Ctrl+Shift+Z", "", step_back, 1},
    {NULL, "Model", NULL, 0},
    {"m", "suggest boxes (dashed)", ui_suggest_ask, 0},
    {"Shift+M", "suggest on every picture without boxes", ui_suggest_automatic, 0},
    {"a Return", "accept the selected suggestion, or all", ui_suggest_accept, 0},
    {"Backspace", "reject it, or all", ui_suggest_reject, 0},
    {"[ ] , .", "more, fewer: threshold down, up", NULL, 0},
    {"[ ,", "", ui_suggest_threshold, -5},
    {"] .", "", ui_suggest_threshold, 5},
    {NULL, "View", NULL, 0},
    {"wheel + -", "zoom", NULL, 0},
    {"+ = Shift+=", "", zoom, 125},
    {"-", "", zoom, 80},
    {"Space+drag", "pan, as middle or right drag", NULL, 0},
    {"0", "fit into the window", fit, 0},
    {"h", "hide names of classes", hide, 0},
    {"F11", "full screen", NULL, 0},
    {"? F1", "this help", NULL, 0},
    {"? Shift+/ F1", "", help, 0},
    {"s Ctrl+S", "save now (done by itself anyway)", save, 0},
    {"q", "quit: everything is saved", quit, 0},
    {NULL, NULL, NULL, 0},
};

const ui_action *ui_actions(void)
{
    return actions;
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
