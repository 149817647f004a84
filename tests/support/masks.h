// SPDX-License-Identifier: MIT
// Pictures with masks for tests: index PNGs, and folders of shapes on noise.
#ifndef TESTS_SUPPORT_MASKS_H
#define TESTS_SUPPORT_MASKS_H

#include <stdbool.h>
#include <stdint.h>

// Writes a PNG of these numbers: as grey levels, or as places in a palette whose colours have
// nothing to do with them (with few bits when the numbers are small). The test fails when it
// cannot.
void masks_write(const char *path, const uint8_t *labels, int width, int height, bool palette);

enum { MASKS_CLASSES = 3 }; // background, disc, bar

// Fills the temporary folder `dir` (made here) with `count` pictures of side x side: grey noise, a
// reddish disc of class 1 and a bluish bar of class 2, anywhere; masks; classes.txt. A rim of a
// pixel around the shapes is to be ignored. Every third mask has a palette.
void masks_make_folder(const char *dir, int count, int side, uint64_t seed);

#endif
