// SPDX-License-Identifier: MIT
// The options of one command in its parser: described by the table, numbers checked by its ranges.
#include "app/cli/option_entries.h"

#include "app/cli/option_table.h"
#include "po/translate.h"

#include <string.h>

const char app_from_table[] = "";

// What is known of a word; a process parses one command line.
typedef struct option {
    bool value;    // one follows
    nn_option row; // of numbers
    void *to;
    app_option_info info;
} option;
static GHashTable *options; // by "word" and by "-x"
static GPtrArray *in_order; // of app_option_info *, owned

static const option *find(const char *word)
{
    return options ? g_hash_table_lookup(options, word) : NULL;
}

bool app_option_known(const char *word, bool *value)
{
    const option *o = find(word);
    if (o && value)
        *value = o->value;
    return o != NULL;
}

const app_option_info *app_option_info_at(int i)
{
    return in_order && i < (int)in_order->len ? g_ptr_array_index(in_order, i) : NULL;
}

const app_option_info *app_option_info_of(const char *word)
{
    const option *o = find(word);
    return o ? &o->info : NULL;
}

void app_options_visit(void (*visit)(void *ctx, const char *word), void *ctx)
{
    GHashTableIter i;
    gpointer word;
    if (!options)
        return;
    g_hash_table_iter_init(&i, options);
    while (g_hash_table_iter_next(&i, &word, NULL))
        if (*(const char *)word != '-')
            visit(ctx, word);
}

static app_option_info info_of(const GOptionEntry *e, const char *usual)
{
    const nn_option *row = app_option_described(e->long_name);
    row = row ? row : app_option_find(e->long_name, NULL);
    // A function that takes paths collects them.
    const bool paths = e->arg == G_OPTION_ARG_CALLBACK && row && row->field.type == NN_FIELD_PATH;
    return (app_option_info){.word = e->long_name,
                             .help = e->description,
                             .usual = usual,
                             .arg = e->arg_description,
                             .row = row,
                             .letter = e->short_name,
                             .flag = e->arg == G_OPTION_ARG_NONE,
                             .optional = e->flags & G_OPTION_FLAG_OPTIONAL_ARG,
                             .list = paths || e->arg == G_OPTION_ARG_STRING_ARRAY ||
                                     e->arg == G_OPTION_ARG_FILENAME_ARRAY};
}

static void note(const GOptionEntry *e, const nn_option *row, void *to, const char *usual)
{
    const option o = {.value =
                          e->arg != G_OPTION_ARG_NONE && !(e->flags & G_OPTION_FLAG_OPTIONAL_ARG),
                      .row = row ? *row : (nn_option){.help = NULL},
                      .to = to,
                      .info = info_of(e, usual)};
    const char letter[] = {'-', e->short_name, '\0'};
    if (!options)
        options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (!in_order)
        in_order = g_ptr_array_new_with_free_func(g_free);
    if (*e->long_name) {
        g_hash_table_insert(options, g_strdup(e->long_name), g_memdup2(&o, sizeof o));
        g_ptr_array_add(in_order, g_memdup2(&o.info, sizeof o.info));
    }
    if (e->short_name)
        g_hash_table_insert(options, g_strdup(letter), g_memdup2(&o, sizeof o));
}

static gboolean read_number(const char *name, const char *value, void *data, GError **error)
{
    const option *o = find(g_str_has_prefix(name, "--") ? name + 2 : name);
    nn_error err = {0};
    (void)data;
    if (nn_option_read(&o->row, o->to, value, &err) == NN_OK)
        return TRUE;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", err.text);
    return FALSE;
}

static GOptionArg arg_of(const nn_option *row)
{
    switch (row->field.type) {
    case NN_FIELD_BOOL:
        return G_OPTION_ARG_NONE;
    case NN_FIELD_PATH:
        return G_OPTION_ARG_FILENAME;
    case NN_FIELD_TEXTS:
        return G_OPTION_ARG_STRING_ARRAY;
    default:
        return G_OPTION_ARG_STRING;
    }
}

static bool is_number(const nn_option *row)
{
    const nn_field_type t = row->field.type;
    return t == NN_FIELD_INT || t == NN_FIELD_INT64 || t == NN_FIELD_FLOAT || t == NN_FIELD_DOUBLE;
}

// Completes an entry from the table. *row gets how its number is read.
static void describe(GOptionEntry *e, nn_option *row)
{
    const nn_option *found = app_option_find(e->long_name, &e->short_name);
    g_assert(found); // tests/app/option_names.c runs all commands
    *row = *found;
    row->field.offset = 0;
    if (row->field.type == NN_FIELD_FLOAT)
        row->field.type = NN_FIELD_DOUBLE;
    g_autofree char *help =
        e->description ? g_strdup_printf("%s (%s)", _(row->help), _(e->description)) : NULL;
    e->description = help ? g_intern_string(help) : _(row->help);
    e->arg_description = app_option_arg(found);
    if (e->arg == G_OPTION_ARG_CALLBACK)
        return;
    e->arg = is_number(row) ? G_OPTION_ARG_CALLBACK : arg_of(row);
    if (is_number(row))
        e->arg_data = (void *)read_number;
}

static struct {
    GOptionGroup *group, *rest;
    const char *const *often;
} split;

void app_options_split(GOptionGroup *group, const char *const *often, GOptionGroup *rest)
{
    split.group = group;
    split.often = often;
    split.rest = rest;
}

void app_option_add(GOptionGroup *group, const GOptionEntry *entry)
{
    if (group == split.group && *entry->long_name &&
        !g_strv_contains(split.often, entry->long_name))
        group = split.rest;
    GOptionEntry one[] = {*entry, APP_OPTIONS_END};
    nn_option row = {.help = NULL};
    const bool described = entry->arg_description == app_from_table;
    if (described)
        describe(one, &row);
    note(one, &row, entry->arg_data, described ? entry->description : NULL);
    g_option_group_add_entries(group, one);
}

void app_options_add_entries(GOptionGroup *group, const GOptionEntry *entries)
{
    for (const GOptionEntry *e = entries; e->long_name; e++)
        app_option_add(group, e);
}
