// SPDX-License-Identifier: MIT
// The command line of a subcommand: its options with their --help, and how it ends.
#ifndef APP_CLI_ARGUMENTS_H
#define APP_CLI_ARGUMENTS_H

#include "nn/base/status.h"

#include <glib.h>

enum { APP_EXIT_ERROR = 2 };
// A threshold that was not given: below 0, in float32 too, and nothing that anybody types.
#define APP_UNSET (-0x1p-100)

// What --help shows and the options it lists. All of it stays the caller's, but `group`.
typedef struct app_arguments {
    const char *synopsis;    // of what follows the options, such as "MODEL"; NULL: nothing does
    const char *summary;     // above the options
    const char *description; // below them; may be NULL
    // Either the options, ended by an entry without a name, or a group of them, taken over.
    const GOptionEntry *entries;
    GOptionGroup *group;
} app_arguments;

// Takes the options out of `argv`, whose first word is the subcommand, and stores their values
// through the entries; what is left in `argv` are the words that belong to no option. --help is
// printed and ends the program. NN_EINVAL names an option that does not exist or a value of the
// wrong kind, and says where help is.
nn_status app_parse_arguments(const app_arguments *what, int *argc, char ***argv, nn_error *err);

// NN_EINVAL, naming the option, unless low <= value <= high; INT_MAX is no limit.
nn_status app_check_range(const char *option, int value, int low, int high, nn_error *err);

// The same for --threads: 0 (one per core) to 1024.
nn_status app_check_threads(int threads, nn_error *err);

// The same for a threshold, 0 to 1 or APP_UNSET.
nn_status app_check_threshold(const char *option, double value, nn_error *err);

// NN_EINVAL unless just one word, a model, is left in an `argv` of `argc` words.
nn_status app_check_one_model(int argc, nn_error *err);

// Prints an error, if there is one, as one line on stderr behind the name of the subcommand.
// Returns the exit status: 0 or APP_EXIT_ERROR.
int app_end(nn_status status, const nn_error *err);

// A copy of the address of an input as it may be shown and kept: without passwords. g_free.
char *app_show_address(const char *text);

#endif
