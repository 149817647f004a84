// SPDX-License-Identifier: MIT
// How a run learns.
#ifndef APP_LEARN_OPTIONS_H
#define APP_LEARN_OPTIONS_H

#include <stdbool.h>

typedef struct app_learn_options {
    const char *dir;
    const char *model;              // the first model, with its head and class names
    const char *head, *labels_file; // or NULL
    const char *teacher;            // models for `label --teacher`; NULL: `model`
    int frames;                     // before the first round, at least 48
    int epochs;                     // of each round
    int most;                       // most pictures kept
    bool urgent;                    // nice 19 instead of idle priority
    const char *classes; // "person,car": the classes to learn among those of the teacher; NULL: all
    // Called on a thread of its own.
    void (*say)(void *user, const char *line);
    void (*use)(void *user, const char *model); // answer with app_learn_answer
    void *user;
} app_learn_options;

#endif
