// SPDX-License-Identifier: MIT
// Ends the program on Ctrl-C, `kill` and a closed terminal, and removes half-written files.
#ifndef APP_CLI_INTERRUPT_H
#define APP_CLI_INTERRUPT_H

#include <signal.h>

// Makes SIGINT, SIGTERM and SIGHUP remove half-written files and end the program by that signal. A
// signal that the parent ignores (nohup) stays ignored. A file that reaches its size limit (ulimit
// -f) gives an error like a full disk. main calls it once.
void app_interrupt_init(void);

// For long work with an end of its own: the first signal sets the result to true and calls `told`
// (may be NULL) from the signal handler; one that comes two seconds later ends the program at once.
// Those between are ignored, since one request may come as two signals. Valid until
// app_interrupt_leave.
const volatile sig_atomic_t *app_interrupt_catch(void (*told)(void));
void app_interrupt_leave(void);

#endif
