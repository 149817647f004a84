// SPDX-License-Identifier: MIT
// Fits help texts into the width of a terminal.
#ifndef APP_CLI_HELP_LAYOUT_H
#define APP_CLI_HELP_LAYOUT_H

// The columns of standard output: of its terminal, else $COLUMNS, else 80.
int app_help_columns(void);

// Lays out a text of --help in `columns` (g_free): paragraphs are filled anew where a line is too
// long, options stand beside their help, or above it when they are long, tables keep their
// columns, and commands are broken before an option, so that they can still be copied; what stands behind one becomes a
// comment.
char *app_help_layout(const char *text, int columns);

// A text of several paragraphs in the user's language (g_free): each run of lines of prose, and each
// of indented lines, is translated by itself, so that examples stay as they are.
char *app_help_translate(const char *text);

// Prints a text so. A print handler of GLib.
void app_help_show(const char *text);

#endif
