// SPDX-License-Identifier: MIT
// Small YAML files of untrusted origin, read by libyaml: the values of the keys of their mapping.
#ifndef NN_DATA_YAML_FILE_H
#define NN_DATA_YAML_FILE_H

#include "nn/data/class_map.h"

#include <stdbool.h>

typedef struct nn_yaml {
    void *document; // of libyaml
} nn_yaml;

// NN_ENOTFOUND, NN_EIO; NN_EFORMAT with a line when it is not YAML or not a mapping.
nn_status nn_yaml_open(nn_yaml *y, const char *path, nn_error *err);
void nn_yaml_close(nn_yaml *y);

// How many texts a key has: 1 for a plain value, those of a list, 0 when there is none.
int nn_yaml_count(const nn_yaml *y, const char *key);
// Whether there is such a key, with whatever value.
bool nn_yaml_has(const nn_yaml *y, const char *key);
// Text i of a key; NULL when it has none or is no text. It lives as long as *y.
const char *nn_yaml_text(const nn_yaml *y, const char *key, int i);
// Names of class numbers: a list, or a mapping from numbers 0, 1, ... in any order. Leaves *names
// empty when there is no such key; NN_EFORMAT when numbers are missing.
nn_status nn_yaml_names(const nn_yaml *y, const char *key, nn_names *names, nn_error *err);

#endif
