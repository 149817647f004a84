// SPDX-License-Identifier: MIT
// Bytes of an input into the pixels of a concatenation.
#include <stdint.h>
#include <string.h>

// table: for an input with another scale than the output; NULL: none.
static void run_concat_int8(const uint8_t *x, uint8_t *y, const uint8_t *table, int channels,
                            int all, int pixels)
{
    for (int i = 0; i < pixels; i++, x += channels, y += all) {
        if (!table)
            memcpy(y, x, (size_t)channels);
        for (int c = 0; table && c < channels; c++)
            y[c] = table[x[c]];
    }
}
