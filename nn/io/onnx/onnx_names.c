// SPDX-License-Identifier: MIT
// Class names from the text of a Python dictionary or list, or of the same in JSON.
#include "nn/io/onnx/onnx_names.h"

#include "nn/base/memory.h"
#include "nn/io/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 10000, MAX_NAME = 255, MAX_TEXT = 1 << 20 };

typedef struct entry {
    int key;
    const char *name; // points into the text; NULL: the class has none
} entry;

// Skips blanks, including the no-break space (U+00A0).
static char *skip_space(char *p)
{
    for (;;) {
        p += strspn(p, " \t\r\n");
        if (strncmp(p, "\xc2\xa0", 2) != 0)
            return p;
        p += 2;
    }
}

static char *take_number(char *p, int *number)
{
    int digits = 0;
    for (*number = 0; *p >= '0' && *p <= '9' && digits < 6; p++, digits++)
        *number = 10 * *number + (*p - '0');
    return digits > 0 ? p : NULL;
}

// Parses a key and its colon: an integer, quoted in JSON. NULL for anything else.
static char *take_key(char *p, int *key)
{
    const char quote = *p == '"' || *p == '\'' ? *p : '\0';
    p = take_number(p + (quote != '\0'), key);
    if (!p || (quote && *p++ != quote))
        return NULL;
    p = skip_space(p);
    return *p == ':' ? skip_space(p + 1) : NULL;
}

// Converts the digits of \xNN or \uNNNN to UTF-8; false when they are invalid.
static bool take_code(char **p, int digits, char **to)
{
    unsigned code = 0;
    for (int i = 0; i < digits; i++, (*p)++) {
        const char c = (char)(**p | 32);
        if ((**p < '0' || **p > '9') && (c < 'a' || c > 'f'))
            return false;
        code = 16 * code + (unsigned)(**p <= '9' ? **p - '0' : c - 'a' + 10);
    }
    if (code >= 0x800) {
        *(*to)++ = (char)(0xe0 | code >> 12);
        *(*to)++ = (char)(0x80 | (code >> 6 & 0x3f));
    } else if (code >= 0x80) {
        *(*to)++ = (char)(0xc0 | code >> 6);
    }
    *(*to)++ = (char)(code >= 0x80 ? 0x80 | (code & 0x3f) : code);
    return code > 0;
}

// Parses a quoted text and unescapes it in place: it never gets longer. NULL when it is invalid.
static char *take_quoted(char *p, const char **name)
{
    const char quote = *p;
    char *to = ++p;
    *name = to;
    while (*p && *p != quote) {
        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        const char kind = *++p;
        if (kind == '\0')
            return NULL;
        p++;
        if (kind == 'x' || kind == 'u') {
            if (!take_code(&p, kind == 'x' ? 2 : 4, &to))
                return NULL;
        } else if (strchr("\\'\"/", kind)) {
            *to++ = kind;
        } else if (strchr("ntr", kind)) {
            *to++ = ' ';
        } else {
            return NULL;
        }
    }
    if (!*p)
        return NULL;
    *to = '\0';
    return p + 1;
}

// Parses a value: a text, a number, whose digits are the name, or None. NULL for anything else.
static char *take_value(char *p, const char **name, char *after)
{
    static const char *const none[] = {"None", "null"};
    *name = NULL;
    if (*p == '\'' || *p == '"') {
        p = take_quoted(p, name);
        if (p && (!**name || strlen(*name) > MAX_NAME || !nn_json_plain_text(*name)))
            *name = NULL; // not printable
        *after = p ? *skip_space(p) : '\0';
        return p;
    }
    for (int i = 0; i < 2; i++)
        if (strncmp(p, none[i], 4) == 0) {
            *after = *skip_space(p + 4);
            return p + 4;
        }
    const size_t digits = strspn(p + (*p == '-'), "0123456789.") + (*p == '-');
    if (digits == (size_t)(*p == '-') || digits > MAX_NAME)
        return NULL;
    *name = p;
    char *end = p + digits, *next = skip_space(end);
    *after = *next;
    *end = '\0'; // the text behind it was read already
    return next;
}

static int compare_keys(const void *a, const void *b)
{
    return ((const entry *)a)->key - ((const entry *)b)->key;
}

// Number of entries, whose names point into the text; 0 when it cannot be parsed.
static int split(char *text, entry *entries)
{
    char *p = skip_space(text);
    const char end = *p == '{' ? '}' : *p == '[' ? ']' : '\0';
    int count = 0;
    if (!end)
        return 0;
    for (p = skip_space(p + 1); *p != end;) {
        if (count == MAX_NAMES)
            return 0;
        entries[count].key = count;
        if (end == '}')
            p = take_key(p, &entries[count].key);
        char after = '\0';
        if (p)
            p = take_value(p, &entries[count++].name, &after);
        if (!p || (after != ',' && after != end))
            return 0;
        if (after == end)
            break;
        p = skip_space(p) + 1;
        p = skip_space(p);
    }
    if (count > 1)
        qsort(entries, (size_t)count, sizeof *entries, compare_keys);
    const int first = count > 0 && entries[0].key == 1; // classes count from 0 or 1
    for (int i = 0; i < count; i++)
        if (entries[i].key != first + i)
            return 0;
    return count;
}

static nn_status set_names(nn_card *card, const entry *entries, int count, nn_error *err)
{
    nn_status status = nn_card_number_labels(card, count, err);
    const char **names = status == NN_OK ? nn_calloc((size_t)count, sizeof *names) : NULL;
    if (status == NN_OK && !names)
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < count && status == NN_OK; i++)
        names[i] = entries[i].name ? entries[i].name : card->labels[i];
    if (status == NN_OK)
        status = nn_card_set_labels(card, names, count, err);
    nn_free(names);
    return status;
}

nn_status nn_onnx_read_names(nn_card *card, const char *text, nn_error *err)
{
    card->unnamed = true;
    if (strlen(text) > MAX_TEXT)
        return NN_OK;
    char *copy = nn_strdup(text);
    entry *entries = nn_calloc(MAX_NAMES, sizeof *entries);
    nn_status status = NN_OK;
    if (!copy || !entries)
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    const int count = status == NN_OK ? split(copy, entries) : 0;
    if (count > 0)
        status = set_names(card, entries, count, err);
    card->unnamed = count == 0;
    nn_free(entries);
    nn_free(copy);
    return status;
}
