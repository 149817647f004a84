// SPDX-License-Identifier: MIT
// Values of options as files of options have them.
#ifndef APP_CLI_CONFIG_VALUES_H
#define APP_CLI_CONFIG_VALUES_H

#include "app/cli/option_entries.h"

// Reads true, yes, on, 1 or false, no, off, 0. Returns whether it is one of them.
bool app_config_truth(const char *text, bool *truth);

// The values of an option (NULL: words behind the options) that the file `path` gives it, with
// paths that begin at the folder of the file (g_strfreev). `text` is the value, `list` the same as
// a list. Addresses, "-" and what may be a name stay: of models, class names and words a path is
// only what contains '/' or is there.
char **app_config_paths(const char *path, const app_option_info *o, const char *text, char **list);

// The same of values of a command line, which begin at the working folder.
char **app_config_absolute(const app_option_info *o, char **values);

// Whether one of the values has a password in it.
bool app_config_is_secret(char **values);

#endif
