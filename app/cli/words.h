// SPDX-License-Identifier: MIT
// Looks through the words of a command line before they are parsed: understands those of other
// tools, and says what was meant by those that are unknown.
#ifndef APP_CLI_WORDS_H
#define APP_CLI_WORDS_H

#include "nn/base/status.h"

// Of a command, (*argv)[0], whose options were added by app_option_add. Older names and unknown
// options are NN_EINVAL with what to type. Words of other tools are replaced by ours: "--imgsz 640"
// and "imgsz=640". Each is noted on standard error.
nn_status app_words_check(int *argc, char **argv, nn_error *err);

// The command that a word of another tool means. NULL with an error: none.
const char *app_words_command(const char *word, const char *const *commands, int count,
                              nn_error *err);

#endif
