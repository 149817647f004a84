// SPDX-License-Identifier: MIT
// Learns the merges of a tokenizer (Sennrich 2016, algorithm 1).
#include "nn/text/tokenizer_internal.h"

#include "nn/base/memory.h"
#include "nn/text/words.h"

#include <string.h>

enum { LONGEST = 64 }; // bytes: longer words are no words

// A word of the texts, and how often it is there.
typedef struct word {
    int32_t at, size; // of its bytes, and of its symbols until merges shorten them
    int64_t count;
} word;

// A pair of symbols that stand side by side.
typedef struct pair {
    int32_t a, b;
    int64_t count;
} pair;

typedef struct learning {
    nn_tokenizer *t;
    word *words;
    int32_t word_count, word_room;
    char *bytes; // of all words
    size_t byte_count, byte_room;
    int32_t *slots; // hash table of words; -1: empty
    uint64_t mask;
    int32_t *symbols; // of all words, each from its `at`
    pair *pairs;      // hash table; count 0: empty
    uint64_t pair_mask;
} learning;

static uint64_t hash_bytes(const char *text, size_t size)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < size; i++)
        h = (h ^ (uint8_t)text[i]) * 0x100000001B3u;
    return h ^ h >> 29;
}

static nn_status rehash(learning *l, nn_error *err)
{
    const uint64_t mask = l->mask ? 2 * l->mask + 1 : 1023;
    int32_t *slots = nn_alloc((size_t)(mask + 1) * sizeof *slots);
    if (!slots)
        return nn_fail(err, NN_ENOMEM, "no memory for the words of captions");
    for (uint64_t i = 0; i <= mask; i++)
        slots[i] = -1;
    for (int32_t w = 0; w < l->word_count; w++) {
        uint64_t i = hash_bytes(l->bytes + l->words[w].at, (size_t)l->words[w].size);
        while (slots[i & mask] >= 0)
            i++;
        slots[i & mask] = w;
    }
    nn_free(l->slots);
    l->slots = slots;
    l->mask = mask;
    return NN_OK;
}

static nn_status make_room(learning *l, size_t size, nn_error *err)
{
    if (l->word_count == l->word_room) {
        const int32_t larger = l->word_room ? 2 * l->word_room : 512;
        word *grown = nn_realloc(l->words, (size_t)l->word_room * sizeof *grown,
                                 (size_t)larger * sizeof *grown);
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for the words of captions");
        l->words = grown;
        l->word_room = larger;
    }
    if (l->byte_count + size > l->byte_room) {
        const size_t larger = 2 * l->byte_room + size + 4096;
        char *grown = nn_realloc(l->bytes, l->byte_count, larger);
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for the words of captions");
        l->bytes = grown;
        l->byte_room = larger;
    }
    return 2 * (uint64_t)l->word_count >= l->mask ? rehash(l, err) : NN_OK;
}

static nn_status take_word(void *ctx, const char *text, size_t size, nn_error *err)
{
    learning *l = ctx;
    if (size > LONGEST || size == 0)
        return NN_OK;
    const nn_status status = make_room(l, size, err);
    if (status != NN_OK)
        return status;
    uint64_t i = hash_bytes(text, size);
    for (int32_t w; (w = l->slots[i & l->mask]) >= 0; i++) {
        word *known = &l->words[w];
        if (known->size == (int32_t)size && memcmp(l->bytes + known->at, text, size) == 0) {
            known->count++;
            return NN_OK;
        }
    }
    l->slots[i & l->mask] = l->word_count;
    memcpy(l->bytes + l->byte_count, text, size);
    l->words[l->word_count++] = (word){(int32_t)l->byte_count, (int32_t)size, 1};
    l->byte_count += size;
    return NN_OK;
}

// Words become the symbols of their bytes.
static nn_status begin_symbols(learning *l, nn_error *err)
{
    uint64_t size = 1024;
    while (size < 2 * (uint64_t)l->byte_count)
        size *= 2;
    l->symbols = nn_calloc(l->byte_count + 1, sizeof *l->symbols);
    l->pairs = nn_calloc((size_t)size, sizeof *l->pairs);
    l->pair_mask = size - 1;
    if (!l->symbols || !l->pairs)
        return nn_fail(err, NN_ENOMEM, "no memory to learn a tokenizer");
    for (int32_t w = 0; w < l->word_count; w++)
        for (int32_t i = 0; i < l->words[w].size; i++)
            l->symbols[l->words[w].at + i] =
                l->t->bytes[i + 1 == l->words[w].size][(uint8_t)l->bytes[l->words[w].at + i]];
    return NN_OK;
}

