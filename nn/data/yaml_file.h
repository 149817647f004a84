// SPDX-License-Identifier: MIT
// Reads small YAML files of untrusted origin with libyaml: the top-level mapping.
#ifndef NN_DATA_YAML_FILE_H
#define NN_DATA_YAML_FILE_H

#include "nn/data/class_map.h"

#include <stdbool.h>

typedef struct nn_yaml {
    void *document; // of libyaml
} nn_yaml;

// NN_ENOTFOUND or NN_EIO; NN_EFORMAT with a line for text that is no YAML or no mapping.
nn_status nn_yaml_open(nn_yaml *y, const char *path, nn_error *err);
void nn_yaml_close(nn_yaml *y);

// Number of texts of a key: 1 for a plain value, the length of a list, 0 without the key.
int nn_yaml_count(const nn_yaml *y, const char *key);
// Whether the key exists, with any value.
bool nn_yaml_has(const nn_yaml *y, const char *key);
// Text i of a key; NULL when there is none. Valid as long as *y.
const char *nn_yaml_text(const nn_yaml *y, const char *key, int i);
// Names of class numbers: a list, or a mapping from the numbers 0, 1, ... in any order. *names
// stays empty without the key; NN_EFORMAT when numbers are missing.
nn_status nn_yaml_names(const nn_yaml *y, const char *key, nn_names *names, nn_error *err);
// The texts of a list, or of the first list in a mapping of lists (kpt_names: {0: [nose, ...]}).
// *names stays empty without them.
nn_status nn_yaml_list(const nn_yaml *y, const char *key, nn_names *names, nn_error *err);

#endif
