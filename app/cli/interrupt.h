// SPDX-License-Identifier: MIT
// Ctrl-C, `kill` and a terminal that is closed: what a program that is told to end leaves behind.
#ifndef APP_CLI_INTERRUPT_H
#define APP_CLI_INTERRUPT_H

#include <signal.h>

// From now on SIGINT, SIGTERM and SIGHUP remove what is half written and end the program by that
// signal; one that whoever started it wants ignored (nohup) stays ignored. A file that may not grow
// any more (ulimit -f) is an error like a full disk. Called once, by main.
void app_interrupt_init(void);

// For long work with an end of its own: the first such signal makes the result true and calls
// `told` (NULL: nobody) from the signal handler; the second ends the program at once. For the rest
// of the process, or until app_interrupt_leave.
const volatile sig_atomic_t *app_interrupt_catch(void (*told)(void));
void app_interrupt_leave(void);

#endif
