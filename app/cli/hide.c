// SPDX-License-Identifier: MIT
// Masks the passwords of the command line in place.
#include "app/cli/hide.h"

#include "nn/base/credentials.h"

#include <glib.h>
#include <string.h>

char **app_hide_passwords(int argc, char **argv)
{
    // Parsers take words out of the array, but not the first, which holds the text of all.
    static char **copies;
    size_t bytes = 1;
    for (int i = 0; i < argc; i++)
        bytes += strlen(argv[i]) + 1;
    char *text = g_malloc(bytes);
    copies = g_new0(char *, argc + 1);
    for (int i = 0; i < argc; i++) {
        const size_t length = strlen(argv[i]);
        copies[i] = memcpy(text, argv[i], length + 1);
        text += length + 1;
        nn_mask_credentials(argv[i], length + 1);
        memset(argv[i] + strlen(argv[i]), 0, length - strlen(argv[i]));
    }
    return copies;
}
