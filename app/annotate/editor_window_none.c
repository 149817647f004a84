// SPDX-License-Identifier: MIT
// Stands for the editor's window in a build without SDL.
#include "app/annotate/editor_window.h"
#include "nn/base/features.h"

const char ui_script_help[] = "";

nn_status ui_window_open(ui_window **out, ui_editor *editor, const char *title, int width,
                         int height, bool offscreen, nn_error *err)
{
    (void)editor;
    (void)title;
    (void)width;
    (void)height;
    (void)offscreen;
    *out = NULL;
    return nn_fail_without(err, "sdl2");
}

// No window is ever open, so nothing calls the others with one.
void ui_window_close(ui_window *w)
{
    (void)w;
}

void ui_window_run(ui_window *w, const volatile sig_atomic_t *stop)
{
    (void)w;
    (void)stop;
}

nn_status ui_script_run(ui_window *w, ui_editor *e, const char *path, nn_error *err)
{
    (void)w;
    (void)e;
    (void)path;
    return nn_fail_without(err, "sdl2");
}
