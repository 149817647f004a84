// SPDX-License-Identifier: MIT
// Words that are no options here: older names, and words of other tools.
#ifndef APP_CLI_OTHER_WORDS_H
#define APP_CLI_OTHER_WORDS_H

#include "nn/base/status.h"

// Looks through the options of a command line, whose first word is the command. NN_EINVAL names an
// unknown one with what to type instead.
nn_status app_words_check(int argc, char **argv, nn_error *err);

// An older name of an option, by number, with its name now ("--names"). *command is the one that
// had it, NULL for all that have the option. NULL: there are no more.
const char *app_word_old(int i, const char **command, const char **now);

#endif
