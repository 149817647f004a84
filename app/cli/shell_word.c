// SPDX-License-Identifier: MIT
// Quotes words for a shell.
#include "app/cli/shell_word.h"

#include <glib.h>
#include <string.h>

char *app_shell_word(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=:,./";
    return *word && word[strspn(word, plain)] == '\0' ? g_strdup(word) : g_shell_quote(word);
}
