// SPDX-License-Identifier: MIT
// Names of classes out of the text of a Python dictionary or list.
#include "nn/io/onnx_names.h"

#include "nn/base/memory.h"
#include "nn/io/json.h"

#include <string.h>

enum { MAX_NAMES = 10000, MAX_NAME = 255, MAX_TEXT = 1 << 20 };

static char *skip_space(char *p)
{
    return p + strspn(p, " \t\r\n");
}

// A key, which must be `number`, and its colon. NULL when it is something else.
static char *skip_key(char *p, int number)
{
    int have = 0, digits = 0;
    for (; *p >= '0' && *p <= '9' && digits < 6; p++, digits++)
        have = 10 * have + (*p - '0');
    p = skip_space(p);
    return digits > 0 && have == number && *p == ':' ? skip_space(p + 1) : NULL;
}

// A quoted text, unescaped where it lies. Returns what follows it, NULL when it is no such text.
static char *take_name(char *p, const char **name)
{
    const char quote = *p;
    if (quote != '\'' && quote != '"')
        return NULL;
    char *to = ++p;
    *name = to;
    while (*p && *p != quote) {
        if (*p == '\\' && *++p != '\\' && *p != '\'' && *p != '"')
            return NULL; // other escapes are not worth it
        *to++ = *p++;
    }
    if (!*p)
        return NULL;
    *to = '\0';
    return **name && strlen(*name) <= MAX_NAME && nn_json_plain_text(*name) ? p + 1 : NULL;
}

// Number of names, whose pointers go into the text; 0 when it is not understood.
static int split(char *text, const char **names)
{
    char *p = skip_space(text);
    const char end = *p == '{' ? '}' : *p == '[' ? ']' : '\0';
    int count = 0;
    if (!end)
        return 0;
    for (p = skip_space(p + 1); *p != end; p = skip_space(p)) {
        if (count == MAX_NAMES)
            return 0;
        if (end == '}')
            p = skip_key(p, count);
        if (p)
            p = take_name(p, &names[count++]);
        if (!p)
            return 0;
        p = skip_space(p);
        if (*p != ',' && *p != end)
            return 0;
        p += *p == ',';
    }
    return count;
}

nn_status nn_onnx_read_names(nn_card *card, const char *text, nn_error *err)
{
    if (strlen(text) > MAX_TEXT)
        return NN_OK;
    char *copy = nn_strdup(text);
    const char **names = nn_calloc(MAX_NAMES, sizeof *names);
    nn_status status = NN_OK;
    if (!copy || !names)
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    const int count = status == NN_OK ? split(copy, names) : 0;
    if (count > 0)
        status = nn_card_set_labels(card, names, count, err);
    nn_free(names);
    nn_free(copy);
    return status;
}
