// SPDX-License-Identifier: MIT
// The SDL window of the editor, or a surface in memory; passes events to the editor.
#ifndef APP_ANNOTATE_EDITOR_WINDOW_H
#define APP_ANNOTATE_EDITOR_WINDOW_H

#include "app/annotate/editor.h"

#include <signal.h>

typedef struct ui_window ui_window;

// `offscreen`: draws into memory, for scripts. NN_EIO when there is no display.
nn_status ui_window_open(ui_window **out, ui_editor *editor, const char *title, int width,
                         int height, bool offscreen, nn_error *err);
void ui_window_close(ui_window *w);
// Handles events until the editor quits or *stop is true.
void ui_window_run(ui_window *w, const volatile sig_atomic_t *stop);

// For scripts, which put events into SDL's queue: handles them, then draws, at the given time.
void ui_window_step(ui_window *w, gint64 milliseconds);
nn_status ui_window_resize(ui_window *w, int width, int height, nn_error *err);
// Saves the last picture of the window as PNG.
nn_status ui_window_shot(ui_window *w, const char *path, nn_error *err);

// Runs the lines of a script (see its help); errors name the line.
nn_status ui_script_run(ui_window *w, ui_editor *e, const char *path, nn_error *err);
extern const char ui_script_help[];

#endif
