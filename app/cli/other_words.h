// SPDX-License-Identifier: MIT
// Words that are none of ours: older names of options, and words of other tools. Those that mean
// the same are understood; the others are answered with what to type here.
#ifndef APP_CLI_OTHER_WORDS_H
#define APP_CLI_OTHER_WORDS_H

// The older name of an option, or a letter ("-l"), and the option now ("--names"). `command` had
// it; NULL: every command that has the option.
typedef struct app_old_word {
    const char *command, *word, *now;
} app_old_word;

// A word of another tool, without dashes, in `commands` (NULL: all), "run eval". In a command that
// has the option `ours` it is understood as that; `ours` "": as a word without an option, "cpu": as
// a device, which must be that. Else `answer` says what to type; NULL: the word is unknown.
typedef struct app_other_word {
    const char *commands, *word, *ours, *answer;
} app_other_word;

extern const app_old_word app_old_words[];     // up to a row without a word
extern const app_other_word app_other_words[]; // likewise
// Other words for commands; `ours` NULL: answered only. `commands` is NULL.
extern const app_other_word app_other_commands[];

#endif
