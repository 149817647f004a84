// SPDX-License-Identifier: MIT
// Private to checkpoints: what a training was begun with, as lines of text, and whether it is the
// same still.
#ifndef NN_TRAIN_SETTINGS_H
#define NN_TRAIN_SETTINGS_H

#include "nn/base/option.h"

typedef struct nn_train_setting {
    const nn_option *row; // NULL: no option, but something else that has to be the same
    const char *of;       // as in nn_option_values
    char *name, *value;   // owned
    bool later;           // may differ: changes only what is still to come
} nn_train_setting;

typedef struct nn_settings {
    nn_train_setting *list; // owned
    int count, capacity;
} nn_settings;

void nn_settings_release(nn_settings *s);

// Appends the options that change a training. NN_ENOMEM.
nn_status nn_settings_add(nn_settings *s, const nn_option_values *values, nn_error *err);
// Appends something else. NN_ENOMEM.
nn_status nn_settings_put(nn_settings *s, const char *name, const char *value, nn_error *err);

// A line "NAME VALUE" for each; nn_free. NULL: no memory.
char *nn_settings_write(const nn_settings *s);

// The value of a name among such lines, *length bytes; NULL: it is not there.
const char *nn_settings_value(const char *lines, const char *name, size_t *length);

// Compares with the lines that a checkpoint at `path` has. Options that it does not know are those
// of the time before they came, when they were as `defaults` (of a task, may be NULL) and the rows
// say. NN_EINVAL names all that differ and may not, with both values.
nn_status nn_settings_check(const nn_settings *s, const char *lines, const char *defaults,
                            const char *path, nn_error *err);

#endif
