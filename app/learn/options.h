// SPDX-License-Identifier: MIT
// How a run learns.
#ifndef APP_LEARN_OPTIONS_H
#define APP_LEARN_OPTIONS_H

#include <stdbool.h>

typedef struct app_learn_options {
    const char *dir;
    const char *model;              // the first model, its head and its class names
    const char *head, *labels_file; // or NULL
    const char *teacher;            // models for `label --teacher`; NULL: `model`
    int frames;                     // number that the first round waits for, at least 48
    int epochs;                     // of each round
    int most;                       // largest number of pictures to keep
    bool urgent;                    // nice 19 instead of idle priority
    const char *classes;            // "person,car": the teacher's classes to learn; NULL: all
    // `say` reports progress. `use` requests a model, and the caller answers with app_learn_answer.
    // Both run on a thread of the learner.
    void (*say)(void *user, const char *line);
    void (*use)(void *user, const char *model);
    void *user;
} app_learn_options;

#endif
