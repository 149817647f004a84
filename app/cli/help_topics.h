// SPDX-License-Identifier: MIT
// What `neroscale help TOPIC` prints: texts that several commands share.
#ifndef APP_CLI_HELP_TOPICS_H
#define APP_CLI_HELP_TOPICS_H

#include <glib.h>
#include <stdbool.h>

enum { APP_HELP_TOPICS = 9 };

typedef struct app_help_topic {
    const char *word, *title; // "layouts", "labelled pictures for --data"
    const char *text;
    void (*more)(GString *text); // adds what is made of tables; NULL: nothing
} app_help_topic;

// By number, up to APP_HELP_TOPICS.
const app_help_topic *app_help_topic_at(int i);

// Prints a topic; false when there is none of this name.
bool app_help_print(const char *word);

#endif
