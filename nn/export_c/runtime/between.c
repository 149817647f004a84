// SPDX-License-Identifier: MIT
// Where a resized image samples an axis: two pixels, and how much of the second.
#include <stdint.h>

typedef struct between {
    int16_t a, b;
    float weight;
} between;
