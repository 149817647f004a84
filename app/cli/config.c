// SPDX-License-Identifier: MIT
// Options from files. What a file says goes through the parser of the command line, word by word.
#include "app/cli/config.h"

#include "app/cli/config_file.h"
#include "app/cli/config_values.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "nn/base/spelling.h"

#include <stdio.h>
#include <string.h>

static const char COMMON[] = "common", ARGUMENTS[] = "arguments";
static const char *const groups[] = {
#define APP_COMMAND(word, name, help) name,
#include "app/commands.inc"
#undef APP_COMMAND
    "common"};

// What a file or the command line says of an option.
typedef struct setting {
    char **values; // NULL: none, of a word without a value
    bool off;      // of such a word: "false"
    char *place;   // "FILE:LINE"; NULL: the command line
} setting;

static struct {
    char *command, *path;
    GHashTable *typed, *read; // settings by their words
    GPtrArray *words;         // of the command line, behind the options; borrowed
    gboolean print;
    char *file; // of --config
} config;

static void free_setting(void *data)
{
    setting *s = data;
    g_strfreev(s->values);
    g_free(s->place);
    g_free(s);
}

// --config and --print-config are in no file.
static bool is_own(const app_option_info *o)
{
    return strcmp(o->word, "config") == 0 || strcmp(o->word, "print-config") == 0;
}

const GOptionEntry *app_config_entries(void)
{
    static const GOptionEntry entries[] = {
        APP_OPTION("config", &config.file, "neroscale/neroscale.ini in the user's config folder"),
        APP_OPTION("print-config", &config.print, NULL), APP_OPTIONS_END};
    return entries;
}

const char *app_config_path(void)
{
    if (!config.path)
        config.path = g_build_filename(g_get_user_config_dir(), "neroscale", "neroscale.ini", NULL);
    return config.path;
}

nn_status app_config_keep(const char *group, const char *key, const char *const *values, int count,
                          nn_error *err)
{
    return app_config_file_set(app_config_path(), group, key, values, count, err);
}

// Adds a value that was typed; NULL: of a word without one.
static void add_typed(const app_option_info *info, const char *value)
{
    setting *s = g_hash_table_lookup(config.typed, info->word);
    g_autoptr(GStrvBuilder) values = g_strv_builder_new();
    if (s && s->values && info->list)
        g_strv_builder_addv(values, (const char **)s->values);
    if (value)
        g_strv_builder_add(values, value);
    setting *all = g_new0(setting, 1);
    all->values = value ? g_strv_builder_end(values) : NULL;
    g_hash_table_insert(config.typed, g_strdup(info->word), all);
}

// Notes the letters of "-fm". Whether the next word is the value of the last one.
static bool scan_letters(const char *word, const char *next)
{
    for (const char *c = word + 1; *c; c++) {
        const char letter[] = {'-', *c, '\0'};
        const app_option_info *info = app_option_info_of(letter);
        if (!info)
            return false;
        const char *value = info->flag ? NULL : c[1] ? c + 1 : next;
        add_typed(info, value);
        if (!info->flag)
            return !c[1];
    }
    return false;
}

// The same for "--word" and "--word=value".
static bool scan_word(const char *typed, const char *next)
{
    const char *value = strchr(typed, '=');
    g_autofree char *word =
        g_strndup(typed + 2, value ? (gsize)(value - typed) - 2 : strlen(typed) - 2);
    const app_option_info *info = app_option_info_of(word);
    const bool follows =
        info && !value && !info->flag && (!info->optional || (next && *next != '-'));
    if (info)
        add_typed(info, value ? value + 1 : follows ? next : NULL);
    return follows;
}

static bool is_help(const char *word)
{
    return g_str_has_prefix(word, "--help") || strcmp(word, "-h") == 0 || strcmp(word, "-?") == 0;
}

