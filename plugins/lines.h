// SPDX-License-Identifier: MIT
// Lines of text into a file or standard output: one writer, and no line is ever there in part.
#ifndef PLUGINS_LINES_H
#define PLUGINS_LINES_H

#include "nn/base/status.h"

#include <glib.h>

typedef struct NeroLines {
    int fd; // -1: closed
    gboolean own, begun;
} NeroLines;

// Opens `name`, or standard output for "-". What an older run wrote stays until there is a line: a
// wrong model or input does not cost it. NN_EINVAL when another writes there, else NN_EIO.
gboolean nero_lines_open(NeroLines *l, const char *name, nn_error *err);

// Empties the file before the first line. Devices and pipes have nothing to cut off.
void nero_lines_begin(NeroLines *l);

// One line, its end is added; it is with the system when this returns. 0 or errno: then nothing of
// it is in the file.
int nero_lines_write(NeroLines *l, const char *line);

void nero_lines_close(NeroLines *l);

#endif
