// SPDX-License-Identifier: MIT
// Picture files of the kinds that no part of ours writes, made in memory for tests.
#ifndef TESTS_SUPPORT_PICTURES_H
#define TESTS_SUPPORT_PICTURES_H

#include <stddef.h>
#include <stdint.h>

// Red grows to the right, green downwards, blue with `step`.
void picture_paint(uint8_t *rgb, int width, int height, int step);

// Each gives a malloc'ed block of exactly *size bytes; the test fails when it cannot. NULL: this
// build does not read the kind.

// 24 bits, bottom up.
uint8_t *picture_bmp(const uint8_t *rgb, int width, int height, size_t *size);

typedef struct picture_tiff_options {
    int orientation; // 0: not told
    int bits;        // 8 or 16; 0: 8
    int samples;     // 1: grey of the red, 3, 4: with alpha 128, or CMYK; 0: 3
    int cmyk;
    int deflate, tiled;
    int floats; // 32 bits, which no screen shows
} picture_tiff_options;
uint8_t *picture_tiff(const uint8_t *rgb, int width, int height, const picture_tiff_options *o,
                      size_t *size);

// `count` pictures one after the other; more than one move, 40 ms each. Lossless.
uint8_t *picture_webp(const uint8_t *rgb, int width, int height, int count, size_t *size);
// As above; each colour is one of 0, 51, 102 ... 255, rounded down.
uint8_t *picture_gif(const uint8_t *rgb, int width, int height, int count, size_t *size);

#endif
