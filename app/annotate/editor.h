// SPDX-License-Identifier: MIT
// The editor without its window: what is shown, what is selected, what keys and the mouse do.
#ifndef APP_ANNOTATE_EDITOR_H
#define APP_ANNOTATE_EDITOR_H

#include "app/annotate/document.h"
#include "app/annotate/media.h"

#include <glib.h>

typedef struct ui_suggest ui_suggest;
typedef struct ui_editor ui_editor;

// A list over the picture; typing narrows it.
typedef struct ui_item {
    char *text; // owned
    int value;
} ui_item;

typedef struct ui_list {
    const char *title; // NULL: not open
    char typed[64];
    GArray *items; // of ui_item: what fits what was typed
    int choice;
    void (*fill)(ui_editor *e, const char *typed); // appends with ui_list_add
    void (*chosen)(ui_editor *e, int value);
} ui_list;

typedef enum ui_drag {
    UI_IDLE,
    UI_PRESSED,
    UI_DRAWING,
    UI_MOVING,
    UI_RESIZING,
    UI_PANNING
} ui_drag;
enum { UI_LEFT = 1, UI_RIGHT = 2, UI_TOP = 4, UI_BOTTOM = 8 }; // edges that a handle moves

typedef struct ui_pointer {
    double x, y; // of the canvas, pixels
    ui_drag drag;
    double from_x, from_y; // where it began, pixels of the picture
    int edges;
    ui_box box; // as it would be if the button were released
    bool draw;  // the next press draws, wherever it is
    bool space, inside;
} ui_pointer;

struct ui_editor {
    ui_document *doc;    // owned
    ui_media *media;     // owned
    ui_suggest *suggest; // owned; NULL: no model
    int page;
    const nn_image *image;  // of the page; NULL: it is broken
    unsigned shown;         // counts changes of `image`
    char broken[512];       // why
    int selected;           // index on the page; -1: none
    int label;              // class of new boxes
    int width, height;      // of the canvas, pixels
    double unit;            // height of text there
    double zoom, left, top; // canvas = left + picture * zoom
    bool fitted;            // follows the size of the canvas
    ui_pointer pointer;
    ui_list list;
    bool help, bare, automatic; // bare: without names of classes
    int help_at;                // first line that is shown
    ui_filter filter;
    GArray *clip; // of ui_box
    int clip_page;
    char message[512];
    gint64 now, message_until, save_at; // milliseconds; save_at 0: all is saved
    bool counting;                      // pages are still added
    bool unsaved;                       // the last attempt to save failed, which the message says
    bool quit;
};

// Takes over all three, of which `suggest` may be NULL.
ui_editor *ui_editor_new(ui_document *doc, ui_media *media, ui_suggest *suggest);
void ui_editor_free(ui_editor *e);

// What the window tells. Keys are named as in the table of actions: "n", "Ctrl+Z", "PageDown".
void ui_editor_resize(ui_editor *e, int width, int height, double unit);
void ui_editor_tick(ui_editor *e, gint64 milliseconds); // saves when it is time
void ui_editor_key(ui_editor *e, const char *key);
void ui_editor_text(ui_editor *e, const char *typed); // for an open list
void ui_editor_space(ui_editor *e, bool down);
void ui_editor_press(ui_editor *e, double x, double y, int button, bool shift); // 1 left, 2, 3
void ui_editor_move(ui_editor *e, double x, double y);
void ui_editor_release(ui_editor *e, double x, double y, int button);
void ui_editor_wheel(ui_editor *e, double x, double y, double steps);

// The table of actions: a title of a group (keys NULL) or keys, separated by blanks, with their
// help.
typedef struct ui_action {
    const char *keys, *help;
    void (*run)(ui_editor *e, int argument);
    int argument;
} ui_action;

const ui_action *ui_actions(void); // ended by one without help

// For the parts of the editor:

void ui_editor_say(ui_editor *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ui_editor_go(ui_editor *e, int page); // saves, reads the page
bool ui_editor_save(ui_editor *e);
void ui_editor_fit(ui_editor *e);
void ui_editor_zoom(ui_editor *e, double x, double y, double factor);
ui_sheet ui_editor_sheet(const ui_editor *e);
ui_page *ui_editor_page(const ui_editor *e);
// Puts boxes in place of the page's as one step; false, with a message, when it may not be edited.
bool ui_editor_put(ui_editor *e, const ui_box *boxes, int count, int tag);
bool ui_editor_may_edit(ui_editor *e);
void ui_editor_add(ui_editor *e, ui_box box); // and selects it
void ui_editor_set_label(ui_editor *e, int label);
int ui_editor_next_id(const ui_editor *e); // 0 outside of videos
// The smallest box at a place of the picture; -1.
int ui_editor_at(const ui_editor *e, double x, double y);
// The edges that the handle of the selected box at a place of the canvas moves; 0: none is there.
int ui_editor_handle(const ui_editor *e, double x, double y);

void ui_list_open(ui_editor *e, const char *title, void (*fill)(ui_editor *, const char *),
                  void (*chosen)(ui_editor *, int));
void ui_list_close(ui_editor *e);
void ui_list_add(ui_editor *e, const char *text, int value);
void ui_list_key(ui_editor *e, const char *key);
bool ui_list_fits(const char *text, const char *typed); // typed is in it, in any case

#endif
