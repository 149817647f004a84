// SPDX-License-Identifier: MIT
// Reads the folders of the data options.
#ifndef APP_DATA_SOURCE_FOLDER_H
#define APP_DATA_SOURCE_FOLDER_H

#include "app/data/data_options.h"

// Reads source `index`, a folder, for app_data_options_load.
nn_status app_load_folder(const app_data_options *s, int index, const nn_class_map *map,
                          const nn_names *names, nn_dataset *train, nn_dataset *val, nn_error *err);

#endif
