// SPDX-License-Identifier: MIT
// Tokenizers from texts and files: merges as CLIP and Hugging Face write them, vocab.json.
#include "nn/text/tokenizer_internal.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/json.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

// A text, line by line.
typedef struct lines {
    const char *at, *end;
    int number; // of the line that was read last, from 1
} lines;

static bool next_line(lines *l, const char **line, size_t *size)
{
    if (l->at >= l->end)
        return false;
    const char *stop = memchr(l->at, '\n', (size_t)(l->end - l->at));
    stop = stop ? stop : l->end;
    *line = l->at;
    *size = (size_t)(stop - l->at);
    if (*size > 0 && (*line)[*size - 1] == '\r')
        --*size;
    l->at = stop + 1;
    l->number++;
    return true;
}

static bool is_heading(const lines *l, const char *line, size_t size)
{
    static const char version[] = "#version";
    if (l->number != 1)
        return false;
    for (size_t i = 0; i + sizeof version - 1 <= size; i++)
        if (memcmp(line + i, version, sizeof version - 1) == 0)
            return true;
    return false;
}

static bool is_vocabulary(const char *line, size_t size)
{
    return size == sizeof NN_TOKENIZER_VOCABULARY - 1 &&
           memcmp(line, NN_TOKENIZER_VOCABULARY, size) == 0;
}

// Adds the merge "a b" of a line.
static nn_status take_merge(nn_tokenizer *t, const char *line, size_t size, int number,
                            nn_error *err)
{
    char joined[2 * NN_TOKEN_LETTERS];
    const char *blank = memchr(line, ' ', size);
    const size_t left = blank ? (size_t)(blank - line) : 0, right = blank ? size - left - 1 : 0;
    if (left == 0 || right == 0 || left > NN_TOKEN_LETTERS || right > NN_TOKEN_LETTERS ||
        memchr(blank + 1, ' ', right) || memchr(line, '\0', size))
        return nn_fail(err, NN_EFORMAT, "line %d is not a merge, 'a b'", number);
    memcpy(joined, line, left);
    memcpy(joined + left, blank + 1, right);
    const int32_t a = nn_tokenizer_intern(t, line, left);
    const int32_t b = nn_tokenizer_intern(t, blank + 1, right);
    const int32_t c = nn_tokenizer_intern(t, joined, left + right);
    if (a < 0 || b < 0 || c < 0)
        return nn_fail(err, NN_ENOMEM, "line %d: no room for its tokens", number);
    nn_tokenizer_add_merge(t, a, b, c);
    return NN_OK;
}

// The tokens behind "#vocabulary" in the order of their numbers; an empty line is no token.
static nn_status take_vocabulary(nn_tokenizer *t, lines *l, nn_error *err)
{
    const char *line;
    size_t size;
    lines ahead = *l;
    int32_t count = 0;
    while (next_line(&ahead, &line, &size))
        count++;
    if (count > NN_TOKENIZER_MOST)
        return nn_fail(err, NN_EFORMAT, "more than %d tokens", NN_TOKENIZER_MOST);
    const nn_status status = nn_tokenizer_number(t, count, err);
    if (status != NN_OK)
        return status;
    for (int32_t i = 0; next_line(l, &line, &size); i++) {
        const int32_t symbol = size > 0 ? nn_tokenizer_intern(t, line, size) : -1;
        if (size > 0 && symbol < 0)
            return nn_fail(err, NN_ENOMEM, "line %d: no room for its token", l->number);
        if (symbol >= 0)
            nn_tokenizer_set_number(t, i, symbol);
    }
    return NN_OK;
}

static nn_status read_lines(nn_tokenizer *t, lines *l, bool *numbered, nn_error *err)
{
    const char *line;
    size_t size;
    nn_status status = NN_OK;
    nn_tokenizer_add_bytes(t);
    while (status == NN_OK && !*numbered && next_line(l, &line, &size)) {
        if (size == 0 || is_heading(l, line, size))
            continue;
        *numbered = is_vocabulary(line, size);
        if (!*numbered)
            status = take_merge(t, line, size, l->number, err);
    }
    return status == NN_OK && *numbered ? take_vocabulary(t, l, err) : status;
}

