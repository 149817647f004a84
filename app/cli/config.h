// SPDX-License-Identifier: MIT
// Options from files: --config FILE, and the user's file that is read without being asked for.
#ifndef APP_CLI_CONFIG_H
#define APP_CLI_CONFIG_H

#include "nn/base/status.h"

#include <glib.h>
#include <stdbool.h>

// The entries of --config and --print-config, which every command has.
const GOptionEntry *app_config_entries(void);

// Before the command line (checked by app_words_check) is parsed: reads the files and passes what
// they say, and the command line does not, to `context`. The group [common] counts for every
// command that has the option, [COMMAND] for one; what is nearer wins: command line, FILE, user's
// file. Relative paths begin at the folder of their file. "arguments" are the words behind the
// options, if there are none. Errors name file, line, group and key. Takes "--WORD=false" out of
// *argv. Does nothing when help is asked for.
nn_status app_config_use(GOptionContext *context, int *argc, char ***argv, nn_error *err);

// If --print-config was given: prints the options in force as a file that --config takes, with
// their help, and without passwords. Returns whether it did.
bool app_config_print(void);

// " (set in FILE:LINE)" when `message` names an option that a file set (g_free); else "".
char *app_config_origin(const char *message);

// The file to keep settings in: that of --config, else the user's. Owned by this code.
const char *app_config_path(void);

// Keeps a setting: sets `key` of `group` in app_config_path(), as app_config_file_set.
nn_status app_config_keep(const char *group, const char *key, const char *const *values, int count,
                          nn_error *err);

#endif
