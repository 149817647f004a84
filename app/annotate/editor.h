// SPDX-License-Identifier: MIT
// The editor without its window: its state, and its reaction to keys and the mouse.
#ifndef APP_ANNOTATE_EDITOR_H
#define APP_ANNOTATE_EDITOR_H

#include "app/annotate/document.h"
#include "app/annotate/media.h"

#include <glib.h>

typedef struct ui_suggest ui_suggest;
typedef struct ui_editor ui_editor;

// A list over the picture, filtered by what is typed.
typedef struct ui_item {
    char *text; // owned
    int value;
} ui_item;

typedef struct ui_list {
    const char *title; // NULL: not open
    char typed[64];
    GArray *items; // ui_items that match the typed text
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
    double from_x, from_y; // where the drag began, in pixels of the picture
    int edges;
    ui_box box; // the box if the button were released now
    bool draw;  // the next press draws a box, even on another one
    bool space, inside;
} ui_pointer;

struct ui_editor {
    ui_document *doc;    // owned
    ui_media *media;     // owned
    ui_suggest *suggest; // owned; NULL: no model
    int page;
    const nn_image *image;  // of the page; NULL: it cannot be read
    unsigned shown;         // counts changes of `image`
    char broken[512];       // the reason
    int selected;           // index on the page; -1: none
    int label;              // class of new boxes
    int width, height;      // of the canvas, pixels
    double unit;            // height of text there
    double zoom, left, top; // canvas = left + picture * zoom
    bool fitted;            // follows the size of the canvas
    ui_pointer pointer;
    ui_list list;
    bool help, bare, automatic; // bare: names of classes are hidden
    int help_at;                // first visible line
    ui_filter filter;
    GArray *clip; // of ui_box
    int clip_page;
    char message[512];
    gint64 now, message_until, save_at; // milliseconds; save_at 0: everything is saved
    bool counting;                      // pages are still being added
    bool unsaved;                       // the last attempt to save failed; a message says so
    bool quit;
};

// Takes over all three; `suggest` may be NULL.
ui_editor *ui_editor_new(ui_document *doc, ui_media *media, ui_suggest *suggest);
void ui_editor_free(ui_editor *e);

// Events of the window. Keys have the names of the table of actions: "n", "Ctrl+Z", "PageDown".
void ui_editor_resize(ui_editor *e, int width, int height, double unit);
void ui_editor_tick(ui_editor *e, gint64 milliseconds); // saves when it is due
void ui_editor_key(ui_editor *e, const char *key);
void ui_editor_text(ui_editor *e, const char *typed); // typed into an open list
void ui_editor_space(ui_editor *e, bool down);
void ui_editor_press(ui_editor *e, double x, double y, int button, bool shift); // 1 left, 2, 3
void ui_editor_move(ui_editor *e, double x, double y);
void ui_editor_release(ui_editor *e, double x, double y, int button);
void ui_editor_wheel(ui_editor *e, double x, double y, double steps);

// An action: the title of a group (keys NULL), or keys separated by blanks, with their help.
typedef struct ui_action {
    const char *keys, *help;
    void (*run)(ui_editor *e, int argument);
    int argument;
} ui_action;

const ui_action *ui_actions(void); // the last one has no help

// For the other parts of the editor:

void ui_editor_say(ui_editor *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ui_editor_go(ui_editor *e, int page); // saves, then reads the page
bool ui_editor_save(ui_editor *e);
void ui_editor_fit(ui_editor *e);
void ui_editor_zoom(ui_editor *e, double x, double y, double factor);
ui_sheet ui_editor_sheet(const ui_editor *e);
ui_page *ui_editor_page(const ui_editor *e);
// Replaces the boxes of the page as one undo step; false, with a message, when it is locked.
bool ui_editor_put(ui_editor *e, const ui_box *boxes, int count, int tag);
bool ui_editor_may_edit(ui_editor *e);
void ui_editor_add(ui_editor *e, ui_box box); // and selects it
void ui_editor_set_label(ui_editor *e, int label);
int ui_editor_next_id(const ui_editor *e); // 0 outside of videos
// Index of the smallest box at a point of the picture; -1.
int ui_editor_at(const ui_editor *e, double x, double y);
// The edges moved by the handle of the selected box at a point of the canvas; 0: no handle.
int ui_editor_handle(const ui_editor *e, double x, double y);

void ui_list_open(ui_editor *e, const char *title, void (*fill)(ui_editor *, const char *),
                  void (*chosen)(ui_editor *, int));
void ui_list_close(ui_editor *e);
void ui_list_add(ui_editor *e, const char *text, int value);
void ui_list_key(ui_editor *e, const char *key);
// whether `text` contains `typed`, in any case
bool ui_list_fits(const char *text, const char *typed);

#endif
