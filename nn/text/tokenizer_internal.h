// SPDX-License-Identifier: MIT
// The tables of a tokenizer, for those that fill them.
#ifndef NN_TEXT_TOKENIZER_INTERNAL_H
#define NN_TEXT_TOKENIZER_INTERNAL_H

#include "nn/text/tokenizer.h"

#include <stdbool.h>

enum { NN_TOKEN_LETTERS = 512 }; // most bytes of one side of a merge in a file

#define NN_TOKENIZER_VOCABULARY "#vocabulary" // line before the tokens

// A text that tokens are made of, in the characters of files.
typedef struct nn_token_symbol {
    uint32_t at, size; // in `letters`
    int32_t number;    // of the token; -1: it is none
} nn_token_symbol;

typedef struct nn_token_merge {
    int32_t a, b, joined, rank; // symbols; the least rank comes first
} nn_token_merge;

struct nn_tokenizer {
    char *text; // owned: what nn_tokenizer_text returns
    nn_token_symbol *symbols;
    int32_t symbol_count, symbol_room;
    char *letters;
    size_t letter_count, letter_room;
    int32_t *slots; // hash table of symbols by text; -1: empty
    uint64_t slot_mask;
    nn_token_merge *merges;
    int32_t merge_count, rank_count;
    int32_t *merge_slots; // hash table of merges by their pair; -1: empty
    uint64_t merge_mask;
    int32_t *by_number; // symbol of each token; -1: none
    int32_t count, start, end;
    int32_t bytes[2][256]; // symbols of bytes; of those that end a word
    uint32_t code[256];    // character of each byte in files
    uint8_t byte_of[0x200];
};

// An empty one with room for so many symbols, bytes of their texts, and merges, besides those of
// single bytes. Free *out also on failure.
nn_status nn_tokenizer_new(nn_tokenizer **out, size_t symbols, size_t letters, size_t merges,
                           nn_error *err);
void nn_tokenizer_add_bytes(nn_tokenizer *t); // the 512 symbols of bytes
int32_t nn_tokenizer_find(const nn_tokenizer *t, const char *text, size_t size); // -1: none
// The symbol of a text, added where it is new; -1: there is no room.
int32_t nn_tokenizer_intern(nn_tokenizer *t, const char *text, size_t size);
const nn_token_merge *nn_tokenizer_find_merge(const nn_tokenizer *t, int32_t a, int32_t b);
// Adds a merge, or gives the one of this pair a new rank.
void nn_tokenizer_add_merge(nn_tokenizer *t, int32_t a, int32_t b, int32_t joined);
nn_status nn_tokenizer_number(nn_tokenizer *t, int32_t count, nn_error *err); // room for numbers
void nn_tokenizer_set_number(nn_tokenizer *t, int32_t number, int32_t symbol);
// Checks that all that can be made has a number, and finds start and end.
nn_status nn_tokenizer_finish(nn_tokenizer *t, nn_error *err);

// Sets t->text from the merges; with `numbered` the tokens in the order of their numbers follow.
nn_status nn_tokenizer_set_text(nn_tokenizer *t, bool numbered, nn_error *err);
// Numbers bytes, merges, start and end in this order. Room for start and end was counted.
nn_status nn_tokenizer_number_usual(nn_tokenizer *t, nn_error *err);

#endif
