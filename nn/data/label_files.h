// SPDX-License-Identifier: MIT
// Shared by readers of formats with one label file per picture, beside or near the picture.
#ifndef NN_DATA_LABEL_FILES_H
#define NN_DATA_LABEL_FILES_H

#include "nn/data/folder.h"
#include "nn/io/json.h"

// Whether a folder, or one of those in it, holds a picture with a file of the same stem and another
// ending (".txt") beside it. Looks at a few pictures of each.
bool nn_label_files_beside(const char *path, const char *ending);

// The picture beside a label file: "DIR/STEM.jpg" for "DIR/STEM.xml". NN_EFORMAT: there is none.
nn_status nn_label_files_picture(char *picture, const char *labels, nn_error *err);

// "DIR" of "DIR/NAME", "." without a slash.
nn_status nn_path_folder(char *folder, const char *path, nn_error *err);

// Parses a whole JSON file. Errors name the path.
nn_status nn_json_load(cJSON **json, const char *path, nn_error *err);

// The value of member `key` when it is a text or a number; NULL, or -1 for no whole number.
const char *nn_json_text(const cJSON *object, const char *key);
int64_t nn_json_whole(const cJSON *object, const char *key);

// The numbers of [[x, y], ...], or of [{"x": x, "y": y}, ...], into a new array (nn_free); *corners
// is 0 when they are no such list.
nn_status nn_json_points(const cJSON *list, float **xy, int *corners, nn_error *err);

#endif
