// SPDX-License-Identifier: MIT
// Options that have rows on the command line.
#include "app/cli/options.h"

#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "nn/base/memory.h"
#include "nn/train/task/task.h"
#include "po/translate.h"

#include <stdio.h>
#include <string.h>

static void *member(const nn_option *row, void *values)
{
    return (char *)values + row->field.offset;
}

static bool is_list(const nn_option *row)
{
    return row->field.type == NN_FIELD_TEXTS || row->field.type == NN_FIELD_PATHS;
}

static bool is_one_text(const nn_option *row)
{
    return row->field.type == NN_FIELD_TEXT || row->field.type == NN_FIELD_PATH;
}

// Numbers with many digits in fewer.
static char *shorten(char *text)
{
    char *end, *shown = NULL;
    const double v = g_ascii_strtod(text, &end);
    if (strlen(text) > 7 && !*end)
        shown = g_strdup_printf("%.4g", v);
    char *copy = shown ? shown : g_strdup(text);
    nn_free(text);
    return copy;
}

// The default of each task behind that of the rows: "16; classify, segment 40".
static void add_defaults(GString *help, const nn_option *row)
{
    g_autofree char *usual = shorten(nn_option_start(row, NULL));
    GString *text = g_string_new(usual);
    g_autofree char *before = g_strdup(usual);
    for (int i = 0; nn_train_task_at(i); i++) {
        const nn_train_task *task = nn_train_task_at(i);
        g_autofree char *own = shorten(nn_option_start(row, task->defaults));
        if (strcmp(own, usual) == 0)
            continue;
        const bool same = strcmp(own, before) == 0;
        if (same) // "classify, segment 40"
            g_string_truncate(text, text->len - strlen(own) - 1);
        g_string_append_printf(text, "%s%s %s",
                               same        ? ", "
                               : text->len ? "; "
                                           : "",
                               task->evaluator->name, own);
        g_free(before);
        before = g_strdup(own);
    }
    if (text->len)
        g_string_append_printf(help, " (%s)", text->str);
    g_string_free(text, TRUE);
}

char *app_option_help(const nn_option *row)
{
    const nn_option *described = app_option_described(row->field.name);
    const bool whole = described && row->help && g_str_has_prefix(row->help, described->help);
    GString *help = g_string_new(_(described && !whole ? described->help : row->help));
    if (described && row->help && !whole)
        g_string_append_printf(help, " (%s)", _(row->help));
    else if (row->field.type != NN_FIELD_BOOL)
        add_defaults(help, row);
    return g_string_free(help, FALSE);
}

void app_options_init(app_options *o, const nn_option *rows, void *values, const char *task)
{
    const nn_train_task *t = task ? nn_train_task_find(task) : NULL;
    *o = (app_options){.rows = rows, .values = values};
    for (; rows[o->count].field.name; o->count++)
        ;
    o->text = g_new0(char *, o->count + 1);
    o->flag = g_new0(gboolean, o->count + 1);
    o->help = g_new0(char *, o->count + 1);
    nn_options_defaults(rows, values);
    nn_options_set(rows, values, t ? t->defaults : NULL, NULL);
}

void app_options_release(app_options *o)
{
    for (int i = 0; i < o->count; i++) {
        g_free(o->text[i]);
        g_free(o->help[i]);
    }
    g_free(o->text);
    g_free(o->flag);
    g_free(o->help);
    *o = (app_options){0};
}

void app_options_add(GOptionGroup *group, app_options *o)
{
    for (int i = 0; i < o->count; i++) {
        const nn_option *row = &o->rows[i];
        GOptionEntry one[2] = {
            {row->field.name, 0, 0, G_OPTION_ARG_STRING, &o->text[i], NULL, app_option_arg(row)},
            APP_OPTIONS_END};
        if (row->flags & NN_OPTION_HIDDEN)
            continue;
        app_option_find(row->field.name, &one->short_name);
        one->description = o->help[i] = app_option_help(row);
        if (row->field.type == NN_FIELD_BOOL) {
            one->arg = G_OPTION_ARG_NONE;
            one->arg_data = &o->flag[i];
        } else if (is_one_text(row) || is_list(row)) {
            const bool path = row->field.type == NN_FIELD_PATH || row->field.type == NN_FIELD_PATHS;
            one->arg = is_list(row)
                           ? (path ? G_OPTION_ARG_FILENAME_ARRAY : G_OPTION_ARG_STRING_ARRAY)
                           : (path ? G_OPTION_ARG_FILENAME : G_OPTION_ARG_STRING);
            one->arg_data = member(row, o->values);
        }
        app_option_add(group, one);
    }
}

bool app_options_given(const app_options *o, const char *name)
{
    const nn_option *row = nn_option_find(o->rows, name);
    const gsize i = row ? (gsize)(row - o->rows) : 0;
    return row && (o->text[i] || o->flag[i] ||
                   ((is_one_text(row) || is_list(row)) && *(void **)member(row, o->values)));
}

// Reads a value; errors say what the table says of the word.
static nn_status read_described(const nn_option *row, void *values, const char *text, nn_error *err)
{
    const nn_option *described = app_option_described(row->field.name);
    nn_option one = *row;
    one.help = described ? described->help : row->help;
    return nn_option_read(&one, values, text, err);
}

bool app_options_take_word(app_options *o, const char *name, const char *word)
{
    const nn_option *row = nn_option_find(o->rows, name);
    char **text = row ? &o->text[row - o->rows] : NULL;
    const bool typed = text && g_strcmp0(*text, word) == 0;
    if (typed)
        g_clear_pointer(text, g_free);
    return typed;
}

nn_status app_options_take(app_options *o, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < o->count && status == NN_OK; i++) {
        const nn_option *row = &o->rows[i];
        char **text = is_one_text(row) ? member(row, o->values) : NULL;
        if (text && !*text)
            *text = g_strdup(row->start);
        else if (o->flag[i])
            *(bool *)member(row, o->values) = true;
        else if (o->text[i])
            status = read_described(row, o->values, o->text[i], err);
    }
    return status;
}

nn_status app_option_set(const nn_option *row, void *values, const char *text, nn_error *err)
{
    if (!is_one_text(row))
        return read_described(row, values, text, err);
    char **to = member(row, values);
    g_free(*to);
    *to = g_strdup(text);
    return NN_OK;
}

void app_options_free_texts(const nn_option *rows, void *values)
{
    for (const nn_option *row = rows; row->field.name; row++) {
        if (is_one_text(row))
            g_free(*(char **)member(row, values));
        else if (is_list(row))
            g_strfreev(*(char ***)member(row, values));
        else
            continue;
        *(void **)member(row, values) = NULL;
    }
}
