// SPDX-License-Identifier: MIT
// The tables of a tokenizer, and how words become tokens.
#include "nn/text/tokenizer_internal.h"

#include "nn/base/memory.h"
#include "nn/text/words.h"

#include <limits.h>
#include <string.h>

static const char START[] = "<|startoftext|>", END[] = "<|endoftext|>", MARK[] = "</w>";

// The character that stands for a byte in files: itself where it is printable.
static uint32_t code_of_byte(int byte)
{
    uint32_t others = 0;
    for (int b = 0; b <= byte; b++) {
        const bool plain = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
        if (b == byte)
            return plain ? (uint32_t)byte : 0x100 + others;
        others += !plain;
    }
    return 0;
}

static int write_byte(const nn_tokenizer *t, char *out, uint8_t byte)
{
    const uint32_t c = t->code[byte];
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    out[0] = (char)(0xC0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3F));
    return 2;
}

static uint64_t hash_text(const char *text, size_t size)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < size; i++)
        h = (h ^ (uint8_t)text[i]) * 0x100000001B3u;
    return h ^ h >> 29;
}

static uint64_t hash_pair(int32_t a, int32_t b)
{
    const uint64_t h = ((uint64_t)(uint32_t)a << 32 | (uint32_t)b) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 31;
}

static bool is_symbol(const nn_tokenizer *t, int32_t s, const char *text, size_t size)
{
    const nn_token_symbol *one = &t->symbols[s];
    return one->size == size && memcmp(t->letters + one->at, text, size) == 0;
}

int32_t nn_tokenizer_find(const nn_tokenizer *t, const char *text, size_t size)
{
    for (uint64_t i = hash_text(text, size);; i++) {
        const int32_t s = t->slots[i & t->slot_mask];
        if (s < 0 || is_symbol(t, s, text, size))
            return s;
    }
}

int32_t nn_tokenizer_intern(nn_tokenizer *t, const char *text, size_t size)
{
    int32_t s = nn_tokenizer_find(t, text, size);
    if (s >= 0)
        return s;
    if (t->symbol_count == t->symbol_room || t->letter_count + size > t->letter_room)
        return -1; // the rooms were counted before
    memcpy(t->letters + t->letter_count, text, size);
    s = t->symbol_count++;
    t->symbols[s] = (nn_token_symbol){(uint32_t)t->letter_count, (uint32_t)size, -1};
    t->letter_count += size;
    uint64_t i = hash_text(text, size);
    while (t->slots[i & t->slot_mask] >= 0)
        i++;
    t->slots[i & t->slot_mask] = s;
    return s;
}

const nn_token_merge *nn_tokenizer_find_merge(const nn_tokenizer *t, int32_t a, int32_t b)
{
    for (uint64_t i = hash_pair(a, b);; i++) {
        const int32_t m = t->merge_slots[i & t->merge_mask];
        if (m < 0)
            return NULL;
        if (t->merges[m].a == a && t->merges[m].b == b)
            return &t->merges[m];
    }
}

void nn_tokenizer_add_merge(nn_tokenizer *t, int32_t a, int32_t b, int32_t joined)
{
    uint64_t i = hash_pair(a, b);
    for (; t->merge_slots[i & t->merge_mask] >= 0; i++) {
        nn_token_merge *m = &t->merges[t->merge_slots[i & t->merge_mask]];
        if (m->a == a && m->b == b) { // as in a Python dict, the last rank counts
            m->rank = t->rank_count++;
            return;
        }
    }
    t->merge_slots[i & t->merge_mask] = t->merge_count;
    t->merges[t->merge_count++] = (nn_token_merge){a, b, joined, t->rank_count++};
}

static uint64_t mask_for(size_t count)
{
    uint64_t size = 16;
    while (size < 2 * (uint64_t)count)
        size *= 2;
    return size - 1;
}

static void fill_slots(int32_t *slots, uint64_t mask)
{
    for (uint64_t i = 0; i <= mask; i++)
        slots[i] = -1;
}

