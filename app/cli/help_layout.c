// SPDX-License-Identifier: MIT
// Fits help texts into the width of a terminal.
#include "app/cli/help_layout.h"

#include "po/translate.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL = 80, LEAST = 40, WIDEST_OPTION = 30, COMMAND_INDENT = 6 };

int app_help_columns(void)
{
    struct winsize size = {.ws_col = 0};
    const char *set = getenv("COLUMNS");
    int columns = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0
                      ? size.ws_col
                  : set ? (int)CLAMP(strtol(set, NULL, 10), 0, 10000)
                        : 0;
    columns = columns > 0 ? columns : USUAL;
    return MAX(columns, LEAST);
}

static int width_of(const char *text)
{
    return (int)g_utf8_strlen(text, -1);
}

static int indent_of(const char *line)
{
    return (int)strspn(line, " ");
}

// Adds words to a line that has `column` columns, and begins others with `indent` spaces. `ending`
// stands behind a line that goes on.
static void add_words(GString *to, char **words, int column, int indent, int columns,
                      const char *ending)
{
    bool first = true;
    for (char **w = words; *w; w++) {
        if (!**w)
            continue;
        const int space = first ? 0 : 1, spare = width_of(ending);
        if (!first && column + space + width_of(*w) + spare > columns) {
            g_string_append_printf(to, "%s\n%*s", ending, indent, "");
            column = indent;
        } else if (!first) {
            g_string_append_c(to, ' ');
            column++;
        }
        g_string_append(to, *w);
        column += width_of(*w);
        first = false;
    }
    g_string_append_c(to, '\n');
}

static void add_text(GString *to, const char *text, int column, int indent, int columns)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    add_words(to, words, column, indent, columns, "");
}

// "  neroscale run x --a b --c" as "neroscale run x", "--a b", "--c".
static char **split_command(const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autoptr(GStrvBuilder) parts = g_strv_builder_new();
    GString *part = g_string_new(words[0]);
    for (char **w = words + 1; words[0] && *w; w++) {
        const bool breaks = **w == '-';
        if (breaks) {
            g_strv_builder_add(parts, part->str);
            g_string_truncate(part, 0);
        }
        g_string_append_printf(part, "%s%s", breaks ? "" : " ", *w);
    }
    g_strv_builder_add(parts, part->str);
    g_string_free(part, TRUE);
    return g_strv_builder_end(parts);
}

// Where the second column of a row of a table begins; 0: it has none.
static int second_column(const char *line)
{
    const int indent = indent_of(line);
    const char *gap = indent ? strstr(line + indent, "  ") : NULL;
    return gap ? (int)(gap - line) + indent_of(gap) : 0;
}

static bool is_option(const char *line)
{
    return g_str_has_prefix(line, "  -");
}

static void add_option(GString *to, const char *line, int wide, int columns)
{
    const int at = second_column(line);
    g_autofree char *option = g_strchomp(g_strndup(line, at ? (size_t)at : strlen(line)));
    const char *help = at ? line + at : "";
    const int column = width_of(option);
    g_string_append(to, option);
    if (!*help) {
        g_string_append_c(to, '\n');
        return;
    }
    if (column + 2 > wide)
        g_string_append_printf(to, "\n%*s", wide, "");
    else
        g_string_append_printf(to, "%*s", wide - column, "");
    add_text(to, help, wide, wide, columns);
}

static void add_long_line(GString *to, const char *line, int columns)
{
    const int indent = indent_of(line), second = second_column(line);
    if (g_str_has_prefix(line + indent, "neroscale ")) {
        const char *gap = strstr(line + indent, "   "), *comment = strstr(line, " #");
        comment = comment ? comment + 1 : gap ? gap + indent_of(gap) : NULL;
        g_autofree char *command = g_strchomp(
            g_strndup(line + indent, comment ? (size_t)(comment - line - indent) : strlen(line)));
        g_auto(GStrv) parts = split_command(command);
        g_string_append_printf(to, "%*s", indent, "");
        add_words(to, parts, indent, COMMAND_INDENT, columns, " \\");
        if (comment)
            g_string_append_printf(to, "%*s%s%s\n", COMMAND_INDENT, "", *comment == '#' ? "" : "# ",
                                   comment);
        return;
    }
    const int hang = second && second < columns / 2 ? second : indent + 2;
    const int begin = hang == second ? second : indent;
    g_string_append_len(to, line, begin);
    add_text(to, line + begin, begin, hang, columns);
}

// How many lines from here are one paragraph of prose.
static int paragraph(char **lines, int columns, bool *too_long)
{
    int count = 0;
    *too_long = false;
    for (; lines[count] && *lines[count] && *lines[count] != ' '; count++)
        *too_long = *too_long || width_of(lines[count]) > columns;
    return count;
}

// The column of the helps: behind the longest option that is not too long.
static int option_column(char **lines, int columns)
{
    const int most = MIN(columns / 2, columns > 2 * USUAL ? columns : WIDEST_OPTION);
    int wide = 0;
    for (; *lines; lines++) {
        const int at = is_option(*lines) ? second_column(*lines) : 0;
        g_autofree char *option = g_strchomp(g_strndup(*lines, at ? (size_t)at : 0));
        const int needed = at ? width_of(option) + 2 : 0;
        wide = needed <= most ? MAX(wide, needed) : wide;
    }
    return wide;
}

char *app_help_layout(const char *text, int columns)
{
    GString *to = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const int wide = option_column(lines, columns);
    for (char **line = lines; *line;) {
        bool too_long;
        const int count = paragraph(line, columns, &too_long);
        if (count && too_long) {
            char *after = line[count];
            line[count] = NULL;
            g_autofree char *joined = g_strjoinv(" ", line);
            line[count] = after;
            add_text(to, joined, 0, 0, columns);
            line += count;
            continue;
        }
        if (is_option(*line))
            add_option(to, *line, wide, columns);
        else if (width_of(*line) > columns)
            add_long_line(to, *line, columns);
        else
            g_string_append_printf(to, "%s%s", *line, line[1] ? "\n" : "");
        line++;
    }
    return g_string_free(to, FALSE);
}

// Whether two lines belong to one part: both prose, or both indented.
static bool same_part(const char *a, const char *b)
{
    return *a && *b && (*a == ' ') == (*b == ' ');
}

char *app_help_translate(const char *text)
{
    GString *to = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line;) {
        g_autoptr(GString) part = g_string_new(*line);
        for (line++; *line && same_part(line[-1], *line); line++)
            g_string_append_printf(part, "\n%s", *line);
        g_string_append(to, _(part->str));
        if (*line)
            g_string_append_c(to, '\n');
    }
    return g_string_free(to, FALSE);
}

void app_help_show(const char *text)
{
    g_autofree char *shown = app_help_layout(text, app_help_columns());
    fputs(shown, stdout);
}