// The end of the lines that count: CLIP reads no more merges where nothing else numbers tokens.
static const char *find_end(const char *text, size_t size, size_t *count)
{
    lines l = {text, text + size, 0};
    const char *line, *end = text + size;
    size_t n, merges = 0;
    bool numbered = false;
    for (*count = 0; next_line(&l, &line, &n); ++*count) {
        numbered = numbered || is_vocabulary(line, n);
        merges += !numbered && n > 0 && !is_heading(&l, line, n);
        if (merges == NN_TOKENIZER_CLIP_MERGES && end == text + size)
            end = l.at < end ? l.at : end;
    }
    return numbered ? text + size : end;
}

nn_status nn_tokenizer_parse(nn_tokenizer **out, const char *text, size_t size, nn_error *err)
{
    enum { OF_A_LINE = 3 }; // symbols of a merge
    size_t count;
    bool numbered = false;
    nn_tokenizer *t = NULL;
    *out = NULL;
    if (size > NN_TOKENIZER_TEXT_MOST)
        return nn_fail(err, NN_EFORMAT, "a tokenizer of %zu bytes, at most %d are read", size,
                       NN_TOKENIZER_TEXT_MOST);
    lines l = {text, find_end(text, size, &count), 0};
    if (count > 4 * (size_t)NN_TOKENIZER_MOST)
        return nn_fail(err, NN_EFORMAT, "a tokenizer of %zu lines", count);
    nn_status status = nn_tokenizer_new(&t, OF_A_LINE * count, 2 * size, count, err);
    if (status == NN_OK)
        status = read_lines(t, &l, &numbered, err);
    if (status == NN_OK && t->merge_count > NN_TOKENIZER_MOST - NN_TOKENIZER_LEAST)
        status =
            nn_fail(err, NN_EFORMAT, "more than %d merges", NN_TOKENIZER_MOST - NN_TOKENIZER_LEAST);
    if (status == NN_OK && !numbered)
        status = nn_tokenizer_number_usual(t, err);
    if (status == NN_OK)
        status = nn_tokenizer_finish(t, err);
    if (status == NN_OK)
        status = nn_tokenizer_set_text(t, numbered, err);
    if (status == NN_OK)
        *out = t;
    else
        nn_tokenizer_free(t);
    return status;
}

// --- files ---

// A text that grows; the caller frees `bytes`.
typedef struct buffer {
    char *bytes;
    size_t size, room;
} buffer;

static nn_status append(buffer *b, const char *bytes, size_t size, nn_error *err)
{
    if (b->size + size > b->room) {
        const size_t larger = 2 * b->room + size + 256;
        char *grown = nn_realloc(b->bytes, b->size, larger);
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for a text");
        b->bytes = grown;
        b->room = larger;
    }
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
    return NN_OK;
}

// A file, plain or gzip.
static nn_status read_file(buffer *b, const char *path, nn_error *err)
{
    char part[1 << 14];
    *b = (buffer){0};
    gzFile file = gzopen(path, "rb");
    if (!file)
        return nn_fail(err, NN_ENOTFOUND, "%s: cannot be opened", path);
    nn_status status = NN_OK;
    int n = 0;
    while (status == NN_OK && (n = gzread(file, part, sizeof part)) > 0) {
        if (b->size > NN_TOKENIZER_TEXT_MOST)
            status = nn_fail(err, NN_EFORMAT, "%s: too large for a tokenizer", path);
        else
            status = append(b, part, (size_t)n, err);
    }
    if (status == NN_OK && n < 0)
        status =
            nn_fail(err, NN_EFORMAT, "%s: it cannot be read, or its compression is damaged", path);
    gzclose(file);
    return status;
}

