// SPDX-License-Identifier: MIT
// Words that are no options here: older names, and words of other tools.
#include "app/cli/other_words.h"

#include "app/cli/option_entries.h"

#include <glib.h>
#include <string.h>

// What an option was called before, in one command or in all (NULL).
static const struct {
    const char *command, *word, *now;
} old_words[] = {
    {"run", "labels", "--classes"},
    {"classify", "labels", "--names"},
    {"convert", "labels", "--names"},
    {"list", "options", "'neroscale list options'"},
    {"list", "heads", "'neroscale list heads'"},
    {"label", "scales", "--teacher-scales"},
    {"label", "seconds", "--minutes"},
    {"adapt", "scales", "--teacher-scales"},
    {"adapt", "force", "--even-if-worse"},
    {"annotate", "classes", "--names"},
    {"annotate", "out", "--labels"},
    {"annotate", "size", "--window-size"},
    {"train", "crop", "--train-size"},
    {"augment", "crop", "--train-size"},
    {"diff", "threshold", "--tolerance"},
    {"data", "most", "--max-lines"},
    {"train", "from", "--init"},
    {NULL, "crop", "--centre-crop"},
    {NULL, "every", "--interval"},
    {NULL, "hold-back", "--val-split"},
    {NULL, "keep", "--threshold"},
    {NULL, "labels-file", "--names"},
    {NULL, "output", "--out"},
    {NULL, "range", "--frames"},
    {NULL, "scale", "--source-scale"},
    {NULL, "sizes", "--train-sizes"},
    {NULL, "source-classes", "--names"},
    {NULL, "val-crop", "--centre-crop"},
};

const char *app_word_old(int i, const char **command, const char **now)
{
    if (i >= (int)G_N_ELEMENTS(old_words))
        return NULL;
    *command = old_words[i].command;
    *now = old_words[i].now;
    return old_words[i].word;
}

static nn_status refuse(const char *command, const char *word, nn_error *err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(old_words); i++)
        if (strcmp(old_words[i].word, word) == 0 &&
            (old_words[i].command ? strcmp(old_words[i].command, command) == 0
                                  : app_option_known(old_words[i].now + 2, NULL)))
            return nn_fail(err, NN_EINVAL, "--%s is now %s", word, old_words[i].now);
    return nn_fail(err, NN_EINVAL, "unknown option --%s (try --help)", word);
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || g_str_has_prefix(word, "help-");
}

nn_status app_words_check(int argc, char **argv, nn_error *err)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool value = false;
        const bool is_long = g_str_has_prefix(argv[i], "--");
        const size_t length = strcspn(argv[i], "=");
        g_autofree char *word = g_strndup(argv[i] + 2 * is_long, length - 2 * is_long);
        if (is_long && is_help(word))
            return NN_OK; // ends the program
        if (is_long && !app_option_known(word, &value))
            return refuse(argv[0], word, err);
        if (!is_long && argv[i][0] == '-' && strlen(argv[i]) == 2)
            app_option_known(argv[i], &value);
        i += value && !argv[i][length]; // it may begin with dashes
    }
    return NN_OK;
}
