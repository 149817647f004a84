// SPDX-License-Identifier: MIT
// From the class numbers of a label file to the labels of a model.
#ifndef NN_DATA_CLASS_MAP_H
#define NN_DATA_CLASS_MAP_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    NN_CLASS_DROP = -1,   // the boxes count as background
    NN_CLASS_IGNORE = -2, // the boxes become ignore regions
    NN_CLASS_MAX = 1024,
};

// A list of names; owned strings.
typedef struct nn_names {
    char **name;
    int count;
} nn_names;

NN_API void nn_names_release(nn_names *n); // leaves an empty list
// Appends `length` bytes of text as one name, blanks at both ends removed. At most NN_CLASS_MAX.
NN_API nn_status nn_names_add(nn_names *n, const char *text, size_t length, nn_error *err);
NN_API nn_status nn_names_copy(nn_names *n, const char *const *names, int count, nn_error *err);
// "car, bus,minibus" into names; blanks around a name are dropped, empty names are an error.
NN_API nn_status nn_names_parse(nn_names *n, const char *text, nn_error *err);
// One name a line ("classes.txt"); blank lines at the end are dropped.
NN_API nn_status nn_names_load(nn_names *n, const char *path, nn_error *err);
NN_API int nn_names_find(const nn_names *n, const char *name); // -1 when it is not there

typedef struct nn_class_map {
    int32_t to[NN_CLASS_MAX]; // label index, NN_CLASS_DROP or NN_CLASS_IGNORE
    int count;                // numbers from here on count as NN_CLASS_DROP
} nn_class_map;

// Class i is label i for the first `labels` ones.
NN_API void nn_class_map_identity(nn_class_map *map, int labels);

// Class i is the label with the same name as source[i]; the others are dropped. `rules` (may be
// NULL) says more: "truck=bus,cyclist=ignore,crane=drop": left a source name or number, right a
// label, "ignore" or "drop".
NN_API nn_status nn_class_map_build(nn_class_map *map, const nn_names *source,
                                    const nn_names *labels, const char *rules, nn_error *err);

// The label of a class by its number; NN_CLASS_DROP for one the map does not have.
NN_API int32_t nn_class_map_get(const nn_class_map *map, int64_t number);

#endif
