// SPDX-License-Identifier: MIT
// Streams JSON files that are too large for a tree: the items of one array, one at a time.
#include "nn/io/json_stream.h"

#include "nn/io/text.h"

#include <string.h>

typedef struct scan {
    const char *text;
    size_t size, at;
} scan;

static char skip_blanks(scan *s)
{
    while (s->at < s->size && s->text[s->at] && strchr(" \t\r\n", s->text[s->at]))
        s->at++;
    return s->at < s->size ? s->text[s->at] : '\0';
}

// Skips a value by its quotes and brackets alone; its content is checked when it is parsed. False
// at the end of the text.
static bool skip_value(scan *s)
{
    size_t depth = 0;
    bool quoted = false;
    skip_blanks(s);
    for (; s->at < s->size; s->at++) {
        char c = s->text[s->at];
        if (quoted) {
            if (c == '\\')
                s->at++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (depth == 0 && (c == ',' || c == '}' || c == ']' || c == ':')) {
            return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

static nn_status damaged(const scan *s, nn_error *err)
{
    return nn_fail(err, NN_EFORMAT, "JSON: damaged at byte %zu", s->at < s->size ? s->at : s->size);
}

static nn_status walk_array(scan *s, nn_json_visit *visit, void *ctx, nn_error *err)
{
    s->at++;
    if (skip_blanks(s) == ']')
        return NN_OK;
    for (int64_t index = 0;; index++) {
        size_t start = s->at;
        if (!skip_value(s) || s->at == start)
            return damaged(s, err);
        cJSON *item;
        nn_status status = nn_json_parse(&item, s->text + start, s->at - start, err);
        if (status != NN_OK)
            return nn_fail_prefix(err, status, "after byte %zu", start);
        status = visit(ctx, &(nn_json_item){item, s->text + start, s->at - start, index}, err);
        cJSON_Delete(item);
        if (status != NN_OK || s->text[s->at] == ']')
            return status;
        if (s->text[s->at++] != ',')
            return damaged(s, err);
        skip_blanks(s);
    }
}

// walk_array() of a member, behind which the next one or the end of the object must follow.
static nn_status walk_member(scan *s, nn_json_visit *visit, void *ctx, nn_error *err)
{
    const nn_status status = walk_array(s, visit, ctx, err);
    if (status != NN_OK)
        return status;
    s->at++;
    const char next = skip_blanks(s);
    return next == ',' || next == '}' ? NN_OK : damaged(s, err);
}

// Moves to the value of member `key` of the object at this position.
static bool find_member(scan *s, const char *key)
{
    const size_t length = strlen(key);
    if (skip_blanks(s) != '{')
        return false;
    do {
        s->at++;
        const char first = skip_blanks(s);
        const size_t start = s->at;
        if (first != '"' || !skip_value(s) || s->text[s->at] != ':')
            return false;
        const bool wanted = s->at - start >= length + 2 &&
                            memcmp(s->text + start + 1, key, length) == 0 &&
                            s->text[start + 1 + length] == '"';
        s->at++;
        skip_blanks(s);
        if (wanted)
            return true;
        if (!skip_value(s))
            return false;
    } while (s->text[s->at] == ',');
    return false;
}

const char *nn_json_member(const nn_json_item *item, const char *key, size_t *size)
{
    scan s = {item->text, item->size, 0};
    if (!find_member(&s, key))
        return NULL;
    const size_t start = s.at;
    if (!skip_value(&s))
        return NULL;
    while (s.at > start && strchr(" \t\r\n", s.text[s.at - 1]))
        s.at--;
    *size = s.at - start;
    return s.text + start;
}

nn_status nn_json_stream_array(const char *text, size_t size, const char *key, nn_json_visit *visit,
                               void *ctx, nn_error *err)
{
    nn_status status = nn_text_skip_mark(&text, &size, err);
    if (status != NN_OK)
        return status;
    scan s = {text, size, 0};
    const char begin = skip_blanks(&s);
    if (!key)
        return begin == '[' ? walk_array(&s, visit, ctx, err) : damaged(&s, err);
    size_t length = strlen(key);
    if (begin != '{')
        return damaged(&s, err);
    do {
        s.at++;
        char first = skip_blanks(&s);
        size_t start = s.at;
        if (first != '"' || !skip_value(&s) || s.text[s.at] != ':')
            return first == '}' ? nn_fail(err, NN_ENOTFOUND, "JSON: no array \"%s\"", key)
                                : damaged(&s, err);
        bool wanted = s.at - start >= length + 2 && memcmp(text + start + 1, key, length) == 0 &&
                      text[start + 1 + length] == '"';
        s.at++;
        if (wanted && skip_blanks(&s) == '[')
            return walk_member(&s, visit, ctx, err);
        if (!skip_value(&s))
            return damaged(&s, err);
    } while (s.text[s.at] == ',');
    return s.text[s.at] == '}' ? nn_fail(err, NN_ENOTFOUND, "JSON: no array \"%s\"", key)
                               : damaged(&s, err);
}
