// SPDX-License-Identifier: MIT
// The editor's SDL window, or a surface in memory, and the events that go to the editor.
#ifndef APP_ANNOTATE_EDITOR_WINDOW_H
#define APP_ANNOTATE_EDITOR_WINDOW_H

#include "app/annotate/view.h"

#include <signal.h>

typedef struct ui_window ui_window;

// `offscreen`: in memory, for scripts. NN_EIO when no display can be opened.
nn_status ui_window_open(ui_window **out, ui_editor *editor, const char *title, int width,
                         int height, bool offscreen, nn_error *err);
void ui_window_close(ui_window *w);
// Handles events until the editor quits or *stop is true.
void ui_window_run(ui_window *w, const volatile sig_atomic_t *stop);

// For scripts, which put events into SDL's queue: handles what waits there, then draws, at a time.
void ui_window_step(ui_window *w, gint64 milliseconds);
nn_status ui_window_resize(ui_window *w, int width, int height, nn_error *err);
// What was drawn last, into a PNG.
nn_status ui_window_shot(ui_window *w, const char *path, nn_error *err);

// The lines of a script, one after the other; errors name its line. See its help.
nn_status ui_script_run(ui_window *w, ui_editor *e, const char *path, nn_error *err);
extern const char ui_script_help[];

#endif