nn_status nn_tokenizer_new(nn_tokenizer **out, size_t symbols, size_t letters, size_t merges,
                           nn_error *err)
{
    nn_tokenizer *t = nn_calloc(1, sizeof *t);
    *out = t;
    if (!t)
        return nn_fail(err, NN_ENOMEM, "no memory for a tokenizer");
    t->symbol_room = (int32_t)symbols + NN_TOKENIZER_LEAST;
    t->letter_room = letters + (size_t)NN_TOKENIZER_LEAST * 8;
    t->slot_mask = mask_for((size_t)t->symbol_room);
    t->merge_mask = mask_for(merges + 1);
    t->symbols = nn_calloc((size_t)t->symbol_room, sizeof *t->symbols);
    t->letters = nn_calloc(t->letter_room, 1);
    t->slots = nn_calloc((size_t)t->slot_mask + 1, sizeof *t->slots);
    t->merges = nn_calloc(merges + 1, sizeof *t->merges);
    t->merge_slots = nn_calloc((size_t)t->merge_mask + 1, sizeof *t->merge_slots);
    if (!t->symbols || !t->letters || !t->slots || !t->merges || !t->merge_slots)
        return nn_fail(err, NN_ENOMEM, "no memory for a tokenizer of %zu merges", merges);
    fill_slots(t->slots, t->slot_mask);
    fill_slots(t->merge_slots, t->merge_mask);
    for (int b = 0; b < 256; b++)
        t->code[b] = code_of_byte(b);
    for (int b = 0; b < 256; b++)
        t->byte_of[t->code[b]] = (uint8_t)b;
    return NN_OK;
}

// The bytes in the order of their characters, as the original numbers them: first what is itself.
static int byte_at(const nn_tokenizer *t, int i)
{
    int n = 0;
    for (int turn = 0; turn < 2; turn++)
        for (int b = 0; b < 256; b++)
            if ((t->code[b] >= 0x100) == (turn == 1) && n++ == i)
                return b;
    return 0;
}

void nn_tokenizer_add_bytes(nn_tokenizer *t)
{
    for (int i = 0; i < 512; i++) {
        char text[8];
        const uint8_t byte = (uint8_t)byte_at(t, i % 256);
        int n = write_byte(t, text, byte);
        if (i >= 256) {
            memcpy(text + n, MARK, sizeof MARK - 1);
            n += (int)sizeof MARK - 1;
        }
        t->bytes[i / 256][byte] = nn_tokenizer_intern(t, text, (size_t)n);
    }
}

nn_status nn_tokenizer_number(nn_tokenizer *t, int32_t count, nn_error *err)
{
    t->by_number = nn_calloc((size_t)count + 1, sizeof *t->by_number);
    if (!t->by_number)
        return nn_fail(err, NN_ENOMEM, "no memory for a tokenizer");
    t->count = count;
    for (int32_t i = 0; i < count; i++)
        t->by_number[i] = -1;
    return NN_OK;
}

void nn_tokenizer_set_number(nn_tokenizer *t, int32_t number, int32_t symbol)
{
    t->by_number[number] = symbol;
    t->symbols[symbol].number = number;
}

nn_status nn_tokenizer_number_usual(nn_tokenizer *t, nn_error *err)
{
    const int32_t count = NN_TOKENIZER_LEAST + t->merge_count;
    const int32_t start = nn_tokenizer_intern(t, START, sizeof START - 1);
    const int32_t end = nn_tokenizer_intern(t, END, sizeof END - 1);
    const nn_status status = nn_tokenizer_number(t, count, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < 512; i++)
        nn_tokenizer_set_number(t, i, t->bytes[i / 256][byte_at(t, i % 256)]);
    for (int32_t m = 0; m < t->merge_count; m++)
        nn_tokenizer_set_number(t, 512 + m, t->merges[m].joined);
    nn_tokenizer_set_number(t, count - 2, start);
    nn_tokenizer_set_number(t, count - 1, end);
    return NN_OK;
}

static char *put_text(char *to, const nn_tokenizer *t, int32_t symbol, char after)
{
    if (symbol >= 0) {
        memcpy(to, t->letters + t->symbols[symbol].at, t->symbols[symbol].size);
        to += t->symbols[symbol].size;
    }
    *to = after;
    return to + 1;
}

