// SPDX-License-Identifier: MIT
// neroscale as a child process, with its output on each stream.
#ifndef TESTS_APP_SPAWN_H
#define TESTS_APP_SPAWN_H

typedef struct spawn_output {
    int status; // exit status
    char *out, *err;
} spawn_output;

// Runs the program under test ($NEROSCALE) with the words up to NULL. The test fails when it is
// killed.
spawn_output spawn_run(const char *first, ...);
void spawn_release(spawn_output *o);
// The test fails unless `text` contains `word`.
void spawn_expect(const char *text, const char *word);

#endif
