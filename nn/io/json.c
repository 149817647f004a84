// SPDX-License-Identifier: MIT
// JSON of untrusted files: cJSON with limits on size, depth and text, and typed accessors.
#include "nn/io/json.h"

#include "nn/base/memory.h"
#include "nn/base/plain_text.h"
#include "nn/io/json_grammar.h"
#include "nn/io/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// cJSON recurses for each level, so the depth is checked before.
static nn_status check_depth(const char *text, size_t size, nn_error *err)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '\0')
            return nn_fail(err, NN_EFORMAT, "JSON: NUL at byte %zu", i);
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > NN_JSON_MAX_DEPTH)
                return nn_fail(err, NN_EFORMAT, "JSON: more than %d levels at byte %zu",
                               NN_JSON_MAX_DEPTH, i);
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return NN_OK;
}

nn_status nn_json_damaged(const char *text, size_t size, size_t at, nn_error *err)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"}; // Python writes these
    for (size_t i = 0; i < sizeof words / sizeof *words && at <= size; i++)
        if (size - at >= strlen(words[i]) && memcmp(text + at, words[i], strlen(words[i])) == 0)
            return nn_fail(err, NN_EFORMAT, "JSON: %s at byte %zu, which is no JSON: write null",
                           words[i], at);
    return nn_fail(err, NN_EFORMAT, "JSON: damaged at byte %zu", at);
}

nn_status nn_json_parse(cJSON **out, const char *text, size_t size, nn_error *err)
{
    *out = NULL;
    if (size > NN_JSON_MAX_BYTES)
        return nn_fail(err, NN_EFORMAT, "JSON: %zu bytes, more than %d", size, NN_JSON_MAX_BYTES);
    nn_status status = nn_text_skip_mark(&text, &size, err);
    if (status == NN_OK)
        status = check_depth(text, size, err);
    if (status != NN_OK)
        return status;
    // A terminated copy: some releases of cJSON read past the end.
    char *copy = nn_alloc(size + 1);
    if (!copy)
        return nn_fail(err, NN_ENOMEM, "JSON: out of memory");
    memcpy(copy, text, size);
    copy[size] = '\0';
    const char *end = copy;
    cJSON *root = cJSON_ParseWithLengthOpts(copy, size + 1, &end, false);
    size_t at = end ? (size_t)(end - copy) : 0;
    if (root)
        at += strspn(copy + at, " \t\r\n");
    if (!root || at != size) {
        cJSON_Delete(root);
        // cJSON does not distinguish a failed malloc from an error in the text.
        status = !root && nn_json_is_valid(copy)
                     ? nn_fail(err, NN_ENOMEM, "JSON: out of memory at byte %zu of %zu", at, size)
                     : nn_json_damaged(copy, size, at, err);
    } else {
        *out = root;
    }
    nn_free(copy);
    return status;
}

bool nn_json_plain_text(const char *s)
{
    return nn_plain_text(s);
}

bool nn_json_size(const cJSON *item, int64_t *out)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > 0x1p53 ||
        item->valuedouble != floor(item->valuedouble))
        return false;
    *out = (int64_t)item->valuedouble;
    return true;
}

bool nn_json_float(const cJSON *item, float *out)
{
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble) || fabs(item->valuedouble) > 3.4e38)
        return false;
    *out = (float)item->valuedouble;
    return true;
}

cJSON *nn_json_make_float(float v)
{
    double shortest = 0;
    for (int digits = 1; isfinite(v) && digits <= 9; digits++) {
        char text[32];
        snprintf(text, sizeof text, "%.*g", digits, (double)v);
        shortest = strtod(text, NULL); // written in the same locale
        if ((float)shortest == v)
            break;
    }
    return cJSON_CreateNumber(shortest);
}

char *nn_json_print(const cJSON *item)
{
    char *text = item ? cJSON_PrintUnformatted(item) : NULL;
    char *copy = nn_strdup(text);
    cJSON_free(text);
    return copy;
}
