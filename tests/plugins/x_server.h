// SPDX-License-Identifier: MIT
// An X server (Xvfb) of the test's own, without a screen.
#ifndef TESTS_PLUGINS_X_SERVER_H
#define TESTS_PLUGINS_X_SERVER_H

#include <stddef.h>

// Starts one, of 640x480 pixels, and points DISPLAY to it. Its number is this process's own: where
// a server is gone, none of another test must answer.
void x_server_start(void);
int x_server_stop(void **state); // also for the teardown of a test; nothing without one
// Reads a line, without its end, from a pipe.
void x_server_read_line(int fd, char *line, size_t size);

#endif
