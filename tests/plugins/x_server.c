// SPDX-License-Identifier: MIT
// Starts Xvfb and waits until it is ready.
#include "tests/plugins/x_server.h"

#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t server;
static char display[16];

void x_server_read_line(int fd, char *line, size_t size)
{
    size_t n = 0;
    while (n + 1 < size && read(fd, line + n, 1) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
}

void x_server_start(void)
{
    static int started;
    int ends[2];
    char number[12] = "", own[16];
    snprintf(own, sizeof own, ":%d", 100 + (int)(getpid() % 10000) * 5 + started++ % 5);
    assert_int_equal(pipe(ends), 0);
    server = fork();
    if (server == 0) {
        char fd[12];
        close(ends[0]);
        snprintf(fd, sizeof fd, "%d", ends[1]);
        freopen("/dev/null", "w", stderr);
        execlp("Xvfb", "Xvfb", own, "-displayfd", fd, "-screen", "0", "640x480x24", "-nolisten",
               "tcp", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    x_server_read_line(ends[0], number, sizeof number);
    close(ends[0]);
    snprintf(display, sizeof display, ":%s", number);
    setenv("DISPLAY", display, 1);
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("SDL_VIDEODRIVER");
}

int x_server_stop(void **state)
{
    (void)state;
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    server = 0;
    return 0;
}
