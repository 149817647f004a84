// SPDX-License-Identifier: MIT
// neroscale: picks the subcommand.
#include "app/cli/arguments.h"
#include "app/cli/interrupt.h"
#include "app/cli/version.h"
#include "app/cli/words.h"
#include "app/commands/command.h"

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
#define APP_COMMAND(name, help) {#name, help, app_cmd_##name},
#include "app/commands.inc"
#undef APP_COMMAND
};

static void print_help(void)
{
    puts("usage: neroscale COMMAND [OPTIONS]\n"
         "\n"
         "Real-time detection, classification and segmentation of video with CNNs, and their "
         "training.\n"
         "\n"
         "Commands:");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        printf("  %-8s %s\n", commands[i].name, commands[i].help);
    puts(
        "\n"
        "Examples:\n"
        "  neroscale run street.avi                         boxes on objects in a window\n"
        "  neroscale run /dev/video0 --record out.mp4       a camera, recorded with its boxes\n"
        "  neroscale run rtsp://10.0.0.7/live --json -      one line of JSON a frame on stdout\n"
        "  neroscale run drone.mp4 --model vehicle --no-window --json boxes.jsonl\n"
        "  neroscale info person                            card and layers of the model 'person'\n"
        "\n"
        "'neroscale COMMAND --help' explains a command, 'neroscale --version' what this build "
        "has.\n"
        "Keys in a window: f full screen, h figures, q or Escape quit.");
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
    app_interrupt_init();
    setlocale(LC_CTYPE, ""); // file names and labels; numbers stay in the C locale
    if (argc < 2) {
        fputs("neroscale: which command? 'neroscale --help' lists them\n", stderr);
        return APP_EXIT_ERROR;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
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
    g_autofree char *name = g_strdup_printf("neroscale %s", commands[found].name);
    g_set_prgname(name);
    argv[1] = (char *)commands[found].name;
    return ended = commands[found].run(argc - 1, argv + 1);
}
