// SPDX-License-Identifier: MIT
// Where pictures and labels lie in a folder: what the formats share.
#ifndef APP_ANNOTATE_LAYOUT_H
#define APP_ANNOTATE_LAYOUT_H

#include "app/annotate/project.h"
#include "nn/data/folder.h"

#include <limits.h>

// DIR/images when there is one, else DIR; into a buffer of PATH_MAX bytes.
nn_status ui_layout_pictures(char *out, const char *dir, nn_error *err);
// The folder of the text files for pictures in `pictures`.
nn_status ui_layout_labels(char *out, const char *dir, const char *pictures, nn_error *err);
// Whether pictures lie in `dir` and some of them have a file with this ending beside them.
bool ui_layout_beside(const char *dir, const char *ending);
// Sets p->classes: classes.txt in `labels` when it lies there, else in the root.
nn_status ui_layout_classes(ui_project *p, const char *labels, nn_error *err);
// Adds the pictures of a folder, their labels STEM`ending` in another. NN_ENOTFOUND: there is none.
nn_status ui_layout_add(ui_project *p, const char *pictures, const char *labels, const char *ending,
                        nn_error *err);

#endif
