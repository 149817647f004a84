// SPDX-License-Identifier: MIT
// A child process whose output goes to files.
#include "tests/support/command.h"

#include "tests/support/files.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int status_of(int status)
{
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int command_run(const char *first, ...)
{
    enum { WORDS = 64 };
    const char *argv[WORDS] = {getenv("NEROSCALE"), first};
    const test_path out = test_temp("out"), err = test_temp("err");
    va_list more;
    va_start(more, first);
    int n = 2;
    while (n < WORDS - 1 && (argv[n] = va_arg(more, const char *)))
        n++;
    va_end(more);
    assert_true(n < WORDS - 1);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen(out.text, "w", stdout) || !freopen(err.text, "w", stderr))
            _exit(126);
        execv(argv[0], (char **)argv);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status_of(status);
}

int command_line(const char *before, const char *arguments)
{
    char line[4096];
    const char *program = getenv("NEROSCALE");
    assert_non_null(program);
    const int length = snprintf(line, sizeof line, "cd '%s' && %s '%s' %s >out 2>err",
                                test_temp(".").text, before, program, arguments);
    assert_in_range(length, 1, sizeof line - 1);
    return status_of(system(line));
}

void command_kill_at(const char *arguments, const char *file)
{
    char line[4096];
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        snprintf(line, sizeof line, "cd '%s' && exec '%s' %s >out 2>err", test_temp(".").text,
                 getenv("NEROSCALE"), arguments);
        execl("/bin/sh", "sh", "-c", line, NULL);
        _exit(127);
    }
    for (int i = 0; i < 60000 && !test_is_there(file) && waitpid(child, NULL, WNOHANG) == 0; i++)
        usleep(1000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(test_is_there(file));
}

// The text that both streams received; free().
static char *read_all(void)
{
    char *out = test_read_text("out"), *err = test_read_text("err");
    const size_t first = strlen(out), second = strlen(err);
    char *all = malloc(first + second + 1);
    assert_non_null(all);
    memcpy(all, out, first);
    memcpy(all + first, err, second + 1);
    free(out);
    free(err);
    return all;
}

void command_said(const char *words)
{
    char *text = read_all();
    if (!strstr(text, words))
        fail_msg("no '%s' in: %s", words, text);
    free(text);
}

void command_did_not_say(const char *words)
{
    char *text = read_all();
    if (strstr(text, words))
        fail_msg("'%s' in: %s", words, text);
    free(text);
}

void command_said_one_line(const char *words)
{
    char *text = test_read_text("err");
    if (!strstr(text, words) || strchr(text, '\n') != text + strlen(text) - 1)
        fail_msg("not one line with '%s': %s", words, text);
    free(text);
}

int command_count(const char *words)
{
    char *text = read_all();
    int found = 0;
    for (const char *at = text; (at = strstr(at, words)); at++)
        found++;
    free(text);
    return found;
}
