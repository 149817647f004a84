// SPDX-License-Identifier: MIT
// The surveillance video of Debian's opencv-doc, which tests do not carry.
#include "tests/support/film.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool find_film(char *path, size_t size)
{
    const char *films = getenv("NEROSCALE_FILMS"); // where app/setup unpacks it
    snprintf(path, size, "/" FILM);
    if (access(path, R_OK) == 0)
        return true;
    snprintf(path, size, "%s/" FILM, films ? films : "build/film");
    return access(path, R_OK) == 0;
}
