// SPDX-License-Identifier: MIT
// Masks the passwords of the command line in place.
#include "app/cli/hide.h"

#include "nn/base/credentials.h"

#include <glib.h>
#include <string.h>

char **app_hide_passwords(int argc, char **argv)
{
    static char **copies; // reachable until the process ends
    copies = g_new0(char *, argc + 1);
    for (int i = 0; i < argc; i++) {
        const size_t length = strlen(argv[i]);
        copies[i] = g_strdup(argv[i]);
        nn_mask_credentials(argv[i], length + 1);
        memset(argv[i] + strlen(argv[i]), 0, length - strlen(argv[i]));
    }
    return copies;
}
