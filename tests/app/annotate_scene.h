// SPDX-License-Identifier: MIT
// Folders of small pictures for the tests of the editor, and an editor on them without a window.
#ifndef TESTS_APP_ANNOTATE_SCENE_H
#define TESTS_APP_ANNOTATE_SCENE_H

#include "app/annotate/editor.h"
#include "tests/support/files.h"

// A grey PNG of this size under a name in the temporary folder.
void scene_picture(const char *name, int width, int height);
// An editor on a folder there, with its canvas of 400x300 pixels; the test fails when it cannot be
// opened. format NULL: by what is there.
ui_editor *scene_open(const char *dir, const char *format);
// Presses the left button at a place of the picture, moves to another and releases.
void scene_drag(ui_editor *e, double x0, double y0, double x1, double y1);
// The test fails unless a text file of the temporary folder holds this.
void scene_expect(const char *name, const char *text);
// Whether there is such a file.
int scene_has(const char *name);

#endif
