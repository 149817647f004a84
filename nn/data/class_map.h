// SPDX-License-Identifier: MIT
// Maps class numbers of label files to labels of a model.
#ifndef NN_DATA_CLASS_MAP_H
#define NN_DATA_CLASS_MAP_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    NN_CLASS_DROP = -1,   // its boxes count as background
    NN_CLASS_IGNORE = -2, // its boxes become ignore regions
    NN_CLASS_MAX = 1024,
};

// A list of names; owned strings.
typedef struct nn_names {
    char **name;
    int count;
} nn_names;

NN_API void nn_names_release(nn_names *n); // leaves an empty list
// Appends `length` bytes of text as a name, without blanks at both ends. NN_EINVAL beyond
// NN_CLASS_MAX names.
NN_API nn_status nn_names_add(nn_names *n, const char *text, size_t length, nn_error *err);
NN_API nn_status nn_names_copy(nn_names *n, const char *const *names, int count, nn_error *err);
// Parses "car, bus,minibus". Blanks around names are dropped; an empty name is an error.
NN_API nn_status nn_names_parse(nn_names *n, const char *text, nn_error *err);
// Reads names from a text with commas, or from the file with this path, one name a line.
NN_API nn_status nn_names_read(nn_names *n, const char *text, nn_error *err);
// Reads a file with one name a line ("classes.txt"). Blank lines at the end are dropped.
NN_API nn_status nn_names_load(nn_names *n, const char *path, nn_error *err);
NN_API int nn_names_find(const nn_names *n, const char *name); // index; -1: none

// Writes as many names as fit, "car, bus, minibus, ... (12 in all)"; returns text.
NN_API const char *nn_names_list(char *text, size_t size, const nn_names *n);
// Fails with NN_EINVAL and "WHAT: no class 'presson' in WHERE; did you mean 'person'? There are:
// ...".
NN_API nn_status nn_names_miss(const nn_names *n, const char *what, const char *name,
                               const char *where, nn_error *err);

typedef struct nn_class_map {
    int32_t to[NN_CLASS_MAX]; // label index, NN_CLASS_DROP or NN_CLASS_IGNORE
    int count;                // classes from this number on are dropped
} nn_class_map;

// Maps class i to label i for i < labels.
NN_API void nn_class_map_identity(nn_class_map *map, int labels);

// Maps each class source[i] to the label with the same name, and drops the others. `rules` (may be
// NULL) such as "truck=bus,cyclist=ignore,crane=drop" override that: left a name or number in
// `source`, right a label, "ignore" or "drop".
NN_API nn_status nn_class_map_build(nn_class_map *map, const nn_names *source,
                                    const nn_names *labels, const char *rules, nn_error *err);

// The label of a class number; NN_CLASS_DROP for numbers outside of the map.
NN_API int32_t nn_class_map_get(const nn_class_map *map, int64_t number);

#endif
