// SPDX-License-Identifier: MIT
// Options: one row of a table describes everything about an option.
//
// The command line, its help and its checks, the defaults, the card of a model and the checkpoint
// of a training are all made from the rows of a table, which ends with a row without a name.
#ifndef NN_BASE_OPTION_H
#define NN_BASE_OPTION_H

#include "nn/base/api.h"
#include "nn/base/field.h"
#include "nn/base/status.h"

#include <stdbool.h>

enum {
    NN_OPTION_ABOVE = 1, // `low` itself is too low
    NN_OPTION_BELOW = 2, // `high` itself is too high
    NN_OPTION_RANGE = 4, // two numbers A:B with A <= B; one number stands for both
    NN_OPTION_FREE = 8,  // changes nothing that is computed: a training goes on with another value
    NN_OPTION_HIDDEN = 16, // only in the library, not on the command line
    NN_OPTION_LATER = 32,  // changes only what is still to come: a training goes on and says so
    NN_OPTION_USER = 256,  // this bit and higher ones mean what the owner of the table says
};

typedef struct nn_option {
    nn_field field;    // its name follows "--" on the command line, and is the key elsewhere
    const char *start; // the default, as one would type it; NULL: zero, no text, nothing
    double low, high;  // of each number; both 0: any
    unsigned flags;
    char between;      // what stands between numbers of an array; 0: ':' in ranges, else ','
    const char *tasks; // words: only trainings for these are changed by it; NULL: all
    const char *arg;   // stands for the value in the help; NULL: by the type
    const char *help;  // one line, without the default
    // NN_FIELD_OTHER: from text and to text (`size` bytes).
    nn_status (*read)(void *values, const char *text, nn_error *err);
    void (*write)(const void *values, char *text, size_t size);
} nn_option;

// A table and the struct that its offsets are of, both borrowed.
typedef struct nn_option_values {
    const nn_option *rows;
    void *values;
    const char *of; // what it belongs to when there are several of a kind, "data 2"; else NULL
} nn_option_values;

NN_API const nn_option *nn_option_find(const nn_option *rows, const char *name); // NULL: none

// Sets everything but texts and paths to its default.
NN_API void nn_options_defaults(const nn_option *rows, void *values);
// Sets what `list` names, "epochs=40 lr=0.001"; names of no row, which are of other tables, and
// texts are left out.
NN_API nn_status nn_options_set(const nn_option *rows, void *values, const char *list,
                                nn_error *err);

// Reads a value from the command line. NN_EINVAL names the option and the values that it takes. Not
// for texts and paths, which belong to the code that sets them.
NN_API nn_status nn_option_read(const nn_option *o, void *values, const char *text, nn_error *err);
// The value as on the command line, in the fewest digits that read back the same; of a path, the
// part behind the last '/'. The caller frees it with nn_free; NULL: no memory.
NN_API char *nn_option_write(const nn_option *o, const void *values);

// The default in the same form: what `list` ("epochs=40 lr=0.001", may be NULL) says, else the row.
// The caller frees it with nn_free; NULL: no memory.
NN_API char *nn_option_start(const nn_option *o, const char *list);

// Whether all numbers are within their ranges; NN_EINVAL names the first that is not.
NN_API nn_status nn_options_check(const nn_option *rows, const void *values, nn_error *err);
// A number in the fewest digits that read back the same as a float or a double, with a point.
NN_API void nn_option_number(double v, bool is_float, char *text, size_t size);

// Whether the row is for trainings for this task.
NN_API bool nn_option_is_for(const nn_option *o, const char *task);

#endif
