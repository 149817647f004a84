// SPDX-License-Identifier: MIT
// Byte-pair tokens of text (Sennrich 2016) as CLIP has them (Radford 2021): words of bytes, the
// last one marked "</w>", joined by a list of merges. Tokens are numbered: 256 bytes, 256 bytes
// that end a word, the merges in their order, <|startoftext|>, <|endoftext|>; or as a vocab.json
// says.
#ifndef NN_TEXT_TOKENIZER_H
#define NN_TEXT_TOKENIZER_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NN_TOKENIZER_LEAST = 514,         // tokens without any merge
    NN_TOKENIZER_MOST = 1 << 17,      // tokens
    NN_TOKENIZER_CLIP_MERGES = 48894, // lines of CLIP's file that count
    NN_TOKENIZER_TEXT_MOST = 8 << 20, // bytes of nn_tokenizer_text
};

typedef struct nn_tokenizer nn_tokenizer; // constant once it is made: any number of threads

// From a text: a line for each merge, "a b</w>", after an optional heading ("#version ..."). A line
// "#vocabulary" ends them where tokens have other numbers; the tokens follow, one a line.
// NN_EFORMAT names the line.
NN_API nn_status nn_tokenizer_parse(nn_tokenizer **out, const char *text, size_t size,
                                    nn_error *err);
// From a file with such a text, plain or gzip (bpe_simple_vocab_16e6.txt.gz); or from a folder, or
// vocab.json in it, with vocab.json and merges.txt as Hugging Face writes them for CLIP. Errors
// name the path.
NN_API nn_status nn_tokenizer_load(nn_tokenizer **out, const char *path, nn_error *err);
// Learns merges from texts: the most frequent pair first, as long as there are fewer than
// `vocabulary` tokens and a pair occurs twice.
NN_API nn_status nn_tokenizer_learn(nn_tokenizer **out, const char *const *texts, int count,
                                    int vocabulary, nn_error *err);
NN_API void nn_tokenizer_free(nn_tokenizer *t); // NULL is a no-op

NN_API int nn_tokenizer_count(const nn_tokenizer *t); // of tokens
// Whether the end of a text has the largest number, as in CLIP: networks that find the end by it
// (the zoo's head "clip", published towers) need that. A vocab.json may have it elsewhere.
NN_API bool nn_tokenizer_ends_last(const nn_tokenizer *t);
// The text that nn_tokenizer_parse makes the same of. Borrowed.
NN_API const char *nn_tokenizer_text(const nn_tokenizer *t);

// Fills `length` (>= 2) numbers: the start, the words of the text (words.h), the end, zeros. A text
// that is too long loses its last tokens. *end gets the place of the end.
NN_API nn_status nn_tokenizer_encode(const nn_tokenizer *t, const char *text, float *tokens,
                                     int length, int *end, nn_error *err);
// The tokens of `size` bytes as one word, as they are; `tokens` has room for as many.
nn_status nn_tokenizer_encode_word(const nn_tokenizer *t, const char *bytes, size_t size,
                                   int32_t *tokens, int *count, nn_error *err);
// The text of tokens, a blank after each word; unknown numbers are left out. As snprintf: returns
// the length that it would have.
size_t nn_tokenizer_decode(const nn_tokenizer *t, const int32_t *tokens, int count, char *out,
                           size_t size);

#endif
