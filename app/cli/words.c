// SPDX-License-Identifier: MIT
// Looks through the words of a command line before they are parsed.
#include "app/cli/words.h"

#include "app/cli/option_entries.h"
#include "app/cli/other_words.h"
#include "nn/base/spelling.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static bool is_among(const char *words, const char *word)
{
    g_auto(GStrv) list = g_strsplit(words ? words : word, " ", -1);
    return g_strv_contains((const char *const *)list, word);
}

static void collect(void *list, const char *word)
{
    g_ptr_array_add(list, (void *)word);
}

// `dashes` is what was typed before the word.
static nn_status refuse(const char *command, const char *dashes, const char *word, nn_error *err)
{
    g_autoptr(GPtrArray) options = g_ptr_array_new();
    app_options_visit(collect, options);
    const char *near =
        nn_spelling_nearest(word, (const char *const *)options->pdata, (int)options->len);
    return near ? nn_fail(err, NN_EINVAL, "unknown option %s%s; --%s is near (try --help)", dashes,
                          word, near)
                : nn_fail(err, NN_EINVAL, "%s%s is no option of %s (try --help)", dashes, word,
                          command);
}

static nn_status check_old(const char *command, const char *word, nn_error *err)
{
    for (const app_old_word *o = app_old_words; o->word; o++)
        if (strcmp(o->word, word) == 0 &&
            (o->command ? strcmp(o->command, command) == 0 : app_option_known(o->now + 2, NULL)))
            return nn_fail(err, NN_EINVAL, "%s%s is now %s", *word == '-' ? "" : "--", word,
                           o->now);
    return NN_OK;
}

// The row of a word that is understood or answered here; NULL: none.
static const app_other_word *find_other(const char *command, const char *word)
{
    for (const app_other_word *o = app_other_words; o->word; o++)
        if (strcmp(o->word, word) == 0 && is_among(o->commands, command) &&
            (!o->ours || !*o->ours || strcmp(o->ours, "cpu") == 0 ||
             app_option_known(o->ours, NULL)))
            return o;
    return NULL;
}

static void drop(int *argc, char **argv, int i, int count)
{
    memmove(argv + i, argv + i + count, (size_t)(*argc - i - count + 1) * sizeof *argv);
    *argc -= count;
}

// The value of a device is looked at, and dropped with the word.
static nn_status drop_device(int *argc, char **argv, int i, const char *value, nn_error *err)
{
    if (g_ascii_strcasecmp(value, "cpu") != 0)
        return nn_fail(err, NN_EINVAL, "--device %s: everything runs on the processor (cpu)",
                       value);
    drop(argc, argv, i, strchr(argv[i], '=') ? 1 : 2);
    return NN_OK;
}

// Replaces argv[i], a word of another tool, by ours.
static nn_status understand(const app_other_word *o, int *argc, char **argv, int i, nn_error *err)
{
    const char *joined = strchr(argv[i], '=');
    const char *value = joined ? joined + 1 : i + 1 < *argc ? argv[i + 1] : NULL;
    if (!o->ours)
        return nn_fail(err, NN_EINVAL, "--%s: %s", o->word, o->answer);
    const bool device = strcmp(o->ours, "cpu") == 0;
    if (!value && (device || !*o->ours))
        return nn_fail(err, NN_EINVAL, "--%s: its value is missing", o->word);
    if (device)
        return drop_device(argc, argv, i, value, err);
    if (*o->ours)
        fprintf(stderr, "note: --%s is --%s here\n", o->word, o->ours);
    else
        fprintf(stderr, "note: --%s is not needed: its value stands alone here\n", o->word);
    if (!*o->ours && joined) {
        argv[i] = (char *)g_intern_string(value);
    } else if (!*o->ours) {
        drop(argc, argv, i, 1);
    } else {
        g_autofree char *ours = g_strconcat("--", o->ours, joined, NULL);
        argv[i] = (char *)g_intern_string(ours);
    }
    return NN_OK;
}

