// SPDX-License-Identifier: MIT
// Runs the program under test ($NEROSCALE) with a terminal of a certain width as stderr.
#ifndef TESTS_SUPPORT_TERMINAL_H
#define TESTS_SUPPORT_TERMINAL_H

// Runs neroscale with `arguments`, as one types them in the temporary folder, and returns what it
// wrote to the terminal (free()); stdout goes to the file "out". *status gets the exit status.
// NULL: there are no pseudo terminals here.
char *terminal_run(int columns, const char *arguments, int *status);

#endif
