// SPDX-License-Identifier: MIT
// Options that have rows (nn/base/option.h) on the command line: their words, their help with the
// defaults, and the values that were typed.
#ifndef APP_CLI_OPTIONS_H
#define APP_CLI_OPTIONS_H

#include "nn/base/option.h"

#include <glib.h>

// One table on a command line.
typedef struct app_options {
    const nn_option *rows; // borrowed
    void *values;          // borrowed: the struct that the rows are of
    int count;
    char **text;    // of each row what was typed; NULL: nothing. Texts go where they belong
    gboolean *flag; // of each row without a value whether it was typed
    char **help;
} app_options;

// Sets everything to its default, with what `task` (may be NULL) makes of it. `rows` and `values`
// stay where they are until the release.
void app_options_init(app_options *o, const nn_option *rows, void *values, const char *task);
void app_options_release(app_options *o); // not texts: they are of `values`

// Adds the words to a parser, which is gone before the release.
void app_options_add(GOptionGroup *group, app_options *o);
// After parsing: whether a word was there.
bool app_options_given(const app_options *o, const char *name);
// Whether `word` was typed for an option, which then keeps its default.
bool app_options_take_word(app_options *o, const char *name, const char *word);
// Moves what was typed to the values, in the order of the rows; NN_EINVAL names the option.
nn_status app_options_take(app_options *o, nn_error *err);

// Sets an option to a text, of whatever type it is: an owned copy in place of an owned text.
nn_status app_option_set(const nn_option *row, void *values, const char *text, nn_error *err);
// Frees the texts, paths and lists of `values`.
void app_options_free_texts(const nn_option *rows, void *values);

// "Epochs (16; classify, segment 40)"; g_free. Of a word that the table of the command line
// describes (option_table.h), the help of the row says only what the default is, in words; NULL:
// the start. One that begins as in the table stays as it is.
char *app_option_help(const nn_option *row);

#endif