static void count_pair(learning *l, int32_t a, int32_t b, int64_t count)
{
    const uint64_t h = ((uint64_t)(uint32_t)a << 32 | (uint32_t)b) * 0x9E3779B97F4A7C15u;
    uint64_t i = h ^ h >> 31;
    for (pair *p; (p = &l->pairs[i & l->pair_mask])->count > 0; i++)
        if (p->a == a && p->b == b) {
            p->count += count;
            return;
        }
    l->pairs[i & l->pair_mask] = (pair){a, b, count};
}

// Of equal ones the first by symbols, so that the order of words does not matter.
static bool is_better(const pair *a, const pair *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    return a->a != b->a ? a->a < b->a : a->b < b->b;
}

// The most frequent pair; false: none is there twice.
static bool find_best(learning *l, pair *best)
{
    memset(l->pairs, 0, (size_t)(l->pair_mask + 1) * sizeof *l->pairs);
    for (int32_t w = 0; w < l->word_count; w++)
        for (int32_t i = 0; i + 1 < l->words[w].size; i++)
            count_pair(l, l->symbols[l->words[w].at + i], l->symbols[l->words[w].at + i + 1],
                       l->words[w].count);
    *best = (pair){0, 0, 1};
    for (uint64_t i = 0; i <= l->pair_mask; i++)
        if (l->pairs[i].count > 1 && (best->count == 1 || is_better(&l->pairs[i], best)))
            *best = l->pairs[i];
    return best->count > 1;
}

static void join(learning *l, int32_t a, int32_t b, int32_t joined)
{
    for (int32_t w = 0; w < l->word_count; w++) {
        int32_t *s = l->symbols + l->words[w].at, left = 0;
        for (int32_t i = 0; i < l->words[w].size; i++) {
            const bool both = i + 1 < l->words[w].size && s[i] == a && s[i + 1] == b;
            s[left++] = both ? joined : s[i];
            i += both;
        }
        l->words[w].size = left;
    }
}

static nn_status merge_all(learning *l, int vocabulary, nn_error *err)
{
    nn_tokenizer *t = l->t;
    char text[4 * LONGEST];
    pair best;
    while (NN_TOKENIZER_LEAST + t->merge_count < vocabulary && find_best(l, &best)) {
        const nn_token_symbol *a = &t->symbols[best.a], *b = &t->symbols[best.b];
        memcpy(text, t->letters + a->at, a->size);
        memcpy(text + a->size, t->letters + b->at, b->size);
        const int32_t joined = nn_tokenizer_intern(t, text, a->size + b->size);
        if (joined < 0)
            return nn_fail(err, NN_ENOMEM, "no room for the tokens of captions");
        nn_tokenizer_add_merge(t, best.a, best.b, joined);
        join(l, best.a, best.b, joined);
    }
    return NN_OK;
}

nn_status nn_tokenizer_learn(nn_tokenizer **out, const char *const *texts, int count,
                             int vocabulary, nn_error *err)
{
    enum { LETTERS = 2 * LONGEST + 8 }; // of a token: a byte may take two, and the mark
    learning l = {0};
    *out = NULL;
    if (vocabulary < NN_TOKENIZER_LEAST || vocabulary > NN_TOKENIZER_MOST)
        return nn_fail(err, NN_EINVAL, "a vocabulary of %d tokens: %d to %d are possible",
                       vocabulary, NN_TOKENIZER_LEAST, NN_TOKENIZER_MOST);
    const size_t merges = (size_t)vocabulary - NN_TOKENIZER_LEAST;
    nn_status status = nn_tokenizer_new(&l.t, merges, merges * LETTERS, merges, err);
    if (status == NN_OK)
        nn_tokenizer_add_bytes(l.t);
    for (int i = 0; i < count && status == NN_OK; i++)
        status = nn_text_words(texts[i], take_word, &l, err);
    if (status == NN_OK)
        status = begin_symbols(&l, err);
    if (status == NN_OK)
        status = merge_all(&l, vocabulary, err);
    if (status == NN_OK)
        status = nn_tokenizer_number_usual(l.t, err);
    if (status == NN_OK)
        status = nn_tokenizer_finish(l.t, err);
    if (status == NN_OK)
        status = nn_tokenizer_set_text(l.t, false, err);
    nn_free(l.words);
    nn_free(l.bytes);
    nn_free(l.slots);
    nn_free(l.symbols);
    nn_free(l.pairs);
    if (status == NN_OK)
        *out = l.t;
    else
        nn_tokenizer_free(l.t);
    return status;
}