// "--WORD=true" and "--WORD=false" of an option without a value. Whether the word is to go.
static bool take_truth(char **typed)
{
    const char *value = strchr(*typed, '=');
    g_autofree char *word = g_strndup(*typed, value ? (gsize)(value - *typed) : 0);
    const app_option_info *info = value && strlen(word) > 2 ? app_option_info_of(word + 2) : NULL;
    bool truth;
    if (!info || !info->flag || !app_config_truth(value + 1, &truth))
        return false;
    const setting off = {.off = true};
    if (truth)
        *typed = (char *)g_intern_string(word);
    else
        g_hash_table_insert(config.typed, g_strdup(info->word), g_memdup2(&off, sizeof off));
    return !truth;
}

// Notes what the command line says. Returns whether help is asked for.
static bool scan(int *argc, char **argv)
{
    bool options = true, help = false;
    for (int i = 1; i < *argc; i++) {
        const bool option = options && argv[i][0] == '-' && argv[i][1];
        if (option && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (option && take_truth(&argv[i])) {
            memmove(argv + i, argv + i + 1, (size_t)(*argc - i) * sizeof *argv);
            --*argc;
            i--;
        } else if (option) {
            help = help || is_help(argv[i]);
            i += argv[i][1] == '-' ? scan_word(argv[i], argv[i + 1])
                                   : scan_letters(argv[i], argv[i + 1]);
        } else {
            g_ptr_array_add(config.words, argv[i]);
        }
    }
    return help;
}

static void collect(void *list, const char *word)
{
    g_ptr_array_add(list, (void *)word);
}

// The option that was most likely meant; NULL: none is near.
static const char *nearest(const char *key, bool common)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    app_options_visit(collect, words);
    for (int i = 0; common && app_option_at(i); i++)
        g_ptr_array_add(words, (void *)app_option_at(i)->field.name);
    return nn_spelling_nearest(key, (const char *const *)words->pdata, (int)words->len);
}

static nn_status refuse_key(const app_config_file *f, const app_config_key *k, nn_error *err)
{
    const bool common = strcmp(k->group, COMMON) == 0;
    const char *near = nearest(k->key, common);
    return nn_fail(err, NN_EINVAL, "%s:%d: [%s] %s: %s has no such option%s%s%s", f->path, k->line,
                   k->group, k->key, common ? "neroscale" : k->group, near ? "; is '" : "",
                   near ? near : "", near ? "' meant?" : "");
}

static nn_status check_groups(const app_config_file *f, nn_error *err)
{
    for (guint i = 0; i < f->groups->len; i++) {
        const app_config_key *g = g_ptr_array_index(f->groups, i);
        bool known = false;
        for (size_t k = 0; k < G_N_ELEMENTS(groups); k++)
            known = known || strcmp(groups[k], g->group) == 0;
        if (known)
            continue;
        const char *near = nn_spelling_nearest(g->group, groups, G_N_ELEMENTS(groups));
        return nn_fail(err, NN_EINVAL, "%s:%d: [%s]: there is no such command%s%s%s", f->path,
                       g->line, g->group, near ? "; is [" : ", and no group but [common]",
                       near ? near : "", near ? "] meant?" : "");
    }
    return NN_OK;
}

// A key of this command as a setting; NULL with an error, or without one where it sets nothing.
static setting *read_setting(const app_config_file *f, const app_config_key *k,
                             const app_option_info *info, nn_error *err)
{
    bool truth = false;
    if (info && info->flag && !app_config_truth(k->value, &truth)) {
        nn_fail(err, NN_EINVAL, "%s:%d: [%s] %s = %s: is neither true nor false", f->path, k->line,
                k->group, k->key, k->value);
        return NULL;
    }
    if (info && !info->flag && !info->optional && !*k->value) {
        nn_fail(err, NN_EINVAL, "%s:%d: [%s] %s: its value is missing", f->path, k->line, k->group,
                k->key);
        return NULL;
    }
    setting *s = g_new0(setting, 1);
    s->place = g_strdup_printf("%s:%d", f->path, k->line);
    s->off = info && info->flag && !truth;
    if (!info || (!info->flag && (info->list || *k->value)))
        s->values = app_config_paths(f->path, info, k->value, k->list);
    return s;
}

