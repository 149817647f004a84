// SPDX-License-Identifier: MIT
// The options of one command in its parser: described by the table, numbers checked by its ranges.
#ifndef APP_CLI_OPTION_ENTRIES_H
#define APP_CLI_OPTION_ENTRIES_H

#include "nn/base/option.h"

#include <glib.h>
#include <stdbool.h>

// What is known of one option of the command. All borrowed.
typedef struct app_option_info {
    const char *word;     // without dashes
    const char *help;     // with the default in brackets, if it has one
    const char *usual;    // the default alone; NULL: none, or that of `row`
    const char *arg;      // stands for the value; NULL: it has none
    const nn_option *row; // of the table; NULL: it has none
    char letter;          // 0: none
    bool flag;            // no value follows
    bool optional;        // a value may follow behind '='
    bool list;            // may be repeated
} app_option_info;

// Adds an entry to a group, and notes its words. One made by APP_OPTION (option_table.h) gets
// letter, value and help of the table; a number out of its range is refused when it is parsed.
void app_option_add(GOptionGroup *group, const GOptionEntry *entry);
// The same for a list, ended by APP_OPTIONS_END.
void app_options_add_entries(GOptionGroup *group, const GOptionEntry *entries);

// From now on entries for `group` whose words are not among `often`, up to NULL, go to `rest`,
// which
// --help-NAME and --help-all show. All borrowed.
void app_options_split(GOptionGroup *group, const char *const *often, GOptionGroup *rest);

// Whether the command has the option `word` (without dashes), or "-x" for a letter. *value (may be
// NULL) tells whether a value follows it.
bool app_option_known(const char *word, bool *value);
// The options in the order in which they were added; NULL behind the last one.
const app_option_info *app_option_info_at(int i);
// One by its word, or by "-x"; NULL: the command has none.
const app_option_info *app_option_info_of(const char *word);
// Calls `visit` for each word.
void app_options_visit(void (*visit)(void *ctx, const char *word), void *ctx);

#endif
