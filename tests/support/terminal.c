// SPDX-License-Identifier: MIT
// A child process whose stderr is a pseudo terminal.
#include "tests/support/terminal.h"

#include "tests/support/files.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_child(int slave, const char *arguments)
{
    char line[4096];
    snprintf(line, sizeof line, "cd '%s' && exec '%s' %s >out", test_temp(".").text,
             getenv("NEROSCALE"), arguments);
    setenv("TERM", "xterm", 1);
    dup2(slave, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

// Until the last process that has it open is gone.
static char *read_all(int master)
{
    size_t size = 0, room = 4096;
    char *text = malloc(room);
    for (ssize_t n; (n = read(master, text + size, room - size - 1)) > 0;) {
        size += (size_t)n;
        if (size + 1 < room)
            continue;
        room *= 2;
        text = realloc(text, room);
        assert_non_null(text);
    }
    text[size] = '\0';
    return text;
}

char *terminal_run(int columns, const char *arguments, int *status)
{
    const struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return NULL;
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        run_child(slave, arguments);
    close(slave);
    char *text = read_all(master);
    close(master);
    assert_true(waitpid(child, status, 0) == child && WIFEXITED(*status));
    *status = WEXITSTATUS(*status);
    return text;
}
