// SPDX-License-Identifier: MIT
// The sum of two images of bytes.
#include "nn/export_c/runtime/requant_byte.c"

static void run_add_int8(const requant *r, const uint8_t *a, const uint8_t *b, uint8_t *y,
                         int count)
{
    for (int i = 0; i < count; i++)
        y[i] = (uint8_t)requant_byte(r, 0, a[i], b + i);
}
