// SPDX-License-Identifier: MIT
// The words of all options on the command line: each has one row, and every command takes from it.
#ifndef APP_CLI_OPTION_TABLE_H
#define APP_CLI_OPTION_TABLE_H

#include "nn/base/option.h"

#include <glib.h>

// An option in the GOptionEntry list of a command. `to` is where its value goes: an int, int64_t or
// double, a char * that is freed by g_free (texts, files, sizes), a char ** (g_strfreev) or, of a
// word without a value, a gboolean. `usual` is the default for the help; NULL: none.
#define APP_OPTION(word, to, usual)                                                                \
    {                                                                                              \
        word, 0, 0, G_OPTION_ARG_NONE, to, usual, app_from_table                                   \
    }
// The same with a function (GOptionArgFunc) that takes the value.
#define APP_OPTION_CALLBACK(word, flags, function, usual)                                          \
    {                                                                                              \
        word, 0, flags, G_OPTION_ARG_CALLBACK, (void *)(function), usual, app_from_table           \
    }
#define APP_OPTIONS_END                                                                            \
    {                                                                                              \
        NULL, 0, 0, 0, NULL, NULL, NULL                                                            \
    }

// A flag of a row: the path may be a word instead, such as 'random'.
#define APP_OPTION_OR_WORD NN_OPTION_USER

extern const char app_from_table[];

// The row of a word: here, or among the options of trainings and of random views. *letter (may be
// NULL) gets its short form, 0 for none. NULL: no such option.
const nn_option *app_option_find(const char *word, char *letter);

// The rows of this table alone: by number, up to NULL, and by word.
const nn_option *app_option_at(int i);
const nn_option *app_option_described(const char *word);
// What stands for the value in the help, "N"; NULL: the option has none.
const char *app_option_arg(const nn_option *row);

#endif
