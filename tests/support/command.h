// SPDX-License-Identifier: MIT
// Runs the program under test ($NEROSCALE) and checks its output. Its streams go to the files "out"
// and "err" in the temporary folder.
#ifndef TESTS_SUPPORT_COMMAND_H
#define TESTS_SUPPORT_COMMAND_H

// Runs neroscale with the words up to NULL and returns its exit status. The test fails when it is
// killed.
int command_run(const char *first, ...) __attribute__((sentinel));
// The same for a line as one types it in the temporary folder; `before` neroscale may stand another
// command that runs it.
int command_line(const char *before, const char *arguments);

// Starts such a line, and kills it when `file` is there, in the temporary folder. The test fails
// when it never comes.
void command_kill_at(const char *arguments, const char *file);

// The test fails unless the last run printed `words` to stdout or stderr.
void command_said(const char *words);
// The test fails if it did.
void command_did_not_say(const char *words);
// The test fails unless stderr is one line, with `words` in it.
void command_said_one_line(const char *words);
// How often it printed `words`, on both streams.
int command_count(const char *words);

#endif
