// SPDX-License-Identifier: MIT
// Distinguishes invalid JSON from a failure of the parser's memory (RFC 8259).
#include "nn/io/json_grammar.h"

#include <string.h>

enum { MAX_NUMBER = 63 }; // characters that cJSON reads

static const char *skip_space(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

// The value of four hexadecimal digits at p; -1 when they are invalid.
static int take_hex(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        const char c = (char)(p[i] | 32);
        if ((p[i] < '0' || p[i] > '9') && (c < 'a' || c > 'f'))
            return -1;
        v = 16 * v + (p[i] <= '9' ? p[i] - '0' : c - 'a' + 10);
    }
    return v;
}

// Skips the \uNNNN at p, or two of them that encode one character.
static const char *skip_code(const char *p)
{
    const int first = take_hex(p + 2);
    if (first < 0 || (first >= 0xdc00 && first <= 0xdfff))
        return NULL;
    p += 6;
    if (first < 0xd800 || first > 0xdbff)
        return p;
    const int second = p[0] == '\\' && p[1] == 'u' ? take_hex(p + 2) : -1;
    return second >= 0xdc00 && second <= 0xdfff ? p + 6 : NULL;
}

static const char *skip_string(const char *p)
{
    if (*p++ != '"')
        return NULL;
    while (p && *p != '"') {
        if ((unsigned char)*p < 0x20)
            return NULL;
        if (*p != '\\')
            p++;
        else if (p[1] == 'u')
            p = skip_code(p);
        else
            p = p[1] && strchr("\"\\/bfnrt", p[1]) ? p + 2 : NULL;
    }
    return p ? p + 1 : NULL;
}

static const char *skip_digits(const char *p)
{
    const size_t n = strspn(p, "0123456789");
    return n > 0 ? p + n : NULL;
}

static const char *skip_number(const char *p)
{
    const char *begin = p;
    p += *p == '-';
    p = *p == '0' ? p + 1 : skip_digits(p);
    if (p && *p == '.')
        p = skip_digits(p + 1);
    if (p && (*p == 'e' || *p == 'E')) {
        p++;
        p = skip_digits(p + (*p == '+' || *p == '-'));
    }
    return p && p - begin <= MAX_NUMBER ? p : NULL;
}

static const char *skip_value(const char *p);

// Skips an array or an object up to its closing bracket.
static const char *skip_list(const char *p, char close)
{
    p = skip_space(p + 1);
    if (*p == close)
        return p + 1;
    for (;;) {
        if (close == '}') {
            p = skip_string(p);
            p = p ? skip_space(p) : NULL;
            if (!p || *p++ != ':')
                return NULL;
            p = skip_space(p);
        }
        p = skip_value(p);
        p = p ? skip_space(p) : NULL;
        if (!p || (*p != ',' && *p != close))
            return NULL;
        if (*p == close)
            return p + 1;
        p = skip_space(p + 1);
    }
}

static const char *skip_value(const char *p)
{
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++)
        if (strncmp(p, words[i], strlen(words[i])) == 0)
            return p + strlen(words[i]);
    if (*p == '[' || *p == '{')
        return skip_list(p, *p == '[' ? ']' : '}');
    return *p == '"' ? skip_string(p) : skip_number(p);
}

bool nn_json_is_valid(const char *text)
{
    const char *p = skip_value(skip_space(text));
    return p && !*skip_space(p);
}
