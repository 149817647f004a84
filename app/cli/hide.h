// SPDX-License-Identifier: MIT
// Takes passwords off the command line that other users of the machine can read.
#ifndef APP_CLI_HIDE_H
#define APP_CLI_HIDE_H

// Copies of the arguments, NULL at the end, which live as long as the process. In `argv` itself,
// which `ps` and /proc/PID/cmdline show, the passwords of URLs are masked.
char **app_hide_passwords(int argc, char **argv);

#endif
