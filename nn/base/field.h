// SPDX-License-Identifier: MIT
// Describes members of structs, so that code can print, save, read and compare them by name.
#ifndef NN_BASE_FIELD_H
#define NN_BASE_FIELD_H

#include <stddef.h>

typedef enum nn_field_type {
    NN_FIELD_INT,   // int32_t
    NN_FIELD_FLOAT, // float
    NN_FIELD_ENUM,  // int32_t, an index of `names`
    // These are for options alone (option.h).
    NN_FIELD_INT64,  // int64_t
    NN_FIELD_DOUBLE, // double
    NN_FIELD_BOOL,   // bool
    NN_FIELD_SIZE,   // two int, width and height; 0, 0: not given, and the end of an array
    NN_FIELD_TEXT,   // char *, may be NULL
    NN_FIELD_PATH,   // the same: a file, or a model by its name
    NN_FIELD_TEXTS,  // char **, ends with NULL, may be NULL
    NN_FIELD_PATHS,
    NN_FIELD_OTHER, // read and written by functions of the option
} nn_field_type;

// Describes one member of a params or options struct.
typedef struct nn_field {
    const char *name;
    nn_field_type type;
    size_t offset;
    int count;                // array length, 1 for a scalar
    const char *const *names; // for enums: their names
} nn_field;

#endif
