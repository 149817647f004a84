// SPDX-License-Identifier: MIT
// Finds user information and secret values in URIs.
#include "nn/base/credentials.h"

#include <ctype.h>
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

static char *last_at(char *text, size_t length)
{
    char *at = NULL;
    for (size_t i = 0; i < length; i++)
        at = text[i] == '@' ? text + i : at;
    return at;
}

// Whether no port can follow the colon of an authority of `length` bytes: what does is a password.
static bool is_password(const char *authority, size_t length)
{
    const char *colon = memchr(authority, ':', length);
    const size_t rest = colon ? length - (size_t)(colon + 1 - authority) : 0;
    return *authority != '[' && colon && strspn(colon + 1, "0123456789") < rest;
}

// Masks the password before the last '@' of an authority (user:password@host). Passwords that
// people forget to escape may have any character but blanks in them; a text may be cut off inside
// of one.
static char *mask_authority(char *text, size_t size, char *authority)
{
    const size_t part = strcspn(authority, "/?#"), word = strcspn(authority, BLANKS);
    const size_t length = part < word ? part : word, all = strcspn(authority, " \t\r\n\"");
    char *at = last_at(authority, length);
    if (!at && is_password(authority, length)) {
        at = last_at(authority, all);
        if (!at && authority + all == text + size - 1)
            at = authority + all;
    }
    char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    return colon ? mask(text, size, colon + 1, (size_t)(at - colon - 1)) : authority;
}

// Whether the text from `begin` to `end` ends with a word that names a secret.
static bool is_secret(const char *begin, const char *end)
{
    static const char *const keys[] = {"password", "passwd", "pwd",    "pass",     "token",
                                       "secret",   "auth",   "apikey", "api_key",  "api-key",
                                       "authkey",  "psw",    "pin",    "loginpas", "passphrase"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const size_t length = strlen(keys[i]);
        if ((size_t)(end - begin) > length && strncasecmp(keys[i], end - length, length) == 0 &&
            !isalnum((unsigned char)end[-(ptrdiff_t)length - 1]))
            return true;
    }
    return false;
}

// Masks the values of "password=VALUE" in what follows an authority. Cameras take it in the path,
// too: "/user=admin&password=VALUE&channel=1".
static void mask_values(char *text, size_t size, char *address)
{
    for (char *p = address; *p && !strchr(BLANKS, *p);) {
        if (*p++ != '=' || !is_secret(address, p - 1))
            continue;
        const size_t value = strcspn(p, "&# \t\r\n\"'<>`");
        p = value > 0 ? mask(text, size, p, value) : p;
    }
}

void nn_mask_credentials(char *text, size_t size)
{
    for (char *p = text; (p = strstr(p, "://"));) {
        p = mask_authority(text, size, p + 3);
        mask_values(text, size, p); // other addresses may follow, even as a value of this one
    }
}
