// SPDX-License-Identifier: MIT
// Reads the folders of the data options.
#ifndef APP_DATA_SOURCE_FOLDER_H
#define APP_DATA_SOURCE_FOLDER_H

#include "app/data/data_options.h"

// Recognises what a folder holds, reads its annotations, and prints a line about it. Does each only
// once.
nn_status app_source_open(const app_data_options *all, app_source *s, nn_error *err);
void app_source_close(app_source *s);
// Describes how a folder is to be read.
nn_folder app_source_describe(const app_data_options *all, const app_source *s, const char *list);
// Whether the name of a picture fits one of the patterns "A*,B*".
bool app_name_matches(const char *patterns, const char *name);
// Formats "1 571"; `text` has room for 32 bytes.
const char *app_grouped(char *text, long n);

// Reads source `index`, a folder, for app_data_options_load.
nn_status app_load_folder(const app_data_options *s, int index, const nn_class_map *map,
                          const nn_names *names, nn_dataset *train, nn_dataset *val, nn_error *err);

#endif