nn_status nn_tokenizer_set_text(nn_tokenizer *t, bool numbered, nn_error *err)
{
    size_t size = sizeof NN_TOKENIZER_VOCABULARY + 1;
    for (int32_t m = 0; m < t->merge_count; m++)
        size += t->symbols[t->merges[m].a].size + t->symbols[t->merges[m].b].size + 2;
    for (int32_t i = 0; numbered && i < t->count; i++)
        size += 1 + (t->by_number[i] >= 0 ? t->symbols[t->by_number[i]].size : 0);
    char *to = t->text = nn_alloc(size);
    if (!to)
        return nn_fail(err, NN_ENOMEM, "no memory for the text of a tokenizer");
    for (int32_t m = 0; m < t->merge_count; m++) {
        to = put_text(to, t, t->merges[m].a, ' ');
        to = put_text(to, t, t->merges[m].b, '\n');
    }
    if (numbered) {
        memcpy(to, NN_TOKENIZER_VOCABULARY "\n", sizeof NN_TOKENIZER_VOCABULARY);
        to += sizeof NN_TOKENIZER_VOCABULARY;
    }
    for (int32_t i = 0; numbered && i < t->count; i++)
        to = put_text(to, t, t->by_number[i], '\n');
    *to = '\0';
    return NN_OK;
}

nn_status nn_tokenizer_finish(nn_tokenizer *t, nn_error *err)
{
    const int32_t start = nn_tokenizer_find(t, START, sizeof START - 1);
    const int32_t end = nn_tokenizer_find(t, END, sizeof END - 1);
    for (int i = 0; i < 512; i++)
        if (t->symbols[t->bytes[i / 256][i % 256]].number < 0)
            return nn_fail(err, NN_EFORMAT,
                           "the vocabulary lacks the token of byte %d%s: it is not one of CLIP's "
                           "kind",
                           i % 256, i < 256 ? "" : " at the end of a word");
    for (int32_t m = 0; m < t->merge_count; m++)
        if (t->symbols[t->merges[m].joined].number < 0)
            return nn_fail(err, NN_EFORMAT,
                           "the vocabulary lacks '%.*s', which the merges make: they do not belong "
                           "together",
                           (int)nn_min(t->symbols[t->merges[m].joined].size, 64),
                           t->letters + t->symbols[t->merges[m].joined].at);
    if (start < 0 || end < 0 || t->symbols[start].number < 0 || t->symbols[end].number < 0)
        return nn_fail(err, NN_EFORMAT, "the vocabulary lacks %s or %s", START, END);
    t->start = t->symbols[start].number;
    t->end = t->symbols[end].number;
    return NN_OK;
}

void nn_tokenizer_free(nn_tokenizer *t)
{
    if (!t)
        return;
    nn_free(t->symbols);
    nn_free(t->letters);
    nn_free(t->slots);
    nn_free(t->merges);
    nn_free(t->merge_slots);
    nn_free(t->by_number);
    nn_free(t->text);
    nn_free(t);
}

int nn_tokenizer_count(const nn_tokenizer *t)
{
    return t->count;
}

bool nn_tokenizer_ends_last(const nn_tokenizer *t)
{
    return t->end == t->count - 1;
}

const char *nn_tokenizer_text(const nn_tokenizer *t)
{
    return t->text;
}

// The merge of least rank among neighbours; NULL: nothing can be joined.
static const nn_token_merge *find_least(const nn_token_merge *const *next, int n)
{
    const nn_token_merge *least = NULL;
    for (int i = 0; i + 1 < n; i++)
        if (next[i] && (!least || next[i]->rank < least->rank))
            least = next[i];
    return least;
}

// Joins all pairs of a merge from left to right; returns how many symbols are left.
static int join(const nn_tokenizer *t, const nn_token_merge *m, int32_t *symbols,
                const nn_token_merge **next, int n)
{
    int left = 0;
    for (int i = 0; i < n; i++) {
        const bool pair = i + 1 < n && symbols[i] == m->a && symbols[i + 1] == m->b;
        symbols[left] = pair ? m->joined : symbols[i];
        next[left++] = pair ? NULL : next[i];
        i += pair;
    }
    for (int i = 0; i + 1 < left; i++)
        if (symbols[i] == m->joined || symbols[i + 1] == m->joined)
            next[i] = nn_tokenizer_find_merge(t, symbols[i], symbols[i + 1]);
    return left;
}

