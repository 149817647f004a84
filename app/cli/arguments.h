// SPDX-License-Identifier: MIT
// Parses the command line of a subcommand, shows its --help, and ends it.
#ifndef APP_CLI_ARGUMENTS_H
#define APP_CLI_ARGUMENTS_H

#include "nn/base/status.h"

#include <glib.h>

enum { APP_EXIT_ERROR = 2 };
// Default of a threshold option that was not given: negative in float32, too, and nothing that a
// user types.
#define APP_UNSET (-0x1p-100)

// The text of --help and the options. The caller keeps everything except `group`.
typedef struct app_arguments {
    const char *synopsis;    // the words behind the options, such as "MODEL"; NULL: none
    const char *summary;     // above the options
    const char *description; // below them; may be NULL
    // Either a list of options, ended by an entry without a name, or a group, which is taken over.
    const GOptionEntry *entries;
    GOptionGroup *group;
    GOptionGroup **more; // further groups, up to NULL, which are taken over; NULL: none
} app_arguments;

// Removes the options from `argv`, whose first word is the subcommand, and stores their values
// through the entries; the other words stay in `argv`. --help is printed and ends the program.
// NN_EINVAL names an unknown option or an invalid value, and mentions --help.
nn_status app_parse_arguments(const app_arguments *what, int *argc, char ***argv, nn_error *err);

// NN_EINVAL unless `argv` has exactly one word behind the subcommand, a model.
nn_status app_check_one_model(int argc, nn_error *err);

// Prints the error, if any, as one line on stderr behind the name of the subcommand. Returns the
// exit status: 0 or APP_EXIT_ERROR.
int app_end(nn_status status, const nn_error *err);

// A copy of an input's URI without passwords (g_free).
char *app_show_address(const char *text);

#endif