// "--conf_thres=0.5" has the word "conf-thres"; the value stays as it is. NULL: not an option.
static char *word_of(const char *arg)
{
    const size_t length = strcspn(arg, "=");
    if (!g_str_has_prefix(arg, "--") || length < 3)
        return NULL;
    char *word = g_strndup(arg + 2, length - 2);
    if (!app_option_known(word, NULL))
        g_strdelimit(word, "_", '-');
    return word;
}

// "imgsz=640", when this is no file, becomes "--imgsz=640".
static void add_dashes(const char *command, char **arg)
{
    const size_t length = strcspn(*arg, "=");
    g_autofree char *dashed = g_strconcat("--", *arg, NULL), *word = word_of(dashed);
    if (**arg == '-' || !(*arg)[length] || !word || g_file_test(*arg, G_FILE_TEST_EXISTS) ||
        !(app_option_known(word, NULL) || find_other(command, word)))
        return;
    g_autofree char *ours = g_strconcat("--", word, *arg + length, NULL);
    *arg = (char *)g_intern_string(ours);
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || g_str_has_prefix(word, "help-");
}

// A letter, with its value or other letters behind it.
static nn_status check_letter(const char *command, const char *arg, bool *value, nn_error *err)
{
    const char letter[] = {'-', arg[1], '\0'};
    *value = false;
    if (strcmp(letter, "-h") == 0 || strcmp(letter, "-?") == 0)
        return NN_OK;
    if (!app_option_known(letter, value)) {
        const nn_status status = check_old(command, letter, err);
        return status == NN_OK ? refuse(command, "-", arg + 1, err) : status;
    }
    *value = *value && !arg[2];
    return NN_OK;
}

// *next gets the number of the word that follows the option argv[i] and its value.
static nn_status check_option(int *argc, char **argv, int i, int *next, nn_error *err)
{
    g_autofree char *word = word_of(argv[i]);
    bool value = false;
    nn_status status = NN_OK;
    *next = i + 1;
    if (!word)
        status = check_letter(argv[0], argv[i], &value, err);
    else if (is_help(word))
        *next = *argc; // ends the program
    else if (!app_option_known(word, &value)) {
        const app_other_word *other;
        *next = i; // once more, as ours
        status = check_old(argv[0], word, err);
        if (status == NN_OK && !(other = find_other(argv[0], word)))
            return refuse(argv[0], "--", word, err);
        return status == NN_OK ? understand(other, argc, argv, i, err) : status;
    } else if (strncmp(argv[i] + 2, word, strlen(word)) != 0) { // underscores
        g_autofree char *ours = g_strconcat("--", word, strchr(argv[i], '='), NULL);
        argv[i] = (char *)g_intern_string(ours);
    }
    *next += value && !(word && strchr(argv[i], '='));
    return status;
}

nn_status app_words_check(int *argc, char **argv, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 1, next; i < *argc && status == NN_OK && strcmp(argv[i], "--") != 0; i = next) {
        next = i + 1;
        add_dashes(argv[0], &argv[i]);
        if (argv[i][0] == '-' && argv[i][1])
            status = check_option(argc, argv, i, &next, err);
    }
    return status;
}

const char *app_words_command(const char *word, const char *const *commands, int count,
                              nn_error *err)
{
    for (const app_other_word *o = app_other_commands; o->word; o++)
        if (strcmp(o->word, word) == 0 && o->ours) {
            fprintf(stderr, "note: %s is '%s' here\n", word, o->ours);
            return o->ours;
        } else if (strcmp(o->word, word) == 0) {
            nn_fail(err, NN_EINVAL, "%s: %s", word, o->answer);
            return NULL;
        }
    const char *near = *word == '-' ? NULL : nn_spelling_nearest(word, commands, count);
    if (near)
        nn_fail(err, NN_EINVAL, "unknown command '%s'; '%s' is near ('neroscale --help')", word,
                near);
    else
        nn_fail(err, NN_EINVAL, "unknown %s '%s'; 'neroscale --help' lists the commands",
                *word == '-' ? "option" : "command", word);
    return NULL;
}
