// SPDX-License-Identifier: MIT
// Finds user information and secret query values in URIs.
#include "nn/base/credentials.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char MASK[] = "***";
static const char EXAMPLE[] = "PASSWORD"; // in help texts: rtsp://USER:PASSWORD@HOST
enum { MASK_LENGTH = sizeof MASK - 1 };

// Characters that end a URI in a text.
static const char BLANKS[] = " \t\r\n\"'<>`";

// Replaces `length` bytes at `at` by the mask; returns what follows it.
static char *mask(char *text, size_t size, char *at, size_t length)
{
    const size_t before = (size_t)(at - text), rest = strlen(at + length);
    const size_t room = size - 1 - before;
    const size_t keep = room > MASK_LENGTH ? room - MASK_LENGTH : 0;
    if ((length == MASK_LENGTH && memcmp(at, MASK, MASK_LENGTH) == 0) ||
        (length == sizeof EXAMPLE - 1 && memcmp(at, EXAMPLE, length) == 0))
        return at + length;
    memmove(at + (room < MASK_LENGTH ? room : MASK_LENGTH), at + length, rest < keep ? rest : keep);
    memcpy(at, MASK, room < MASK_LENGTH ? room : MASK_LENGTH);
    at += room < MASK_LENGTH ? room : MASK_LENGTH;
    at[rest < keep ? rest : keep] = '\0';
    return at;
}

// Masks the password before the last '@' of an authority (user:password@host).
static char *mask_authority(char *text, size_t size, char *authority)
{
    const size_t length = strcspn(authority, "/?#") < strcspn(authority, BLANKS)
                              ? strcspn(authority, "/?#")
                              : strcspn(authority, BLANKS);
    char *at = NULL;
    for (size_t i = 0; i < length; i++)
        at = authority[i] == '@' ? authority + i : at;
    char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    return colon ? mask(text, size, colon + 1, (size_t)(at - colon - 1)) : authority;
}

static bool is_secret(const char *key, size_t length)
{
    static const char *const keys[] = {"password", "passwd", "pwd",    "pass",    "token",
                                       "secret",   "auth",   "apikey", "api_key", "access_token"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strlen(keys[i]) == length && strncasecmp(keys[i], key, length) == 0)
            return true;
    return false;
}

static char *mask_query(char *text, size_t size, char *address)
{
    char *p = address + strcspn(address, "?#\"' \t\r\n<>`");
    while (*p == '?' || *p == '&') {
        const size_t key = strcspn(++p, "=&# \t\r\n\"'<>`");
        if (p[key] != '=') {
            p += key;
            continue;
        }
        const bool secret = is_secret(p, key);
        p += key + 1;
        const size_t value = strcspn(p, "&# \t\r\n\"'<>`");
        p = secret && value > 0 ? mask(text, size, p, value) : p + value;
    }
    return p;
}

void nn_mask_credentials(char *text, size_t size)
{
    for (char *p = text; (p = strstr(p, "://"));) {
        p = mask_authority(text, size, p + 3);
        p = mask_query(text, size, p);
    }
}
