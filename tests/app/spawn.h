// SPDX-License-Identifier: MIT
// Runs neroscale as a child process and keeps its output, stdout and stderr apart.
#ifndef TESTS_APP_SPAWN_H
#define TESTS_APP_SPAWN_H

typedef struct spawn_output {
    int status; // exit status
    char *out, *err;
} spawn_output;

// Runs the program under test ($NEROSCALE); the words end with NULL. Fails when it is killed.
spawn_output spawn_run(const char *first, ...);
void spawn_release(spawn_output *o);
// Fails unless `text` contains `word`.
void spawn_expect(const char *text, const char *word);

#endif
