// SPDX-License-Identifier: MIT
// The surveillance video of Debian's opencv-doc, which tests do not carry.
#ifndef TESTS_SUPPORT_FILM_H
#define TESTS_SUPPORT_FILM_H

#include <stdbool.h>
#include <stddef.h>

#define FILM "usr/share/doc/opencv-doc/examples/data/vtest.avi"

// The path of vtest.avi where the package has it, or where app/setup unpacked it; false: it is not
// there.
bool find_film(char *path, size_t size);

#endif