// Appends the tokens of a vocab.json, {"token": number, ...}, as lines by number.
static nn_status append_vocabulary(buffer *b, const cJSON *root, nn_error *err)
{
    const char **by_number = nn_calloc(NN_TOKENIZER_MOST, sizeof *by_number);
    const cJSON *item;
    int64_t number, count = 0;
    nn_status status = by_number ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a vocabulary");
    if (status == NN_OK && !cJSON_IsObject(root))
        status = nn_fail(err, NN_EFORMAT, "not an object of tokens and numbers");
    for (item = root ? root->child : NULL; item && status == NN_OK; item = item->next) {
        if (!nn_json_size(item, &number) || number >= NN_TOKENIZER_MOST || by_number[number] ||
            !item->string[0] || strchr(item->string, '\n'))
            status = nn_fail(err, NN_EFORMAT, "the number of token '%.40s' is not one of its own",
                             item->string);
        else
            by_number[number] = item->string;
        count = status == NN_OK && number >= count ? number + 1 : count;
    }
    if (status == NN_OK)
        status =
            append(b, "\n" NN_TOKENIZER_VOCABULARY "\n", sizeof NN_TOKENIZER_VOCABULARY + 1, err);
    for (int64_t i = 0; i < count && status == NN_OK; i++) {
        if (by_number[i])
            status = append(b, by_number[i], strlen(by_number[i]), err);
        if (status == NN_OK)
            status = append(b, "\n", 1, err);
    }
    nn_free(by_number);
    return status;
}

static nn_status load_two(nn_tokenizer **out, const char *vocabulary, const char *merges,
                          nn_error *err)
{
    buffer json, text = {0};
    cJSON *root = NULL;
    nn_status status = read_file(&json, vocabulary, err);
    if (status == NN_OK) {
        status = nn_json_parse(&root, json.bytes ? json.bytes : "", json.size, err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "%s", vocabulary);
    }
    if (status == NN_OK)
        status = read_file(&text, merges, err);
    if (status == NN_OK) {
        status = append_vocabulary(&text, root, err);
        if (status == NN_OK)
            status = nn_tokenizer_parse(out, text.bytes, text.size, err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "%s", vocabulary);
    }
    cJSON_Delete(root);
    nn_free(json.bytes);
    nn_free(text.bytes);
    return status;
}

static bool ends_in(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);
    return n >= m && strcmp(path + n - m, end) == 0;
}

static bool is_folder(const char *path)
{
    char inside[PATH_MAX];
    FILE *f = snprintf(inside, sizeof inside, "%s/vocab.json", path) < (int)sizeof inside
                  ? fopen(inside, "rb")
                  : NULL;
    if (f)
        fclose(f);
    return f != NULL;
}

nn_status nn_tokenizer_load(nn_tokenizer **out, const char *path, nn_error *err)
{
    static const char json[] = "vocab.json";
    char vocabulary[PATH_MAX], merges[PATH_MAX];
    const bool folder = is_folder(path), file = ends_in(path, json);
    *out = NULL;
    if (folder || file) {
        const int base = (int)(strlen(path) - (file ? sizeof json - 1 : 0));
        const char *slash = folder ? "/" : "";
        if (snprintf(vocabulary, PATH_MAX, "%.*s%s%s", base, path, slash, json) >= PATH_MAX ||
            snprintf(merges, PATH_MAX, "%.*s%smerges.txt", base, path, slash) >= PATH_MAX)
            return nn_fail(err, NN_EINVAL, "%.200s: path too long", path);
        return load_two(out, vocabulary, merges, err);
    }
    buffer text;
    nn_status status = read_file(&text, path, err);
    if (status == NN_OK) {
        status = nn_tokenizer_parse(out, text.bytes ? text.bytes : "", text.size, err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "%s", path);
    }
    nn_free(text.bytes);
    return status;
}
