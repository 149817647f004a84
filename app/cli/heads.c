// SPDX-License-Identifier: MIT
// The heads whose outputs we understand, for people.
#include "app/cli/heads.h"

#include "nn/vision/decode/decode.h"

#include <glib.h>

char *app_heads_text(void)
{
    GString *text = g_string_new("Heads:");
    for (int i = 0; i < nn_decoder_count(); i++)
        g_string_append_printf(text, "\n  %-14s %s", nn_decoder_at(i)->name,
                               nn_decoder_at(i)->layout);
    return g_string_free(text, FALSE);
}