// Takes what one group of a file says to this command.
static nn_status take_group(const app_config_file *f, const char *group, nn_error *err)
{
    const bool common = strcmp(group, COMMON) == 0;
    for (guint i = 0; i < f->keys->len; i++) {
        const app_config_key *k = g_ptr_array_index(f->keys, i);
        if (strcmp(k->group, group) != 0)
            continue;
        const bool words = !common && strcmp(k->key, ARGUMENTS) == 0;
        const app_option_info *info = words ? NULL : app_option_info_of(k->key);
        const bool ours = info && *k->key != '-' && !is_own(info);
        if (!words && !ours && !(common && app_option_find(k->key, NULL)))
            return refuse_key(f, k, err);
        if (!words && !ours)
            continue; // of other commands
        nn_error why = {0};
        setting *s = read_setting(f, k, info, &why);
        if (!s)
            return nn_fail(err, NN_EINVAL, "%s", why.text);
        g_hash_table_insert(config.read, g_strdup(k->key), s);
    }
    return NN_OK;
}

static nn_status read_file(const char *path, nn_error *err)
{
    app_config_file f;
    nn_status status = app_config_file_read(&f, path, err);
    if (status != NN_OK)
        return status;
    status = check_groups(&f, err);
    if (status == NN_OK)
        status = take_group(&f, COMMON, err);
    if (status == NN_OK)
        status = take_group(&f, config.command, err);
    app_config_file_release(&f);
    return status;
}

static nn_status read_files(nn_error *err)
{
    const setting *named = g_hash_table_lookup(config.typed, "config");
    const char *file = named && named->values ? named->values[0] : NULL;
    if (file && strcmp(file, "none") == 0)
        return NN_OK;
    nn_status status = g_file_test(app_config_path(), G_FILE_TEST_EXISTS)
                           ? read_file(app_config_path(), err)
                           : NN_OK;
    if (status == NN_OK && file) {
        status = read_file(file, err);
        g_free(config.path);
        config.path = g_canonicalize_filename(file, NULL);
    }
    return status;
}

// Passes one setting to the parser.
static nn_status pass(GOptionContext *context, const char *word, const setting *s, nn_error *err)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_ptr_array_add(argv, g_strdup(config.command));
    for (char **v = s->values; v && *v; v++)
        g_ptr_array_add(argv, g_strdup_printf("--%s=%s", word, *v));
    if (!s->values)
        g_ptr_array_add(argv, g_strdup_printf("--%s", word));
    int argc = (int)argv->len;
    g_ptr_array_add(argv, NULL);
    // The parser moves the words that it leaves, so it gets a list of its own.
    g_autofree char **words = g_memdup2(argv->pdata, argv->len * sizeof *words);
    if (g_option_context_parse(context, &argc, &words, &error))
        return NN_OK;
    return nn_fail(err, NN_EINVAL, "%s: [%s] %s", s->place, config.command, error->message);
}

static void add_words(int *argc, char ***argv, char **words)
{
    const int count = (int)g_strv_length(words);
    char **all = g_new0(char *, *argc + count + 2); // lives as long as the program
    memcpy(all, *argv, (size_t)*argc * sizeof *all);
    all[(*argc)++] = (char *)"--";
    for (int i = 0; i < count; i++)
        all[(*argc)++] = (char *)g_intern_string(words[i]);
    *argv = all;
}

