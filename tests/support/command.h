// SPDX-License-Identifier: MIT
// Runs the program under test ($NEROSCALE) and looks at what it says.
#ifndef TESTS_SUPPORT_COMMAND_H
#define TESTS_SUPPORT_COMMAND_H

// Runs neroscale with the words up to NULL and returns its exit status. The test fails when it is
// killed.
int command_run(const char *first, ...) __attribute__((sentinel));
// The test fails unless the last run printed `words` to stdout or stderr.
void command_said(const char *words);
// The test fails if it did.
void command_did_not_say(const char *words);

#endif
