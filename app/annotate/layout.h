// SPDX-License-Identifier: MIT
// Finds pictures and labels in a folder, for several formats.
#ifndef APP_ANNOTATE_LAYOUT_H
#define APP_ANNOTATE_LAYOUT_H

#include "app/annotate/project.h"
#include "nn/data/folder.h"

#include <limits.h>

// DIR/images when it exists, else DIR; `out` has PATH_MAX bytes.
nn_status ui_layout_pictures(char *out, const char *dir, nn_error *err);
// The folder of the label files for the pictures in `pictures`.
nn_status ui_layout_labels(char *out, const char *dir, const char *pictures, nn_error *err);
// Whether some pictures in `dir` have a file with this ending beside them.
bool ui_layout_beside(const char *dir, const char *ending);
// Sets p->classes: classes.txt in `labels` when it is there, else in the root.
nn_status ui_layout_classes(ui_project *p, const char *labels, nn_error *err);
// Adds the pictures of a folder with their label files STEM`ending` in another one. NN_ENOTFOUND:
// there are none.
nn_status ui_layout_add(ui_project *p, const char *pictures, const char *labels, const char *ending,
                        nn_error *err);

#endif
