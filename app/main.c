// SPDX-License-Identifier: MIT
// neroscale: picks the subcommand.
#include "app/cli/arguments.h"
#include "app/cli/help_layout.h"
#include "app/cli/help_topics.h"
#include "app/cli/hide.h"
#include "app/cli/interrupt.h"
#include "app/cli/version.h"
#include "app/cli/words.h"
#include "app/commands/command.h"
#include "nn/base/spelling.h"
#include "po/locale_dir.h"
#include "po/translate.h"

#include <errno.h>
#include <glib.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *help;
    app_command_run *run;
} commands[] = {
#define APP_COMMAND(word, name, help) {name, help, app_cmd_##word},
#include "app/commands.inc"
#undef APP_COMMAND
};

static void add_text(GString *to, const char *text)
{
    g_autofree char *words = app_help_translate(text);
    g_string_append(to, words);
}

static void print_help(void)
{
    GString *text = g_string_new("");
    add_text(text, N_("usage: neroscale COMMAND [OPTIONS]\n"
                      "\n"
                      "Real-time detection, classification and segmentation of video "
                      "with CNNs, and their training.\n"
                      "\n"
                      "Commands:\n"));
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        g_string_append_printf(text, "  %-12s  %s\n", commands[i].name, _(commands[i].help));
    g_string_append(
        text, _("\n"
                "Examples:\n"
                "  neroscale run street.avi                         boxes on objects in a window\n"
                "  neroscale run /dev/video0 --record out.mp4       a camera, and its recording\n"
                "  neroscale run rtsp://10.0.0.7/live --json -      one line of JSON a frame\n"
                "From pictures that Roboflow, CVAT and others exported to a model of your own:\n"
                "  neroscale train --data export --init street --out mine.safetensors\n"
                "  neroscale eval mine.safetensors --data export    scores of each class\n"
                "  neroscale run street.avi --model mine.safetensors\n"
                "\n"
                "More:\n"
                "  neroscale COMMAND --help   explains a command\n"
                "  neroscale help TOPIC       explains what several commands share:\n"));
    for (int i = 0; app_help_topic_at(i); i++)
        g_string_append_printf(text, "      %-10s %s\n", app_help_topic_at(i)->word,
                               _(app_help_topic_at(i)->title));
    g_string_append(text, _("  neroscale --version        what this build has\n"));
    app_help_show(text->str);
    g_string_free(text, TRUE);
}

static int run_command(int i, int argc, char **argv)
{
    g_autofree char *name = g_strdup_printf("neroscale %s", commands[i].name);
    g_set_prgname(name);
    return commands[i].run(argc, argv);
}

// Of a command or a topic. Returns the exit status.
static int help_on(const char *word)
{
    const char *known[G_N_ELEMENTS(commands) + APP_HELP_TOPICS];
    int count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        char *const help[] = {(char *)word, "--help", NULL};
        known[count++] = commands[i].name;
        if (strcmp(word, commands[i].name) == 0)
            return run_command((int)i, 2, (char **)help);
    }
    for (int i = 0; i < APP_HELP_TOPICS; i++)
        known[count++] = app_help_topic_at(i)->word;
    if (app_help_print(word))
        return 0;
    const char *near = nn_spelling_nearest(word, known, count);
    fprintf(stderr, "neroscale: help %s: %s%s%s\n", word,
            near ? "is '" : "'neroscale help' lists commands and topics", near ? near : "",
            near ? "' meant?" : "");
    return APP_EXIT_ERROR;
}

// The number of a command, or of the one that another tool's word means; -1 with an error.
static int find_command(const char *word, nn_error *err)
{
    const char *names[G_N_ELEMENTS(commands)];
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        names[i] = commands[i].name;
        if (strcmp(word, names[i]) == 0)
            return (int)i;
    }
    word = app_words_command(word, names, G_N_ELEMENTS(commands), err);
    for (size_t i = 0; word && i < G_N_ELEMENTS(commands); i++)
        if (strcmp(word, names[i]) == 0)
            return (int)i;
    return -1;
}

static int ended; // the exit status, once a command has one

// Output that could not be written, for example to a full disk, is an error like any other; also
// where --help ends the program.
static void check_output(void)
{
    errno = 0;
    if (ended == APP_EXIT_ERROR || (fflush(stdout) == 0 && !ferror(stdout)))
        return; // said already, or all is well
    const char *why = errno ? g_strerror(errno) : "";
    fprintf(stderr, "%s: cannot write to standard output%s%s\n", g_get_prgname(), *why ? ": " : "",
            why);
    _exit(APP_EXIT_ERROR);
}

int main(int argc, char **argv)
{
    g_set_prgname("neroscale");
    atexit(check_output);
    argv = app_hide_passwords(argc, argv);
    app_interrupt_init();
    // File names, labels and texts; numbers stay in the C locale.
    setlocale(LC_CTYPE, "");
    setlocale(LC_MESSAGES, "");
    nero_translate_init(NERO_LOCALE_DIR);
    if (argc < 2) {
        fputs("neroscale: which command? 'neroscale --help' lists them\n", stderr);
        return APP_EXIT_ERROR;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        if (argc > 2)
            return ended = help_on(argv[2]);
        print_help();
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        app_print_version();
        return 0;
    }
    nn_error err = {0};
    const int found = find_command(word, &err);
    if (found < 0) {
        fprintf(stderr, "neroscale: %s\n", err.text);
        return APP_EXIT_ERROR;
    }
    argv[1] = (char *)commands[found].name;
    return ended = run_command(found, argc - 1, argv + 1);
}
