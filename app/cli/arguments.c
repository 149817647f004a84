// SPDX-License-Identifier: MIT
// Parses the command line of a subcommand, shows its --help, and ends it.
#include "app/cli/arguments.h"

#include "app/cli/folder.h"
#include "app/cli/option_entries.h"
#include "app/cli/words.h"

#include "nn/base/credentials.h"

#include <stdio.h>
#include <string.h>

// GOption leaves the "--" before names that begin with a dash.
static void drop_dashes(int *argc, char **argv)
{
    for (int i = 1; i < *argc; i++)
        if (strcmp(argv[i], "--") == 0) {
            memmove(argv + i, argv + i + 1, (size_t)(*argc - i) * sizeof *argv);
            --*argc;
            return;
        }
}

static void add_main_entries(GOptionContext *context, const GOptionEntry *entries)
{
    GOptionGroup *group = g_option_group_new("main", "", "", NULL, NULL);
    app_options_add_entries(group, entries);
    g_option_context_set_main_group(context, group);
}

nn_status app_parse_arguments(const app_arguments *what, int *argc, char ***argv, nn_error *err)
{
    GOptionContext *context = g_option_context_new(what->synopsis);
    GError *error = NULL;
    g_option_context_set_summary(context, what->summary);
    g_option_context_set_description(context, what->description);
    if (what->group)
        g_option_context_set_main_group(context, what->group);
    else
        add_main_entries(context, what->entries);
    for (GOptionGroup **more = what->more; more && *more; more++)
        g_option_context_add_group(context, *more);
    nn_status status = app_words_check(argc, *argv, err);
    if (status == NN_OK && !g_option_context_parse(context, argc, argv, &error))
        status = nn_fail(err, NN_EINVAL, "%s (try --help)", error->message);
    g_clear_error(&error);
    g_option_context_free(context);
    drop_dashes(argc, *argv);
    return status;
}

nn_status app_check_one_model(int argc, nn_error *err)
{
    return argc == 2 ? NN_OK
                     : nn_fail(err, NN_EINVAL, "%s (try --help)",
                               argc < 2 ? "which model?" : "more than one model");
}

char *app_show_address(const char *text)
{
    const size_t size = strlen(text) + 64;
    char *shown = g_malloc(size);
    g_strlcpy(shown, text, size);
    nn_mask_credentials(shown, size);
    return shown;
}

int app_end(nn_status status, const nn_error *err)
{
    if (status == NN_OK)
        return 0;
    fprintf(stderr, "%s: %s\n", g_get_prgname(), err->text);
    app_folders_drop_empty();
    return APP_EXIT_ERROR;
}
