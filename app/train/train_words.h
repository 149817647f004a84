// SPDX-License-Identifier: MIT
// The words of --train-options: options that other commands hand on to their trainings.
#ifndef APP_TRAIN_TRAIN_WORDS_H
#define APP_TRAIN_TRAIN_WORDS_H

#include "nn/base/status.h"

// Splits words as a shell does; NULL gives none. *out is owned (g_strfreev), NULL after an error.
// NN_EINVAL: a quote is open, or an option is in `refused`, names that end with NULL; `why` then
// ends the error: "which ...".
nn_status app_train_words(char ***out, const char *words, const char *const *refused,
                          const char *why, nn_error *err);

#endif
