// SPDX-License-Identifier: MIT
// Pixels of bytes from given rows and columns: the nearest ones of a resized image.
#include <stdint.h>
#include <string.h>

// table: where the output has another scale; NULL: none.
static void run_pick_int8(const int16_t *rows, const int16_t *columns, const uint8_t *table,
                          const uint8_t *x, uint8_t *y, int in_w, int channels, int out_h,
                          int out_w)
{
    for (int i = 0; i < out_h * out_w; i++, y += channels) {
        const uint8_t *from = x + (rows[i / out_w] * in_w + columns[i % out_w]) * channels;
        if (!table)
            memcpy(y, from, (size_t)channels);
        for (int c = 0; table && c < channels; c++)
            y[c] = table[from[c]];
    }
}
