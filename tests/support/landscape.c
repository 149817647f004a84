// SPDX-License-Identifier: MIT
// Smooth noise, the same at a place from wherever one looks.
#include "tests/support/landscape.h"

#include <math.h>

// The ground at a place, 0 .. 255.
static float ground(float x, float y)
{
    float sum = 128;
    for (int octave = 0; octave < 3; octave++) {
        const float size = (float)(60 >> octave);
        const float u = x / size, v = y / size;
        const int i = (int)floorf(u), j = (int)floorf(v);
        float at[2][2];
        for (int k = 0; k < 4; k++) {
            uint32_t h = (uint32_t)(i + k % 2) * 73856093u ^ (uint32_t)(j + k / 2) * 19349663u ^
                         (uint32_t)octave * 83492791u;
            h = (h ^ (h >> 13)) * 1274126177u;
            at[k / 2][k % 2] = (float)((h >> 8) & 255) - 127.5f;
        }
        const float s = u - (float)i, t = v - (float)j;
        sum += 0.35f * ((1 - t) * ((1 - s) * at[0][0] + s * at[0][1]) +
                        t * ((1 - s) * at[1][0] + s * at[1][1]));
    }
    return fminf(fmaxf(sum, 0), 255);
}

void landscape_shoot(uint8_t *pixels, int stride, int width, int height, const nn_motion *m)
{
    const float square = m->a * m->a + m->b * m->b;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const float u = (float)x + 0.5f - m->tx, v = (float)y + 0.5f - m->ty;
            pixels[y * stride + x] =
                (uint8_t)ground((m->a * u + m->b * v) / square, (m->a * v - m->b * u) / square);
        }
}