nn_status app_config_use(GOptionContext *context, int *argc, char ***argv, nn_error *err)
{
    config.command = g_strdup((*argv)[0]);
    config.typed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_setting);
    config.read = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_setting);
    config.words = g_ptr_array_new();
    nn_status status = scan(argc, *argv) ? NN_OK : read_files(err);
    const app_option_info *o;
    for (int i = 0; status == NN_OK && (o = app_option_info_at(i)); i++) {
        const setting *s = g_hash_table_lookup(config.read, o->word);
        if (s && !s->off && !g_hash_table_contains(config.typed, o->word))
            status = pass(context, o->word, s, err);
    }
    const setting *more = g_hash_table_lookup(config.read, ARGUMENTS);
    if (status == NN_OK && more && config.words->len == 0)
        add_words(argc, argv, more->values);
    return status;
}

char *app_config_origin(const char *message)
{
    GHashTableIter i;
    gpointer word, value;
    if (!config.read)
        return g_strdup("");
    g_hash_table_iter_init(&i, config.read);
    while (g_hash_table_iter_next(&i, &word, &value)) {
        const setting *s = value;
        g_autofree char *option = g_strconcat("--", word, NULL);
        const char *at = strstr(message, option);
        const char behind = at ? at[strlen(option)] : '-';
        if (s->place && behind != '-' && !g_ascii_isalnum(behind) &&
            !g_hash_table_contains(config.typed, word) && !strstr(message, s->place))
            return g_strdup_printf(" (set in %s)", s->place);
    }
    return g_strdup("");
}

// Prints a comment in lines of at most 80 columns.
static void print_comment(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    glong column = 1;
    putchar('#');
    for (char **w = words; *w; w++) {
        const glong length = g_utf8_strlen(*w, -1) + 1;
        if (column + length > 80) {
            fputs("\n#", stdout);
            column = 1;
        }
        printf(" %s", *w);
        column += length;
    }
    putchar('\n');
}

// What stands for a value that is not set.
static char *usual_of(const app_option_info *o)
{
    char *end;
    if (o->usual && *o->usual && (g_ascii_strtod(o->usual, &end), !*end))
        return g_strdup(o->usual);
    const char *start = o->row && o->row->start && !o->usual ? o->row->start : NULL;
    return g_strdup(o->flag ? "false" : start ? start : o->arg ? o->arg : "");
}

static void print_values(const char *word, const app_option_info *o, char **values)
{
    g_auto(GStrv) paths = app_config_absolute(o, values);
    g_autofree char *line =
        app_config_line(word, (const char *const *)paths, (int)g_strv_length(paths));
    if (app_config_is_secret(paths))
        printf("# %s has a password, which is not printed: write this line yourself\n", word);
    else
        puts(line);
}

static void print_option(const app_option_info *o)
{
    const setting *s = g_hash_table_lookup(config.typed, o->word);
    s = s ? s : g_hash_table_lookup(config.read, o->word);
    g_autofree char *usual = usual_of(o);
    putchar('\n');
    print_comment(o->help);
    if (!s)
        printf("#%s = %s\n", o->word, usual);
    else if (o->flag)
        printf("%s = %s\n", o->word, s->off ? "false" : "true");
    else if (!s->values)
        printf("%s =\n", o->word);
    else
        print_values(o->word, o, s->values);
}

static void print_words(void)
{
    const setting *read = g_hash_table_lookup(config.read, ARGUMENTS);
    g_ptr_array_add(config.words, NULL);
    char **words = config.words->len > 1 ? (char **)config.words->pdata
                   : read                ? read->values
                                         : NULL;
    putchar('\n');
    print_comment("The words behind the options, unless the command line has some");
    if (words)
        print_values(ARGUMENTS, NULL, words);
    else
        printf("#%s =\n", ARGUMENTS);
}

bool app_config_print(void)
{
    const app_option_info *o;
    if (!config.print)
        return false;
    printf("# Options of neroscale %s. Lines that begin with '#' are comments.\n\n[%s]\n",
           config.command, config.command);
    print_words();
    for (int i = 0; (o = app_option_info_at(i)); i++)
        if (!is_own(o))
            print_option(o);
    return true;
}
