// SPDX-License-Identifier: MIT
// Parses the command line of a subcommand, shows its --help, and ends it.
#include "app/cli/arguments.h"

#include "app/cli/config.h"
#include "app/cli/folder.h"
#include "app/cli/help_layout.h"
#include "app/cli/option_entries.h"
#include "app/cli/words.h"

#include "nn/base/credentials.h"
#include "po/translate.h"

#include <stdio.h>
#include <stdlib.h>
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

// Main group, further groups, and the options that every command has.
static void add_groups(GOptionContext *context, const app_arguments *what)
{
    GOptionGroup *group =
        what->group ? what->group : g_option_group_new("main", "", "", NULL, NULL);
    if (!what->group)
        app_options_add_entries(group, what->entries);
    app_options_split(NULL, NULL, NULL);
    app_options_add_entries(group, app_config_entries());
    g_option_context_set_main_group(context, group);
    g_option_group_set_translation_domain(group, NERO_TEXT_DOMAIN);
    for (GOptionGroup **more = what->more; more && *more; more++) {
        g_option_group_set_translation_domain(*more, NERO_TEXT_DOMAIN);
        g_option_context_add_group(context, *more);
    }
}

nn_status app_parse_arguments(const app_arguments *what, int *argc, char ***argv, nn_error *err)
{
    GOptionContext *context = g_option_context_new(what->synopsis);
    GError *error = NULL;
    g_autofree char *summary = app_help_translate(what->summary);
    g_autofree char *description = app_help_translate(what->description ? what->description : "");
    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, *description ? description : NULL);
    add_groups(context, what);
    g_set_print_handler(app_help_show); // --help
    nn_status status = app_words_check(argc, *argv, err);
    if (status == NN_OK)
        status = app_config_use(context, argc, argv, err);
    if (status == NN_OK && !g_option_context_parse(context, argc, argv, &error))
        status = nn_fail(err, NN_EINVAL, "%s (try --help)", error->message);
    g_clear_error(&error);
    g_option_context_free(context);
    drop_dashes(argc, *argv);
    if (status == NN_OK && app_config_print())
        exit(0);
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
    g_autofree char *origin = app_config_origin(err->text);
    fprintf(stderr, "%s: %s%s\n", g_get_prgname(), err->text, origin);
    app_folders_drop_empty();
    return APP_EXIT_ERROR;
}
