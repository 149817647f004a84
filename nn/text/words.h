// SPDX-License-Identifier: MIT
// Text as words, the way of the tokenizer of CLIP (Radford 2021; github.com/openai/CLIP):
// HTML entities resolved, lower case, then runs of letters, single numbers,
// runs of other signs, and the English endings 's 't 're 've 'm 'll 'd.
#ifndef NN_TEXT_WORDS_H
#define NN_TEXT_WORDS_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stddef.h>

enum { NN_TEXT_MOST = 8192 }; // bytes of a text that are read; what follows is left out

// Receives a word, which is not NUL-terminated. A status other than NN_OK ends the walk.
typedef nn_status nn_word_visit(void *ctx, const char *word, size_t size, nn_error *err);

// Gives the words of a text in order. Bytes that are not UTF-8 are signs. Unlike the original,
// ftfy's repairs are not made, the only named entities are amp, lt, gt, quot, apos and nbsp, and a
// final sigma is lowered like others.
nn_status nn_text_words(const char *text, nn_word_visit *visit, void *ctx, nn_error *err);

#endif
