// SPDX-License-Identifier: MIT
// The table of all decoders, generated from the word list in nn/vision/meson.build.
#include "nn/vision/decode/decode.h"

#include <string.h>

#define NN_DECODE(word) extern const nn_decoder nn_decode_##word;
#include "nn/vision/decode.inc"
#undef NN_DECODE

#define NN_DECODE(word) &nn_decode_##word,
static const nn_decoder *const decoders[] = {
#include "nn/vision/decode.inc"
    NULL,
};
#undef NN_DECODE

int nn_decoder_count(void)
{
    return (int)(sizeof(decoders) / sizeof(*decoders)) - 1;
}

const nn_decoder *nn_decoder_at(int i)
{
    return i >= 0 && i < nn_decoder_count() ? decoders[i] : NULL;
}

const nn_decoder *nn_decoder_find(const char *name)
{
    for (const nn_decoder *const *d = decoders; *d; d++)
        if (name && !strcmp((*d)->name, name))
            return *d;
    return NULL;
}
