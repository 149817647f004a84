// SPDX-License-Identifier: MIT
// Files of options: "[run]" and below it "threshold = 0.5", as GKeyFile reads them.
#ifndef APP_CLI_CONFIG_FILE_H
#define APP_CLI_CONFIG_FILE_H

#include "nn/base/status.h"

#include <glib.h>

// One "KEY = VALUE" of a file.
typedef struct app_config_key {
    char *group, *key;
    char *value; // the text; lists as they stand
    char **list; // the same as a list, whose separator is ';'
    int line;    // from 1
} app_config_key;

typedef struct app_config_file {
    char *path;
    GPtrArray *keys;   // of app_config_key *, in the order of the file
    GPtrArray *groups; // of app_config_key *, of which only group and line are set
} app_config_file;

// Reads a file whole. A line that is neither group, key nor comment, a key that stands twice in a
// group, and text that is not UTF-8 are errors that name file and line.
nn_status app_config_file_read(app_config_file *f, const char *path, nn_error *err);
// The same of `size` bytes, which errors call `path`.
nn_status app_config_file_parse(app_config_file *f, const char *path, const char *text, size_t size,
                                nn_error *err);
void app_config_file_release(app_config_file *f);

// Sets a key of a file to a list of `count` texts; 0: removes the key. All other lines, comments
// too, stay as they are to the byte. A file that is not there is made, with its folder. The file is
// replaced whole or not at all, keeps its mode, and a link to it stays a link.
nn_status app_config_file_set(const char *path, const char *group, const char *key,
                              const char *const *values, int count, nn_error *err);

// The same of a text, which must be one that can be read: the new text (g_free).
char *app_config_file_edit(const char *text, const char *group, const char *key,
                           const char *const *values, int count);

// "KEY = VALUE" as a file has it (g_free): escaped, a list with ';' between its texts.
char *app_config_line(const char *key, const char *const *values, int count);

#endif
