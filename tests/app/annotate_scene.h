// SPDX-License-Identifier: MIT
// Folders of small pictures for the tests of the editor, and an editor without a window.
#ifndef TESTS_APP_ANNOTATE_SCENE_H
#define TESTS_APP_ANNOTATE_SCENE_H

#include "app/annotate/editor.h"
#include "tests/support/files.h"

// Writes a grey PNG of this size into the temporary folder.
void scene_picture(const char *name, int width, int height);
// Opens an editor on a folder there, with a canvas of 400x300 pixels; fails when that is
// impossible. format NULL: recognised by the files.
ui_editor *scene_open(const char *dir, const char *format);
// Presses the left button at (x0, y0) of the picture, moves to (x1, y1) and releases it.
void scene_drag(ui_editor *e, double x0, double y0, double x1, double y1);
// Fails unless a text file of the temporary folder holds `text`.
void scene_expect(const char *name, const char *text);
// Whether a file exists there.
int scene_has(const char *name);

#endif
