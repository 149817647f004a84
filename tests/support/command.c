// SPDX-License-Identifier: MIT
// A child process whose output goes to a file.
#include "tests/support/command.h"

#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int command_run(const char *first, ...)
{
    enum { WORDS = 64 };
    const char *argv[WORDS] = {getenv("NEROSCALE"), first};
    const test_path said = test_temp("said");
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
        if (!freopen(said.text, "w", stdout) || dup2(fileno(stdout), STDERR_FILENO) < 0)
            _exit(126);
        execv(argv[0], (char **)argv);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool has_said(const char *words, char **text, size_t *size)
{
    *text = (char *)test_read(test_temp("said").text, size);
    return memmem(*text, *size, words, strlen(words));
}

void command_said(const char *words)
{
    size_t size;
    char *text;
    if (!has_said(words, &text, &size))
        fail_msg("no '%s' in: %.*s", words, (int)size, text);
    free(text);
}

void command_did_not_say(const char *words)
{
    size_t size;
    char *text;
    if (has_said(words, &text, &size))
        fail_msg("'%s' in: %.*s", words, (int)size, text);
    free(text);
}