nn_status nn_tokenizer_encode_word(const nn_tokenizer *t, const char *bytes, size_t size,
                                   int32_t *tokens, int *count, nn_error *err)
{
    *count = 0;
    if (size == 0)
        return NN_OK;
    if (size > INT_MAX / 2)
        return nn_fail(err, NN_EINVAL, "a word of %zu bytes", size);
    const nn_token_merge **next = nn_calloc(size, sizeof *next);
    if (!next)
        return nn_fail(err, NN_ENOMEM, "no memory for a word of %zu bytes", size);
    int n = (int)size;
    for (int i = 0; i < n; i++)
        tokens[i] = t->bytes[i + 1 == n][(uint8_t)bytes[i]];
    for (int i = 0; i + 1 < n; i++)
        next[i] = nn_tokenizer_find_merge(t, tokens[i], tokens[i + 1]);
    for (const nn_token_merge *m; (m = find_least(next, n)) != NULL;)
        n = join(t, m, tokens, next, n);
    nn_free(next);
    for (int i = 0; i < n; i++)
        tokens[i] = t->symbols[tokens[i]].number;
    *count = n;
    return NN_OK;
}

// Tokens of a text so far.
typedef struct encoding {
    const nn_tokenizer *t;
    float *tokens;
    int count, length;
    int32_t *word; // room for the longest word
} encoding;

static nn_status take_word(void *ctx, const char *word, size_t size, nn_error *err)
{
    encoding *e = ctx;
    int n = 1;
    if (e->count >= e->length)
        return NN_OK;
    nn_status status = NN_OK;
    if (size == sizeof START - 1 && memcmp(word, START, size) == 0)
        e->word[0] = e->t->start;
    else if (size == sizeof END - 1 && memcmp(word, END, size) == 0)
        e->word[0] = e->t->end;
    else
        status = nn_tokenizer_encode_word(e->t, word, size, e->word, &n, err);
    for (int i = 0; i < n && e->count < e->length && status == NN_OK; i++)
        e->tokens[e->count++] = (float)e->word[i];
    return status;
}

nn_status nn_tokenizer_encode(const nn_tokenizer *t, const char *text, float *tokens, int length,
                              int *end, nn_error *err)
{
    encoding e = {t, tokens, 1, length, nn_calloc(3 * NN_TEXT_MOST, sizeof *e.word)};
    if (!e.word)
        return nn_fail(err, NN_ENOMEM, "no memory for a text");
    tokens[0] = (float)t->start;
    const nn_status status = nn_text_words(text, take_word, &e, err);
    nn_free(e.word);
    *end = e.count < length ? e.count : length - 1;
    tokens[*end] = (float)t->end;
    for (int i = *end + 1; i < length; i++)
        tokens[i] = 0;
    return status;
}

// Where decoded bytes go; what does not fit is counted.
typedef struct writing {
    char *out;
    size_t size, length;
} writing;

static void put(writing *w, char c)
{
    if (w->length + 1 < w->size)
        w->out[w->length] = c;
    w->length++;
}

static void put_symbol(const nn_tokenizer *t, const nn_token_symbol *s, writing *w)
{
    const size_t mark = sizeof MARK - 1;
    const char *text = t->letters + s->at;
    const bool ends = s->size > mark && memcmp(text + s->size - mark, MARK, mark) == 0;
    const bool special = s->number == t->start || s->number == t->end;
    for (size_t i = 0; i < s->size - (ends ? mark : 0); i++) {
        const uint8_t b = (uint8_t)text[i];
        uint32_t code = b;
        if (b >= 0x80 && i + 1 < s->size)
            code = (uint32_t)(b & 0x1F) << 6 | ((uint8_t)text[++i] & 0x3F);
        put(w, (char)(code < sizeof t->byte_of ? t->byte_of[code] : '?'));
    }
    if (ends || special)
        put(w, ' ');
}

size_t nn_tokenizer_decode(const nn_tokenizer *t, const int32_t *tokens, int count, char *out,
                           size_t size)
{
    writing w = {out, size, 0};
    for (int i = 0; i < count; i++)
        if (tokens[i] >= 0 && tokens[i] < t->count && t->by_number[tokens[i]] >= 0)
            put_symbol(t, &t->symbols[t->by_number[tokens[i]]], &w);
    if (size > 0)
        out[w.length < size ? w.length : size - 1] = '\0';
    return w.length;
}
